-- Scheme-like Lisp: reader, macros with quasiquote, tail calls, closures, call/cc for escapes, error messages, a library written in itself.

local Symbol = {}
local symbols = setmetatable({}, { __mode = "v" })
local function sym(name)
  local s = symbols[name]
  if not s then
    s = setmetatable({ name = name }, Symbol)
    symbols[name] = s
  end
  return s
end
Symbol.__tostring = function(s) return s.name end

local Nil = setmetatable({}, { __tostring = function() return "()" end })
local Pair = {}
local function cons(a, b) return setmetatable({ a, b }, Pair) end
local function is_pair(v) return getmetatable(v) == Pair end
local function is_symbol(v) return getmetatable(v) == Symbol end
local function list(t, tail)
  local r = tail or Nil
  for i = table.maxn(t), 1, -1 do r = cons(t[i], r) end
  return r
end
local function to_table(l)
  local t = {}
  while is_pair(l) do t[#t + 1] = l[1] l = l[2] end
  return t
end

local Unspecified = setmetatable({}, { __tostring = function() return "#<unspecified>" end })
local function fail(fmt, ...) error({ lisp = fmt:format(...) }, 0) end

-- printer ------------------------------------------------------------------------

local show
function show(v, display)
  if type(v) == "boolean" then return v and "#t" or "#f"
  elseif type(v) == "number" then return tostring(v)
  elseif type(v) == "string" then return display and v or ("%q"):format(v):gsub("\\\n", "\\n")
  elseif type(v) == "function" then return "#<builtin>"
  elseif is_pair(v) then
    local quotes = { quote = "'", quasiquote = "`", unquote = ",", ["unquote-splicing"] = ",@" }
    if is_symbol(v[1]) and quotes[v[1].name] and is_pair(v[2]) and v[2][2] == Nil then return quotes[v[1].name] .. show(v[2][1], display) end
    local parts = {}
    while is_pair(v) do parts[#parts + 1] = show(v[1], display) v = v[2] end
    if v ~= Nil then parts[#parts + 1] = "." parts[#parts + 1] = show(v, display) end
    return "(" .. table.concat(parts, " ") .. ")"
  elseif type(v) == "table" and v.closure then return "#<" .. (v.macro and "macro" or "procedure") .. (v.name and " " .. v.name or "") .. ">" end
  return tostring(v)
end

-- reader -----------------------------------------------------------------------------

local function reader(text)
  local pos = 1
  local read
  local function skip()
    while true do
      pos = text:match("^%s*()", pos)
      if text:sub(pos, pos) ~= ";" then return end
      pos = text:find("\n", pos, true) or #text + 1
    end
  end
  local sugar = { ["'"] = "quote", ["`"] = "quasiquote", [","] = "unquote", [",@"] = "unquote-splicing" }
  function read()
    skip()
    local c = text:sub(pos, pos)
    if c == "" then return nil, "eof" end
    local prefix = text:match("^,@", pos) or sugar[c] and c
    if prefix then
      pos = pos + #prefix
      local v, e = read()
      if e then fail "unexpected end of input" end
      return list { sym(sugar[prefix]), v }
    elseif c == "(" then
      pos = pos + 1
      local items, tail = {}, Nil
      while true do
        skip()
        local d = text:sub(pos, pos)
        if d == ")" then pos = pos + 1 return list(items, tail) end
        if text:find("^%.%s", pos) then pos = pos + 1 tail = read()
        else
          local v, e = read()
          if e then fail "missing )" end
          items[#items + 1] = v
        end
      end
    elseif c == ")" then pos = pos + 1 fail "unexpected )"
    elseif c == '"' then
      local s, e = text:match('^"([^"]*)"()', pos)
      if not s then fail "unfinished string" end
      pos = e
      return (s:gsub("\\n", "\n"))
    end
    local atom, e = text:match("^([^%s()'\";]+)()", pos)
    pos = e
    if atom == "#t" then return true elseif atom == "#f" then return false end
    return tonumber(atom) or sym(atom)
  end
  return read
end

-- environments ---------------------------------------------------------------------------

local function extend(outer) return setmetatable({}, { __index = outer, outer = outer }) end
local function lookup(env, s)
  local v = env[s]
  if v == nil then fail("unbound variable: %s", s.name) end
  return v
end
local function assign(env, s, v)
  while env do
    if rawget(env, s) ~= nil then rawset(env, s, v) return end
    local m = getmetatable(env)
    env = m and m.outer
  end
  fail("set! of an unbound variable: %s", s.name)
end

local global = {}
local eval, apply

local function bind(closure, args)
  local env = extend(closure.env)
  local p, i = closure.params, 1
  while is_pair(p) do
    if args[i] == nil then fail("%s: too few arguments (%d)", closure.name or "lambda", #args) end
    env[p[1]] = args[i]
    p, i = p[2], i + 1
  end
  if p ~= Nil then env[p] = list { unpack(args, i) }
  elseif args[i] ~= nil then fail("%s: too many arguments (%d)", closure.name or "lambda", #args) end
  return env
end

local special = {}
local TAIL = {}        -- returned by special forms: evaluate expression TAIL.x in TAIL.env next
local function tail(x, env) TAIL.x, TAIL.env = x, env return TAIL end

local function sequence(body, env)
  if body == Nil then return Unspecified end
  while body[2] ~= Nil do eval(body[1], env) body = body[2] end
  return tail(body[1], env)
end

function eval(x, env)
  while true do
    if is_symbol(x) then return lookup(env, x) end
    if not is_pair(x) then
      if x == Nil then fail "empty application" end
      return x
    end
    local head = x[1]
    local form = is_symbol(head) and env[head] == nil and special[head.name]
    local result
    if form then result = form(x[2], env, x)
    else
      local f = eval(head, env)
      if type(f) == "table" and f.macro then
        x = apply(f, to_table(x[2]))
        result = tail(x, env)
      else
        local args, l = {}, x[2]
        while is_pair(l) do args[#args + 1] = eval(l[1], env) l = l[2] end
        if type(f) == "function" then result = f(unpack(args, 1, table.maxn(args)))
        elseif type(f) == "table" and f.closure then
          result = sequence(f.body, bind(f, args))
        else fail("not a procedure: %s", show(f)) end
      end
    end
    if result ~= TAIL then return result end
    x, env = TAIL.x, TAIL.env
  end
end

function apply(f, args)
  if type(f) == "function" then
    local r = f(unpack(args))
    if r == TAIL then return eval(TAIL.x, TAIL.env) end
    return r
  end
  local r = sequence(f.body, bind(f, args))
  if r == TAIL then return eval(TAIL.x, TAIL.env) end
  return r
end

function special.quote(a) return a[1] end
special["if"] = function(a, env)
  if eval(a[1], env) ~= false then return tail(a[2][1], env) end
  return a[2][2] ~= Nil and tail(a[2][2][1], env) or Unspecified
end
function special.define(a, env)
  local target = a[1]
  if is_pair(target) then
    local f = { closure = true, params = target[2], body = a[2], env = env, name = target[1].name }
    rawset(env, target[1], f)
    return target[1]
  end
  local v = eval(a[2][1], env)
  if type(v) == "table" and v.closure and not v.name then v.name = target.name end
  rawset(env, target, v)
  return target
end
special["set!"] = function(a, env) assign(env, a[1], eval(a[2][1], env)) return Unspecified end
function special.lambda(a, env) return { closure = true, params = a[1], body = a[2], env = env } end
function special.begin(a, env) return sequence(a, env) end
function special.let(a, env)
  local name
  if is_symbol(a[1]) then name, a = a[1], a[2] end
  local params, values = {}, {}
  for i, b in ipairs(to_table(a[1])) do params[i], values[i] = b[1], eval(b[2][1], env) end
  local f = { closure = true, params = list(params), body = a[2], env = env, name = name and name.name }
  if name then
    f.env = extend(env)
    f.env[name] = f
  end
  return sequence(f.body, bind(f, values))
end
special["let*"] = function(a, env)
  env = extend(env)
  for _, b in ipairs(to_table(a[1])) do
    local v = eval(b[2][1], env)
    env = extend(env)
    env[b[1]] = v
  end
  return sequence(a[2], env)
end
function special.letrec(a, env)
  env = extend(env)
  for _, b in ipairs(to_table(a[1])) do env[b[1]] = Unspecified end
  for _, b in ipairs(to_table(a[1])) do env[b[1]] = eval(b[2][1], env) end
  return sequence(a[2], env)
end
function special.cond(a, env)
  for _, clause in ipairs(to_table(a)) do
    if clause[1] == sym "else" then return sequence(clause[2], env) end
    local v = eval(clause[1], env)
    if v ~= false then
      if clause[2] == Nil then return v end
      if clause[2][1] == sym "=>" then return apply(eval(clause[2][2][1], env), { v }) end
      return sequence(clause[2], env)
    end
  end
  return Unspecified
end
special["and"] = function(a, env)
  local v = true
  while a ~= Nil do
    if a[2] == Nil then return tail(a[1], env) end
    v = eval(a[1], env)
    if v == false then return false end
    a = a[2]
  end
  return v
end
special["or"] = function(a, env)
  while a ~= Nil do
    if a[2] == Nil then return tail(a[1], env) end
    local v = eval(a[1], env)
    if v ~= false then return v end
    a = a[2]
  end
  return false
end
special["define-macro"] = function(a, env)
  rawset(env, a[1][1], { closure = true, macro = true, params = a[1][2], body = a[2], env = env, name = a[1][1].name })
  return a[1][1]
end
function special.quasiquote(a, env)
  local function walk(x, depth)
    if not is_pair(x) then return x end
    if x[1] == sym "unquote" then
      if depth == 1 then return eval(x[2][1], env) end
      return list { x[1], walk(x[2][1], depth - 1) }
    elseif x[1] == sym "quasiquote" then return list { x[1], walk(x[2][1], depth + 1) }
    elseif is_pair(x[1]) and x[1][1] == sym "unquote-splicing" and depth == 1 then
      return list(to_table(eval(x[1][2][1], env)), walk(x[2], depth))
    end
    return cons(walk(x[1], depth), walk(x[2], depth))
  end
  return walk(a[1], 1)
end

-- builtins ---------------------------------------------------------------------------------

local function def(name, f) global[sym(name)] = f end
local function numbers(name, ...)
  for i = 1, select("#", ...) do
    local v = select(i, ...)
    if type(v) ~= "number" then fail("%s: number expected, got %s", name, show(v)) end
  end
end
local function fold(name, f, unit)
  def(name, function(...)
    numbers(name, ...)
    local n = select("#", ...)
    if n == 1 and (name == "-" or name == "/") then return f(unit, (...)) end
    local acc = n > 0 and (...) or unit
    for i = 2, n do acc = f(acc, (select(i, ...))) end
    return acc
  end)
end
fold("+", function(a, b) return a + b end, 0) fold("*", function(a, b) return a * b end, 1)
fold("-", function(a, b) return a - b end, 0) fold("/", function(a, b) if b == 0 then fail "division by zero" end return a / b end, 1)
local function compare(name, f)
  def(name, function(...)
    numbers(name, ...)
    for i = 1, select("#", ...) - 1 do
      local a, b = select(i, ...)
      if not f(a, b) then return false end
    end
    return true
  end)
end
compare("=", function(a, b) return a == b end) compare("<", function(a, b) return a < b end) compare(">", function(a, b) return a > b end)
compare("<=", function(a, b) return a <= b end) compare(">=", function(a, b) return a >= b end)
def("quotient", function(a, b) return math.floor(a / b) end) def("remainder", function(a, b) return math.mod(a, b) end) def("sqrt", math.sqrt)
def("cons", cons) def("list", function(...) return list { ... } end)
def("car", function(p) if not is_pair(p) then fail("car: pair expected, got %s", show(p)) end return p[1] end)
def("cdr", function(p) if not is_pair(p) then fail("cdr: pair expected, got %s", show(p)) end return p[2] end)
def("set-car!", function(p, v) p[1] = v return Unspecified end)
def("null?", function(v) return v == Nil end) def("pair?", is_pair) def("symbol?", is_symbol) def("number?", function(v) return type(v) == "number" end)
def("string?", function(v) return type(v) == "string" end) def("procedure?", function(v) return type(v) == "function" or type(v) == "table" and v.closure or false end)
def("eq?", function(a, b) return a == b end)
local function equal(a, b) return a == b or is_pair(a) and is_pair(b) and equal(a[1], b[1]) and equal(a[2], b[2]) end
def("equal?", equal) def("not", function(v) return v == false end)
def("display", function(v) io.write(show(v, true)) return Unspecified end) def("write", function(v) io.write(show(v)) return Unspecified end)
def("newline", function() io.write "\n" return Unspecified end)
def("string-append", function(...) return table.concat { ... } end) def("number->string", tostring) def("symbol->string", tostring) def("string->symbol", sym)
def("string-length", function(s) return #s end) def("substring", function(s, i, j) return s:sub(i + 1, j) end)
def("apply", function(f, l) return apply(f, to_table(l)) end) def("eval", function(x) return tail(x, global) end)
def("error", function(m, ...) local t = { m } for i = 1, select("#", ...) do t[i + 1] = show((select(i, ...))) end fail("%s", table.concat(t, " ")) end)
def("call/cc", function(f)
  local token = {}
  local k = function(v) error({ token = token, value = v }, 0) end
  local ok, r = pcall(apply, f, { k })
  if ok then return r end
  if type(r) == "table" and r.token == token then return r.value end
  error(r, 0)
end)
local count = 0
def("gensym", function() count = count + 1 return setmetatable({ name = "g" .. count }, Symbol) end)
def("macroexpand", function(x) return apply(lookup(global, x[1]), to_table(x[2])) end)

local function run(text, quiet)
  local read = reader(text)
  while true do
    local ok, x, eof = pcall(read)
    if not ok then
      print(";; " .. (type(x) == "table" and x.lisp or x))
      if type(x) ~= "table" or x.lisp ~= "unexpected )" then return end
    elseif eof then return
    else
      local good, v = pcall(eval, x, global)
      if not good then print(show(x):sub(1, 60) .. " => ;; " .. (type(v) == "table" and (v.lisp or "escape") or tostring(v):gsub("^.-:%d+: ", "")))
      elseif not quiet then print(show(x):sub(1, 60) .. " => " .. show(v)) end
    end
  end
end

run([[
(define (map f l) (if (null? l) '() (cons (f (car l)) (map f (cdr l)))))
(define (filter p l) (cond ((null? l) '()) ((p (car l)) (cons (car l) (filter p (cdr l)))) (else (filter p (cdr l)))))
(define (fold f z l) (if (null? l) z (fold f (f z (car l)) (cdr l))))
(define (append a b) (if (null? a) b (cons (car a) (append (cdr a) b))))
(define (reverse l) (fold (lambda (acc x) (cons x acc)) '() l))
(define (range a b) (if (>= a b) '() (cons a (range (+ a 1) b))))
(define (length l) (fold (lambda (n x) (+ n 1)) 0 l))
(define (assoc k l) (cond ((null? l) #f) ((equal? k (car (car l))) (car l)) (else (assoc k (cdr l)))))
(define-macro (when c . body) `(if ,c (begin ,@body)))
(define-macro (unless c . body) `(if ,c #f (begin ,@body)))
(define-macro (while c . body) (let ((loop (gensym))) `(let ,loop () (when ,c ,@body (,loop)))))
(define-macro (swap! a b) (let ((t (gensym))) `(let ((,t ,a)) (set! ,a ,b) (set! ,b ,t))))
]], true)

run [[
(+ 1 2 3) (- 5) (/ 2) (* 1.5 4) (< 1 2 3) (< 1 3 2)
'(a . b) '(1 2 . 3) '(quote x) ''x `(1 ,(+ 1 1) ,@(list 3 4) 5) `(a `(b ,(c ,(+ 1 2))))
(define x 10) (set! x (+ x 1)) x
(define (fact n) (if (= n 0) 1 (* n (fact (- n 1))))) (fact 20)
(define (loop n acc) (if (= n 0) acc (loop (- n 1) (+ acc n)))) (loop 20000 0)
(map (lambda (n) (* n n)) (range 0 8)) (filter (lambda (n) (= 0 (remainder n 3))) (range 0 20)) (fold + 0 (range 1 101)) (reverse '(1 (2 3) 4))
((lambda args args) 1 2 3) ((lambda (a . rest) (list a rest)) 1 2 3) (apply + '(1 2 3))
(let ((a 1) (b 2)) (+ a b)) (let* ((a 1) (b (+ a 1))) (list a b)) (let loop ((i 0) (acc '())) (if (= i 5) acc (loop (+ i 1) (cons i acc))))
(letrec ((even? (lambda (n) (if (= n 0) #t (odd? (- n 1))))) (odd? (lambda (n) (if (= n 0) #f (even? (- n 1)))))) (list (even? 1001) (odd? 1001)))
(cond ((assoc 'b '((a 1) (b 2))) => cdr) (else 'none)) (cond (#f 1)) (cond (5)) (and 1 2 #f 3) (and) (or #f #f 7) (or)
(define (counter) (let ((n 0)) (lambda () (set! n (+ n 1)) n)))
(define c1 (counter)) (define c2 (counter)) (begin (c1) (c1) (list (c1) (c2)))
(define a 1) (define b 2) (begin (swap! a b) (list a b)) (macroexpand '(when (> x 1) (display x) y))
(define i 0) (while (< i 5) (display i) (set! i (+ i 1))) (begin (newline) i)
(call/cc (lambda (k) (+ 1 (k 42)))) (+ 1 (call/cc (lambda (k) 10)))
(define (find p l) (call/cc (lambda (return) (map (lambda (v) (if (p v) (return v) #f)) l) 'none)))
(find (lambda (n) (> n 10)) '(1 5 12 20)) (find (lambda (n) (> n 100)) '(1 5 12 20))
(define (compose . fs) (if (null? fs) (lambda (x) x) (lambda (x) ((car fs) ((apply compose (cdr fs)) x)))))
((compose sqrt (lambda (n) (* n n)) (lambda (n) (+ n 1))) 8)
(define (qsort l) (if (null? l) '() (let ((p (car l)) (r (cdr l))) (append (qsort (filter (lambda (v) (< v p)) r)) (cons p (qsort (filter (lambda (v) (>= v p)) r)))))))
(qsort '(3 1 4 1 5 9 2 6 5 3 5))
(define (hanoi n a b c) (if (= n 0) 0 (+ (hanoi (- n 1) a c b) 1 (hanoi (- n 1) c b a)))) (hanoi 8 'a 'b 'c)
(define (primes n) (let sieve ((l (range 2 n))) (if (null? l) '() (cons (car l) (sieve (filter (lambda (k) (not (= 0 (remainder k (car l))))) (cdr l)))))))
(primes 50) (length (primes 300))
(string-append "a" "b" (number->string 5)) (string->symbol "made") (symbol->string 'sym) (substring "hello" 1 3) "with \"" ]] 

run [[
(write "a string") (newline) fact map car when (lambda (x) x) (eval '(+ 1 2)) (eq? 'a 'a) (equal? '(1 (2)) '(1 (2))) (eq? '(1) '(1))
(define if-shadow (lambda (if) (list if 2))) (if-shadow 1)
undefined (car '()) (1 2) (+ 1 'a) (fact) ((lambda (x) x) 1 2) (/ 1 0) (error "custom" 'with "irritants" 42) (set! nope 1) () (cdr 5)
(define (deep n) (if (= n 0) 0 (+ 1 (deep (- n 1))))) (deep 100)
) (+ 1 1) (unfinished (list]]

-- an interpreter for a smaller Lisp, written in this one
run([[
(define (m-eval e env)
  (cond ((number? e) e)
        ((symbol? e) (car (cdr (assoc e env))))
        ((eq? (car e) 'lambda) (list 'closure (car (cdr e)) (car (cdr (cdr e))) env))
        ((eq? (car e) 'if) (if (= 0 (m-eval (car (cdr e)) env)) (m-eval (car (cdr (cdr (cdr e)))) env) (m-eval (car (cdr (cdr e))) env)))
        (else (m-apply (m-eval (car e) env) (map (lambda (x) (m-eval x env)) (cdr e))))))
(define (m-apply f args)
  (if (procedure? f) (apply f args) (m-eval (car (cdr (cdr f))) (append (zip (car (cdr f)) args) (car (cdr (cdr (cdr f))))))))
(define (zip a b) (if (null? a) '() (cons (list (car a) (car b)) (zip (cdr a) (cdr b)))))
(define base (list (list '+ +) (list '* *) (list '- -)))
]], true)
run "(m-eval '((lambda (x y) (+ x (* y 2))) 3 4) base) (m-eval '(((lambda (f) (lambda (n) ((f f) n))) (lambda (f) (lambda (n) (if n (* n ((f f) (- n 1))) 1)))) 6) base)"
