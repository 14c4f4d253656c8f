//! PUC-Rio Lua 5.1.1.
