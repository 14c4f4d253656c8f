//! The eight-byte value every register, table slot and constant holds.
//!
//! A number is stored as itself; everything else lives in the space of the
//! negative NaNs that no arithmetic produces: the upper 32 bits say what it is,
//! the lower 32 bits are an index into the arena of that kind. Nothing here
//! dereferences an index.
//!
//! Invariant: a NaN that is stored as a number has one of the two canonical
//! patterns (its sign is visible to programs as `nan` and `-nan`). Hardware
//! arithmetic on canonical operands keeps that; every other source of numbers
//! goes through [`Value::number`].

/// A Lua value: nil, boolean, number, or an index to an object of the heap.
#[derive(Clone, Copy, PartialEq, Eq)]
#[repr(transparent)]
pub(crate) struct Value(u64);

/// Bits of the NaN that x86-64 arithmetic produces; the largest number pattern.
const NEGATIVE_NAN: u64 = 0xFFF8_0000_0000_0000;
const POSITIVE_NAN: u64 = 0x7FF8_0000_0000_0000;

const TAG_NIL: u32 = 0xFFF9_0000;
const TAG_FALSE: u32 = 0xFFF9_0001;
const TAG_TRUE: u32 = 0xFFF9_0002;
const TAG_LIGHT: u32 = 0xFFF9_0004;
const TAG_STRING: u32 = 0xFFFA_0000;
const TAG_TABLE: u32 = 0xFFFB_0000;
const TAG_CLOSURE: u32 = 0xFFFC_0000;
const TAG_NATIVE: u32 = 0xFFFD_0000;
const TAG_USERDATA: u32 = 0xFFFE_0000;
const TAG_THREAD: u32 = 0xFFFF_0000;
/// What 5.1.1's compiler leaves in the stack; no program is given one.
const TAG_PROTO: u32 = 0xFFFF_0002;
/// Set in the tag of a key whose object may have been collected.
const DEAD: u64 = 1 << 32;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident;)*) => { $(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
        #[repr(transparent)]
        pub(crate) struct $name(pub(crate) u32);
        impl $name {
            /// The index as arenas take it.
            #[inline(always)]
            pub(crate) fn index(self) -> usize { self.0 as usize }
        }
    )* };
}

ids! {
    /// Index of an interned string.
    StringRef;
    /// Index of a table.
    TableRef;
    /// Index of a Lua closure.
    ClosureRef;
    /// Index of a native closure.
    NativeRef;
    /// Index of a userdata.
    UserDataRef;
    /// Index of a coroutine.
    ThreadRef;
    /// Index of an upvalue.
    UpvalueRef;
    /// Index of a function prototype.
    ProtoRef;
}

impl TableRef {
    /// Stands for "no table" where a metatable may be absent.
    pub(crate) const NONE: TableRef = TableRef(u32::MAX);

    #[inline(always)]
    pub(crate) fn is_none(self) -> bool {
        self.0 == u32::MAX
    }

    pub(crate) fn some(self) -> Option<TableRef> {
        if self.is_none() { None } else { Some(self) }
    }
}

/// The type of a value, in the order of `lua_type` (`ORDER TYPE`).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub(crate) enum Type {
    Nil,
    Boolean,
    LightUserData,
    Number,
    String,
    Table,
    Function,
    UserData,
    Thread,
}

impl Type {
    /// Number of types; basic metatables are kept in an array of this size.
    pub(crate) const COUNT: usize = 9;

    /// The name that `type` gives.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Type::Nil => "nil",
            Type::Boolean => "boolean",
            Type::LightUserData | Type::UserData => "userdata",
            Type::Number => "number",
            Type::String => "string",
            Type::Table => "table",
            Type::Function => "function",
            Type::Thread => "thread",
        }
    }
}

/// A value taken apart.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) enum Unpacked {
    Nil,
    Boolean(bool),
    LightUserData(u32),
    Number(f64),
    String(StringRef),
    Table(TableRef),
    Closure(ClosureRef),
    Native(NativeRef),
    UserData(UserDataRef),
    Thread(ThreadRef),
    /// Only in slots of a stack that nothing has been assigned to: for a program it is nil.
    Proto(ProtoRef),
}

