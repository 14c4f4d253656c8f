-- Of two NaNs with different signs the first one is the result of + and *.
local plus, minus = math.asin(2), 0 % 0
local function shows(x) return (tostring(x):gsub("%s", "")) end
local function all(a, b)
  print(shows(a), shows(b), shows(a + b), shows(b + a), shows(a * b), shows(b * a), shows(a - b), shows(b - a),
    shows(a / b), shows(b / a), shows(-a), shows(a ^ b))
end
all(plus, minus)
all(minus, plus)
all(plus, 1)
all(minus, 1)
all(1, plus)
all(plus, 1 / 0)
local t = { c = plus }
function t:add(b) return self.c + b end
function t:mul(b) return b * self.c end
print(shows(t:add(minus)), shows(t:mul(minus)), shows(t:add("0x10")), shows(minus + "1"), shows("1" * plus))
local g = -plus
print(shows(g), shows(g + plus), shows(plus + g), shows(g * plus), shows(plus * g))
