module(..., package.seeall)
print(_NAME, _PACKAGE, _M == getfenv(1))
function name() return _NAME end