macro_rules! reference {
    ($make:ident, $get:ident, $tag:ident, $id:ident $(, $is:ident)?) => {
        #[inline(always)]
        pub(crate) fn $make(id: $id) -> Value {
            Value::tagged($tag, id.0)
        }
        #[inline(always)]
        pub(crate) fn $get(self) -> Option<$id> {
            if self.tag() == $tag {
                Some($id(self.0 as u32))
            } else {
                None
            }
        }
        $(
            #[inline(always)]
            pub(crate) fn $is(self) -> bool {
                self.tag() == $tag
            }
        )?
    };
}

impl Value {
    pub(crate) const NIL: Value = Value((TAG_NIL as u64) << 32);
    pub(crate) const FALSE: Value = Value((TAG_FALSE as u64) << 32);
    pub(crate) const TRUE: Value = Value((TAG_TRUE as u64) << 32);

    #[inline(always)]
    const fn tagged(tag: u32, payload: u32) -> Value {
        Value((tag as u64) << 32 | payload as u64)
    }

    /// 32 bits: tests of the upper half need no constant of 64, which would take a
    /// register of the loop.
    #[inline(always)]
    fn tag(self) -> u32 {
        (self.0 >> 32) as u32
    }

    /// A number of any origin.
    #[inline(always)]
    pub(crate) fn number(n: f64) -> Value {
        if n.is_nan() {
            core::hint::cold_path();
            return Value(if n.is_sign_negative() {
                NEGATIVE_NAN
            } else {
                POSITIVE_NAN
            });
        }
        Value(n.to_bits())
    }

    /// The result of `+ - * /` or negation on numbers that are stored in values:
    /// a NaN among them is canonical already.
    #[inline(always)]
    pub(crate) fn arithmetic(n: f64) -> Value {
        debug_assert!(!n.is_nan() || matches!(n.to_bits(), NEGATIVE_NAN | POSITIVE_NAN));
        Value(n.to_bits())
    }

    /// The result of `+` or `*`, whose operands the compiler may exchange: of two NaNs
    /// the first is the result, as in 5.1.1, whichever the instruction gave.
    #[inline(always)]
    pub(crate) fn commutative(n: f64, first: f64) -> Value {
        if n.is_nan() {
            core::hint::cold_path();
            if first.is_nan() {
                return Value::arithmetic(first);
            }
        }
        Value::arithmetic(n)
    }

    #[inline(always)]
    pub(crate) fn is_number(self) -> bool {
        self.0 <= NEGATIVE_NAN
    }

    /// The bits read as a number, whatever they are; for use after [`Value::is_number`].
    #[inline(always)]
    pub(crate) fn number_bits(self) -> f64 {
        f64::from_bits(self.0)
    }

    #[inline(always)]
    pub(crate) fn as_number(self) -> Option<f64> {
        if self.is_number() {
            Some(f64::from_bits(self.0))
        } else {
            None
        }
    }

    #[inline(always)]
    pub(crate) fn boolean(b: bool) -> Value {
        Value::tagged(TAG_FALSE + b as u32, 0)
    }

    #[inline(always)]
    pub(crate) fn is_nil(self) -> bool {
        self.tag() == TAG_NIL
    }

    /// nil and false are the false values.
    #[inline(always)]
    pub(crate) fn is_false(self) -> bool {
        self.tag().wrapping_sub(TAG_NIL) <= 1
    }

    /// A light userdata: an index its owner gives a meaning to.
    #[inline(always)]
    pub(crate) fn light(payload: u32) -> Value {
        Value::tagged(TAG_LIGHT, payload)
    }

    reference!(string, as_string, TAG_STRING, StringRef, is_string);
    reference!(table, as_table, TAG_TABLE, TableRef, is_table);
    reference!(closure, as_closure, TAG_CLOSURE, ClosureRef, is_closure);
    reference!(native, as_native, TAG_NATIVE, NativeRef, is_native);
    reference!(
        userdata,
        as_userdata,
        TAG_USERDATA,
        UserDataRef,
        is_userdata
    );
    reference!(thread, as_thread, TAG_THREAD, ThreadRef);

    /// A function prototype; see [`Unpacked::Proto`].
    pub(crate) fn proto(id: ProtoRef) -> Value {
        Value::tagged(TAG_PROTO, id.0)
    }

    #[inline(always)]
    pub(crate) fn is_function(self) -> bool {
        self.is_closure() || self.is_native()
    }

