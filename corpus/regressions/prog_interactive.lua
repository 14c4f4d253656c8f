print("script first", ...)
defined = 1
function twice(x) return x, x end
