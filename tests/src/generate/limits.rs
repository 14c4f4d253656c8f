//! Programs near the limits of 5.1.1: just below, at, and (where only a part of the program is
//! refused, because `loadstring` or `pcall` stands around it) beyond.
//!
//! The numbers are those of the manual's implementation: 200 local variables, 60 upvalues, 249
//! usable registers, 255 constants in operands, batches of 50 items, 200 nested C calls and syntax levels,
//! 262,143 constants (rare: such a program takes a tenth of a second).

use super::ast::{BinaryOperator, Kind, Node, Quote, UnaryOperator};
use super::build::*;
use super::generator::Generator;
use super::types::Type;
use super::weights::Feature;

/// What is done in Lua itself: parts of programs made as text, recursion, long values.
const TEMPLATES: &[&str] = &[
    // Local variables, upvalues, parameters, registers of text that is loaded.
    "local n = 195 + #S_ % 8 local t = {} for i = 1, n do t[i] = 'a' .. i end local f, m = loadstring('local ' .. table.concat(t, ',') .. ' = ... return a1, a' .. n, '=c') show(n, m, f and f(A_, A_))",
    "local n = 58 + #S_ % 5 local t = {} for i = 1, n do t[i] = 'a' .. i end local names = table.concat(t, ',') local f, m = loadstring('local ' .. names .. ' = ... return function() return ' .. names .. ' end', '=c') show(n, m, f and select('#', f(A_)()))",
    "local n = 245 + #S_ % 8 local t = {} for i = 1, n do t[i] = i end local f, m = loadstring('return select(\"#\", ' .. table.concat(t, ',') .. ')', '=c') show(n, m, f and f())",
    "local n = 245 + #S_ % 8 local f, m = loadstring('local x = ... return ' .. ('x .. '):rep(n) .. 'x', '=c') show(n, m, f and #f('ab'))",
    "local n = 190 + #S_ % 14 show(n, loadstring('return ' .. ('('):rep(n) .. '1' .. (')'):rep(n), '=c'), loadstring(('do '):rep(n) .. ('end '):rep(n), '=c'))",
    "local n = 190 + #S_ % 14 show(loadstring('return ' .. ('{'):rep(n) .. ('}'):rep(n), '=c') ~= nil, loadstring('return ' .. ('-'):rep(1) .. (' -'):rep(n) .. '1', '=c'), loadstring('return ' .. ('not '):rep(n) .. '1', '=c'))",
    "local n = 190 + #S_ % 14 show(loadstring(('return function() '):rep(n) .. ('end '):rep(n), '=c') ~= nil, (select(2, loadstring(('f('):rep(n) .. (')'):rep(n), '=c'))))",
    "local n = 245 + #S_ % 8 local t = {} for i = 1, n do t[i] = 'a' .. i end show((select(2, loadstring(table.concat(t, ',') .. ' = 1', '=c'))))",
    "local n = 248 + #S_ % 14 local t = {} for i = 1, n do t[i] = 'local x = k' .. i .. ' + ' .. i end local f, m = loadstring('do ' .. table.concat(t, ' end do ') .. ' end', '=c') show(n, m, pcall(f))",
    // Calls inside each other.
    "local function f(n) if n == 0 then return 'bottom' end return pcall(f, n - 1) end for n = 190, 200, 5 do local t = {f(n + #S_ % 5)} show(#t, t[#t], t[#t - 1]) end",
    "local t = setmetatable({}, {__index = function(t, k) if k == 0 then return 'bottom' end return t[k - 1] end}) for n = 192, 202, 5 do show(pcall(function() return t[n] end)) end",
    "local function f(n) return (string.gsub('x', 'x', function() if n == 0 then return 'y' end return f(n - 1) end)) end show(pcall(f, 150)) show(pcall(f, 195 + #S_ % 8))",
    "local function f(n) if n == 0 then return 0 end return 1 + f(n - 1) end show(f(150), f(1000 + #S_)) local ok, m = pcall(f, 30000) show(ok, m) show(pcall(f, 19000))",
    "local function f(n) if n == 0 then return 'end' end return f(n - 1) end show(f(20000 + #S_))",
    "local function nest(n) if n == 0 then return 'bottom' end local ok, r = coroutine.resume(coroutine.create(nest), n - 1) return r end show(nest(150 + #S_), nest(250))",
    "local a = {} for i = 1, 98 + #S_ % 5 do a = setmetatable({}, {__index = a, __newindex = a}) end show(pcall(function() return a.x end), pcall(function() a.x = 1 end))",
    // Many values.
    "local t = {} for i = 1, 2050 do t[i] = i end local n = 2043 + #S_ % 6 show(n, pcall(function() return select('#', unpack(t, 1, n)) end)) t[2048] = nil show(pcall(function() return select('#', unpack(t, 1, 2047)) end))",
    "local n = 2043 + #S_ % 6 show(n, pcall(function() return select('#', ('x'):rep(3000):byte(1, n)) end))",
    "local t = {} for i = 1, 300 do t[i] = i end local function f(...) return select('#', ...), (select(-1, ...)) end show(f(unpack(t))) local u = {unpack(t)} show(#u, u[300], math.max(unpack(t)))",
    "local co = coroutine.wrap(function(...) local n = select('#', ...) local t = {} for i = 1, n do t[i] = i end coroutine.yield(unpack(t)) return n end) local t = {} for i = 1, 240 + #S_ do t[i] = i end show(select('#', co(unpack(t)))) show(co())",
    // Long strings and buffers.
    "local s = ('x'):rep(8185 + #S_) show(#(s .. s), #s:upper(), #s:gsub('x', 'yy'), #string.format('%s|%s', s, s), #table.concat({s, s, s}, ',')) show(s:find('y', 1, true), #s:match('x*'))",
    "local s = ('ab'):rep(5000) show(#s:reverse(), s:sub(-3), s:byte(10000), #s:rep(3), (s:gsub('b', '')):len(), select(2, s:gsub('a', '%0%0')))",
    "show(pcall(string.find, ('a'):rep(40), ('(a)'):rep(31 + #S_ % 4))) show(pcall(string.match, ('a'):rep(40), ('(a)'):rep(32)))",
    "show(pcall(string.rep, 'x', -1), #('x'):rep(70000)) show(pcall(string.format, '%99.99f', 1 / 3)) show(pcall(string.format, '%100d', 1))",
    // Tables that grow and shrink.
    "local t = {} for i = 1, 1000 do t[i] = i end show(#t) for i = 1000, 2, -1 do t[i] = nil end show(#t) for i = 1, 64 do t['k' .. i] = i end local n = 0 for k in pairs(t) do n = n + 1 end show(n)",
    "local t = {} for i = 1, 100 do t[i * 2] = i t[-i] = i end show(#t, table.maxn(t)) local s = 0 for k, v in pairs(t) do s = s + k end show(s)",
];

