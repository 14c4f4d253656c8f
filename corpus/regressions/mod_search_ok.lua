print("ok", ...) return {name = ...}