    /// Whether the value is an object of the heap (and not a dead key).
    #[inline(always)]
    pub(crate) fn is_collectable(self) -> bool {
        self.tag() >= TAG_STRING && self.0 & DEAD == 0
    }

    /// Raw equality (manual §2.5.2 without metamethods). Strings are interned,
    /// so that only numbers need more than their bits.
    #[inline(always)]
    pub(crate) fn raw_equals(self, other: Value) -> bool {
        if self.is_number() {
            f64::from_bits(self.0) == f64::from_bits(other.0)
        } else {
            self.0 == other.0
        }
    }

    pub(crate) fn kind(self) -> Type {
        match self.unpack() {
            Unpacked::Nil | Unpacked::Proto(_) => Type::Nil,
            Unpacked::Boolean(_) => Type::Boolean,
            Unpacked::LightUserData(_) => Type::LightUserData,
            Unpacked::Number(_) => Type::Number,
            Unpacked::String(_) => Type::String,
            Unpacked::Table(_) => Type::Table,
            Unpacked::Closure(_) | Unpacked::Native(_) => Type::Function,
            Unpacked::UserData(_) => Type::UserData,
            Unpacked::Thread(_) => Type::Thread,
        }
    }

    #[inline]
    pub(crate) fn unpack(self) -> Unpacked {
        if self.is_number() {
            return Unpacked::Number(f64::from_bits(self.0));
        }
        let payload = self.0 as u32;
        match self.tag() {
            TAG_FALSE => Unpacked::Boolean(false),
            TAG_TRUE => Unpacked::Boolean(true),
            TAG_LIGHT => Unpacked::LightUserData(payload),
            TAG_STRING => Unpacked::String(StringRef(payload)),
            TAG_TABLE => Unpacked::Table(TableRef(payload)),
            TAG_CLOSURE => Unpacked::Closure(ClosureRef(payload)),
            TAG_NATIVE => Unpacked::Native(NativeRef(payload)),
            TAG_USERDATA => Unpacked::UserData(UserDataRef(payload)),
            TAG_THREAD => Unpacked::Thread(ThreadRef(payload)),
            TAG_PROTO => Unpacked::Proto(ProtoRef(payload)),
            _ => Unpacked::Nil,
        }
    }

    /// What a table keeps as key of a removed entry: it equals no live value, and
    /// `next` can still find its place.
    pub(crate) fn as_dead_key(self) -> Value {
        Value(self.0 | DEAD)
    }

    /// Bits for hashing an object by its identity.
    #[inline(always)]
    pub(crate) fn identity(self) -> u32 {
        self.0 as u32
    }
}

impl core::fmt::Debug for Value {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        self.unpack().fmt(f)
    }
}

impl Default for Value {
    fn default() -> Value {
        Value::NIL
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_tags_do_not_overlap() {
        for n in [
            0.0,
            -0.0,
            1.5,
            f64::INFINITY,
            f64::NEG_INFINITY,
            f64::MIN,
            f64::MAX,
        ] {
            let v = Value::number(n);
            assert!(v.is_number() && !v.is_false() && !v.is_collectable());
            assert_eq!(v.number_bits().to_bits(), n.to_bits());
        }
        for v in [
            Value::NIL,
            Value::FALSE,
            Value::TRUE,
            Value::light(7),
            Value::string(StringRef(1)),
        ] {
            assert!(!v.is_number());
        }
        assert_eq!(size_of::<Value>(), 8);
    }

    #[test]
    fn nans_keep_their_sign_and_lose_their_payload() {
        let odd = f64::from_bits(0xFFFA_0000_0000_0001);
        assert!(Value::number(odd).is_number());
        assert_eq!(Value::number(odd).number_bits().to_bits(), NEGATIVE_NAN);
        assert_eq!(Value::number(-odd).number_bits().to_bits(), POSITIVE_NAN);
        assert!(!Value::number(odd).raw_equals(Value::number(odd)));
    }

    #[test]
    fn dead_keys_equal_nothing_alive() {
        let k = Value::table(TableRef(3));
        assert!(!k.as_dead_key().raw_equals(k));
        assert!(!k.as_dead_key().is_collectable() || !k.as_dead_key().is_table());
        assert_eq!(k.as_dead_key(), k.as_dead_key());
    }
}