/// Constants up to their limit, and jumps as long as they may be: too slow for more than a few programs.
const SLOW: &[&str] = &[
    "local t = {} for i = 1, 262140 do t[i] = 'x=' .. i .. '.5' end local s = table.concat(t, ' ') show(loadstring(s) ~= nil, (select(2, loadstring(s .. ' x=1 x=2 x=3 x=4 x=5', '=c'))))",
    "local s = ('x=y '):rep(70000) show((select(2, loadstring('while x do ' .. s .. ' end', '=c'))), loadstring('if x then ' .. s:sub(1, 260000) .. ' end') ~= nil)",
    "local t = {} for i = 1, 262144 do t[i] = '1' end local s = table.concat(t, ',') show((select(2, loadstring('return {' .. s .. '}', '=c'))), #loadstring('return {' .. s:sub(3) .. '}')())",
];

impl Generator<'_, '_> {
    /// A statement near some limit.
    pub(crate) fn at_a_limit(&mut self) -> Node {
        match self.choices.below(24) {
            0 => self.many_locals(),
            1 => self.many_upvalues(),
            2 => self.many_arguments(),
            3 => self.long_chain(),
            4 => self.long_constructor(),
            5 => self.deep_expression(),
            6 => self.deep_blocks(),
            7 => self.many_constants(),
            8 => self.long_string(),
            9 => self.many_clauses(),
            10 if self.choices.percent(3) => self.scene(SLOW),
            _ => self.scene(TEMPLATES),
        }
    }

