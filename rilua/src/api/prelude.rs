//! The API under names that begin with `Lua`, for a glob import.
//!
//! ```
//! use rilua::prelude::*;
//!
//! fn sum(lua: &Lua) -> LuaResult<f64> {
//!     let table: LuaTable = lua.load("{1, 2, 3}").eval()?;
//!     table.sequence_values::<f64>().sum()
//! }
//! assert_eq!(sum(&Lua::new())?, 6.0);
//! # Ok::<(), LuaError>(())
//! ```

pub use super::{
    AnyUserData as LuaAnyUserData, Chunk as LuaChunk, Error as LuaError,
    ErrorContext as LuaErrorContext, ErrorKind as LuaErrorKind, ExternalError as LuaExternalError,
    ExternalResult as LuaExternalResult, FromLua, FromLuaMulti, Function as LuaFunction,
    HookTriggers as LuaHookTriggers, IntoLua, IntoLuaMulti, LightUserData as LuaLightUserData, Lua,
    LuaNativeFn, LuaNativeFnMut, LuaString, MetaMethod as LuaMetaMethod,
    MultiValue as LuaMultiValue, Nil as LuaNil, ObjectLike as LuaObjectLike,
    RegistryKey as LuaRegistryKey, Result as LuaResult, StdLib as LuaStdLib, Table as LuaTable,
    TablePairs as LuaTablePairs, TableSequence as LuaTableSequence, Thread as LuaThread,
    ThreadStatus as LuaThreadStatus, UserData as LuaUserData, UserDataFields as LuaUserDataFields,
    UserDataMetatable as LuaUserDataMetatable, UserDataMethods as LuaUserDataMethods,
    UserDataRef as LuaUserDataRef, UserDataRefMut as LuaUserDataRefMut,
    UserDataRegistry as LuaUserDataRegistry, Value as LuaValue, Variadic as LuaVariadic,
    VmState as LuaVmState,
};
#[cfg(feature = "serde")]
pub use super::{LuaSerdeExt, SerializeOptions as LuaSerializeOptions};