    fn scene(&mut self, templates: &[&'static str]) -> Node {
        let text = self.choices.text(templates);
        super::scenes::once(self, text)
    }

    /// `(function() … end)()` with its first results shown.
    fn inside(&mut self, statements: Vec<Node>) -> Node {
        let body = function(vec![], true, statements);
        call_statement(
            global("show"),
            vec![call(body, vec![integer(1), integer(2)])],
        )
    }

    fn many_locals(&mut self) -> Node {
        // The function around them has one more that nobody sees, `arg`.
        let count = self.choices.between(190, 199);
        let mut statements = Vec::new();
        let mut ids = Vec::new();
        let batch = self.choices.between(1, 60);
        while ids.len() < count {
            let some = batch.min(count - ids.len());
            let binders: Vec<_> = (0..some).map(|_| self.binder("v")).collect();
            let values = if self.choices.coin() {
                vec![vararg()]
            } else {
                vec![integer(7)]
            };
            ids.extend(binders.iter().map(|binder| binder.id));
            statements.push(local(binders, values));
        }
        let last = ids.last().copied().unwrap_or(0);
        let first = ids.first().copied().unwrap_or(0);
        statements.push(assign(reference(last), reference(first)));
        let sum = binary(BinaryOperator::Equal, reference(last), integer(1));
        statements.push(give(vec![reference(last), reference(first), sum, vararg()]));
        self.inside(statements)
    }

    fn many_upvalues(&mut self) -> Node {
        let count = self.choices.between(54, 60);
        let binders: Vec<_> = (0..count).map(|_| self.binder("u")).collect();
        let ids: Vec<u32> = binders.iter().map(|binder| binder.id).collect();
        let shown = ids.iter().map(|&id| reference(id)).collect();
        let change = ids
            .iter()
            .rev()
            .take(3)
            .map(|&id| assign(reference(id), integer(5)));
        let mut body: Vec<Node> = change.collect();
        body.push(give(vec![list(shown)]));
        let inner = function(vec![], false, body);
        let statements = vec![
            local(binders, vec![vararg()]),
            give(vec![call(inner, vec![])]),
        ];
        self.inside(statements)
    }

    fn many_arguments(&mut self) -> Node {
        let count = self.choices.between(230, 246);
        let values = (0..count).map(|position| {
            if position % 50 == 49 {
                truth(true)
            } else {
                integer(i64::from(position == 3))
            }
        });
        let mut values: Vec<Node> = values.collect();
        values.insert(0, string("#"));
        call_statement(global("show"), vec![library("select", values)])
    }

    fn long_chain(&mut self) -> Node {
        let operators = [
            BinaryOperator::Concat,
            BinaryOperator::Add,
            BinaryOperator::And,
            BinaryOperator::Or,
        ];
        let operator = self
            .choices
            .pick(&operators)
            .copied()
            .unwrap_or(BinaryOperator::Add);
        let count = self.choices.between(150, 190);
        let constant = self.choices.coin();
        let name = self.binder("x");
        let id = name.id;
        let operand = |position: usize| {
            if constant && position.is_multiple_of(2) {
                integer(2)
            } else {
                reference(id)
            }
        };
        let mut node = operand(1);
        for position in 0..count {
            node = if operator == BinaryOperator::Concat {
                binary(operator, operand(position), node)
            } else {
                binary(operator, node, operand(position))
            };
        }
        let statements = vec![local(vec![name], vec![vararg()]), give(vec![node])];
        self.inside(statements)
    }

    fn long_constructor(&mut self) -> Node {
        let batches = self.choices.between(1, 11) * 50;
        let count = batches + self.choices.below(3) - 1;
        let mut items: Vec<Node> = (0..count)
            .map(|position| positional(integer(i64::try_from(position % 300).unwrap_or(0))))
            .collect();
        if self.choices.coin() {
            items.push(positional(vararg()));
        }
        if self.choices.coin() {
            items.insert(count / 2, named("n", integer(9)));
        }
        let table = Node::new(Kind::Table, items);
        let name = self.binder("t");
        let id = name.id;
        let last = index(reference(id), integer(i64::try_from(count).unwrap_or(1)));
        let length = unary(UnaryOperator::Length, reference(id));
        let statements = vec![local(vec![name], vec![table]), give(vec![length, last])];
        self.inside(statements)
    }

    fn deep_expression(&mut self) -> Node {
        let depth = self.choices.between(100, 180);
        let kind = self.choices.below(5);
        let mut node = self.simple(Type::Number);
        for _ in 0..depth {
            node = match kind {
                0 => Node::new(Kind::Parenthesis, vec![node]),
                1 => list(vec![node]),
                2 => unary(UnaryOperator::Not, node),
                3 => unary(UnaryOperator::Minus, node),
                _ => call(global("tostring"), vec![node]),
            };
        }
        call_statement(global("show"), vec![node])
    }

    fn deep_blocks(&mut self) -> Node {
        let depth = self.choices.between(100, 180);
        let kind = self.choices.below(4);
        let mut node = call_statement(global("show"), vec![integer(1)]);
        for _ in 0..depth {
            node = match kind {
                0 => Node::new(Kind::Do, vec![block(vec![node])]),
                1 => if_then(truth(true), vec![node]),
                2 => {
                    let binder = self.binder("x");
                    Node::new(
                        Kind::Do,
                        vec![block(vec![local(vec![binder], vec![]), node])],
                    )
                }
                _ => {
                    let variable = self.binder("i");
                    Node::new(
                        Kind::NumericFor(variable),
                        vec![integer(1), integer(1), block(vec![node])],
                    )
                }
            };
            // A loop takes four registers.
            if kind == 3 && node.size() > 4 * 40 {
                break;
            }
        }
        node
    }

    /// More constants than operands can name.
    fn many_constants(&mut self) -> Node {
        let count = self.choices.between(250, 270);
        let name = self.binder("x");
        let id = name.id;
        let mut statements = vec![local(vec![name], vec![integer(1)])];
        for position in 0..count {
            let constant = number(&format!("{position}.5"));
            let operator = if self.choices.coin() {
                BinaryOperator::Add
            } else {
                BinaryOperator::Subtract
            };
            statements.push(assign(
                reference(id),
                binary(operator, reference(id), constant),
            ));
        }
        let object = Node::new(Kind::Table, vec![named("late", reference(id))]);
        let late = field(Node::new(Kind::Parenthesis, vec![object]), "late");
        statements.push(give(vec![
            reference(id),
            binary(BinaryOperator::Multiply, number("1000.25"), late.clone()),
            binary(BinaryOperator::LessEqual, number("2000.25"), late.clone()),
            binary(BinaryOperator::Concat, string("last"), late),
        ]));
        self.inside(statements)
    }

    fn long_string(&mut self) -> Node {
        let lengths = [255, 256, 1023, 1024, 8191, 8192, 8193, 70_000];
        let length = self.choices.pick(&lengths).copied().unwrap_or(255);
        let quotes = [Quote::Double, Quote::Long];
        let quote = self.choices.pick(&quotes).copied().unwrap_or(Quote::Double);
        let bytes = (0..length)
            .map(|position: usize| b"abc]="[position % 5])
            .collect();
        let literal = Node::leaf(Kind::String(bytes, quote));
        let length = unary(
            UnaryOperator::Length,
            Node::new(Kind::Parenthesis, vec![literal.clone()]),
        );
        let tail = library("string.sub", vec![literal, integer(-3)]);
        call_statement(global("show"), vec![length, tail])
    }

    fn many_clauses(&mut self) -> Node {
        let count = self.choices.between(100, 300);
        let value = self.expression(Type::Number);
        let name = self.binder("x");
        let id = name.id;
        let mut children = Vec::new();
        for position in 0..count {
            let test = binary(
                BinaryOperator::Equal,
                reference(id),
                integer(i64::try_from(position).unwrap_or(0)),
            );
            children.push(test);
            children.push(block(vec![give(vec![integer(
                i64::try_from(position * 2).unwrap_or(0),
            )])]));
        }
        if self.uses(Feature::Logic) {
            children.push(block(vec![give(vec![string("none")])]));
        }
        let statements = vec![
            local(vec![name], vec![value]),
            Node::new(Kind::If, children),
        ];
        self.inside(statements)
    }
}

#[cfg(test)]
mod tests {
    use super::super::parse::parse;
    use super::*;

    #[test]
    fn every_template_is_lua() {
        for text in TEMPLATES.iter().chain(SLOW) {
            assert!(parse(text.as_bytes(), 1).is_ok(), "{text}");
        }
    }
}
