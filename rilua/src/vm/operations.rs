//! What operators do when the loop's fast path can't: coercions, metamethods,
//! error messages. Mirrors `lvm.c` outside its loop.
//!
//! Which handler does it is found here; how it is called is in `handlers.rs`.

use super::State;
use super::budget::FREE_BYTES;
use super::error::{Result, Stop};
use super::frame::MAX_ARRAY;
use crate::heap::Event;
use crate::heap::code::Instr;
use crate::heap::table::{KeyError, Memory};
use crate::heap::thread::Ending;
use crate::heap::value::{ClosureRef, NativeRef, StringRef, TableRef, Type, Value};
use crate::limits::{FIELDS_PER_FLUSH, MAX_TAG_LOOP};
use crate::number::{modulo, str_to_number, write_number};
use core::cmp::Ordering;

/// A concatenation with a string this long is admitted before it is begun.
const LONG_OPERAND: usize = 1 << 12;

/// What an access with metamethods comes to.
enum Found {
    Value(Value),
    /// A function says it, for an object on the way.
    Handler {
        handler: Value,
        owner: Value,
    },
}

/// What is found by name without a handler.
enum Member {
    Value(Value),
    /// The function that reads a field of userdata.
    Getter(Value),
}

/// What a comparison comes to.
pub(super) enum Relation {
    Known(bool),
    /// A handler says whether it holds, or, if `negated`, whether it doesn't.
    Handler {
        handler: Value,
        x: Value,
        y: Value,
        negated: bool,
    },
}

impl Relation {
    fn by(handler: Value, x: Value, y: Value) -> Relation {
        Relation::Handler {
            handler,
            x,
            y,
            negated: false,
        }
    }
}

impl State {
    /// A number, or a string that reads as one (manual §2.2.1).
    #[inline]
    pub(crate) fn to_number(&self, v: Value) -> Option<f64> {
        if let Some(n) = v.as_number() {
            return Some(n);
        }
        str_to_number(self.heap.bytes(v.as_string()?))
    }

    /// Charges for reading a value as a number.
    #[inline]
    pub(crate) fn charge_text(&mut self, v: Value) -> Result<()> {
        match v.as_string() {
            Some(s) => self.charge_bytes(self.heap.bytes(s).len()),
            None => Ok(()),
        }
    }

    #[inline(always)]
    fn set_slot(&mut self, slot: usize, v: Value) {
        self.heap.thread.stack[slot] = v;
    }

    /// `x op y` (or `-x`), into a stack slot. True if a handler was entered instead, as
    /// in [`State::enter_handler`].
    #[inline(never)]
    pub(super) fn arithmetic(
        &mut self,
        event: Event,
        (x, y): (Value, Value),
        to: usize,
        plain: bool,
    ) -> Result<bool> {
        self.charge_text(x)?;
        self.charge_text(y)?;
        let result = if let (Some(a), Some(b)) = (self.to_number(x), self.to_number(y)) {
            Value::number(match event {
                // Of two NaNs the first one is the result, whatever the compiler makes of it.
                Event::Add | Event::Mul if a.is_nan() => a,
                Event::Add => a + b,
                Event::Sub => a - b,
                Event::Mul => a * b,
                Event::Div => a / b,
                Event::Mod => modulo(a, b),
                Event::Pow => a.powf(b),
                _ => -a,
            })
        } else {
            let Some(handler) = self.binary_handler(event, x, y) else {
                let culprit = if self.to_number(x).is_none() { x } else { y };
                let second = self.to_number(x).is_some();
                let slot = self.operand_slot(second ^ fault!(NameOfOtherOperand));
                return Err(self.type_error(culprit, slot, "perform arithmetic on"));
            };
            if plain && self.enter_handler(handler, [x, y], Ending::Result)? {
                return Ok(true);
            }
            self.call_handler(handler, [x, y])?
        };
        self.set_slot(to, result);
        Ok(false)
    }

    /// `object[key]` with metamethods; `slot` is where the object is, for messages.
    pub(crate) fn get_index(
        &mut self,
        object: Value,
        key: Value,
        slot: Option<usize>,
    ) -> Result<Value> {
        match self.find(object, key, slot)? {
            Found::Value(v) => Ok(v),
            Found::Handler { handler, owner } => self.call_handler(handler, [owner, key]),
        }
    }

    /// What `object[key]` is, or who says it.
    fn find(&mut self, object: Value, key: Value, slot: Option<usize>) -> Result<Found> {
        let first = object;
        let mut object = object;
        let mut slot = slot;
        for _ in 0..MAX_TAG_LOOP {
            let handler;
            if let Some(t) = object.as_table() {
                let v = self.heap.raw_get(t, key);
                if !v.is_nil() {
                    return Ok(Found::Value(v));
                }
                let metatable = self.heap.table(t).metatable;
                handler = self.heap.fast_handler(metatable, Event::Index);
                if handler.is_nil() {
                    return Ok(Found::Value(Value::NIL));
                }
            } else {
                handler = self.heap.handler(object, Event::Index);
                if handler.is_nil() {
                    return Err(self.type_error(object, slot, "index"));
                }
            }
            if handler.is_function() {
                let owner = if fault!(IndexOwner) { first } else { object };
                return Ok(Found::Handler { handler, owner });
            }
            object = handler;
            slot = None;
        }
        Err(self.runtime_error("loop in gettable"))
    }

    /// A field found by name along a chain of `__index` tables, if nothing else is on
    /// the way: how inherited methods, and those of userdata, are looked up.
    #[inline(always)]
    fn inherited_field(&mut self, object: Value, key: Value) -> Option<Member> {
        let name = key.as_string()?;
        let hash = self.heap.strings.hash(name);
        let (mut t, steps) = match object.as_userdata() {
            Some(u) => {
                let metatable = self.heap.userdata(u).metatable;
                let handler = self.heap.fast_handler(metatable, Event::Index);
                if let Some(native) = handler.as_native() {
                    return self.member(native, key, hash);
                }
                (handler.as_table()?, 1)
            }
            None if object.is_string() => {
                let metatable = self.heap.type_metatables[Type::String as usize];
                (self.heap.class(metatable)?, 1)
            }
            None => (object.as_table()?, 0),
        };
        for _ in steps..MAX_TAG_LOOP {
            let table = self.heap.table(t);
            let v = table.get_string(key, hash);
            if !v.is_nil() || table.metatable.is_none() {
                return Some(Member::Value(v));
            }
            let metatable = table.metatable;
            if let Some(class) = self.heap.class(metatable) {
                t = class;
            } else if self.heap.fast_handler(metatable, Event::Index).is_nil() {
                return Some(Member::Value(Value::NIL));
            } else {
                return None;
            }
        }
        None
    }

    /// What an `__index` of userdata that have fields would give, if nobody watches calls.
    fn member(&self, index: NativeRef, name: Value, hash: u32) -> Option<Member> {
        let native = self.heap.native(index);
        let entry = self.natives.get(native.function.0 as usize)?;
        if !entry.finds_members || self.heap.thread.hook_mask != 0 {
            return None;
        }
        let [fields, members, ..] = &*native.upvalues else {
            return None;
        };
        let fields = self.heap.table(fields.as_table()?);
        let getter = fields.get_string(name, hash);
        if !getter.is_nil() {
            return Some(Member::Getter(getter));
        }
        let members = self.heap.table(members.as_table()?);
        let member = members.get_string(name, hash);
        (!member.is_nil()).then_some(Member::Value(member))
    }

    /// GETTABLE, SELF and GETGLOBAL: `object[key]`, into a stack slot; `register` is the
    /// object's, if it is in one. True if a handler was entered instead.
    #[inline(always)]
    pub(super) fn index(
        &mut self,
        object: Value,
        key: Value,
        register: Option<u8>,
        to: usize,
        plain: bool,
    ) -> Result<bool> {
        let v = match self.inherited_field(object, key) {
            Some(Member::Value(v)) => v,
            // It sees the object alone.
            Some(Member::Getter(getter)) => self.call_handler(getter, [object])?,
            None => {
                let base = self.current_call().base as usize;
                let slot = register.map(|register| base + register as usize);
                match self.find(object, key, slot)? {
                    Found::Value(v) => v,
                    Found::Handler { handler, owner } => {
                        if plain && self.enter_handler(handler, [owner, key], Ending::Result)? {
                            return Ok(true);
                        }
                        self.call_handler(handler, [owner, key])?
                    }
                }
            }
        };
        self.set_slot(to, v);
        Ok(false)
    }

    /// `object[key] = value` with metamethods.
    #[inline(never)]
    pub(crate) fn set_index(
        &mut self,
        object: Value,
        key: Value,
        value: Value,
        slot: Option<usize>,
    ) -> Result<()> {
        match self.assign(object, key, value, slot)? {
            None => Ok(()),
            Some((handler, owner)) => self.call_handler_for_effect(handler, [owner, key, value]),
        }
    }

    /// SETTABLE and SETGLOBAL. True if a handler was entered.
    #[inline(always)]
    pub(super) fn set(
        &mut self,
        (object, key, value): (Value, Value, Value),
        slot: Option<usize>,
        plain: bool,
    ) -> Result<bool> {
        let Some((handler, owner)) = self.assign(object, key, value, slot)? else {
            return Ok(false);
        };
        if plain && self.enter_handler(handler, [owner, key, value], Ending::Effect)? {
            return Ok(true);
        }
        self.call_handler_for_effect(handler, [owner, key, value])?;
        Ok(false)
    }

    /// Assigns, or finds the handler that is to do it, and for which object.
    #[inline(always)]
    fn assign(
        &mut self,
        object: Value,
        key: Value,
        value: Value,
        slot: Option<usize>,
    ) -> Result<Option<(Value, Value)>> {
        let mut object = object;
        let mut slot = slot;
        for _ in 0..MAX_TAG_LOOP {
            let handler;
            if let Some(t) = object.as_table() {
                let place = match self.heap.slot_for(t, key) {
                    Ok(place) => place,
                    Err(e) => return Err(self.key_error(e)),
                };
                let table = self.heap.table(t);
                let old = table.value(place);
                let metatable = table.metatable;
                handler = if old.is_nil() && !fault!(NewIndexSkipped) {
                    self.heap.fast_handler(metatable, Event::NewIndex)
                } else {
                    Value::NIL
                };
                if handler.is_nil() {
                    self.heap.table_mut(t).put(place, value);
                    self.heap.barrier_table(t, value);
                    return Ok(None);
                }
            } else {
                handler = self.heap.handler(object, Event::NewIndex);
                if handler.is_nil() {
                    return Err(self.type_error(object, slot, "index"));
                }
            }
            if handler.is_function() {
                return Ok(Some((handler, object)));
            }
            object = handler;
            slot = None;
        }
        Err(self.runtime_error("loop in settable"))
    }

    #[cold]
    pub(crate) fn key_error(&mut self, e: KeyError) -> super::error::Error {
        self.runtime_error(match e {
            KeyError::Nil => "table index is nil",
            KeyError::NaN => "table index is NaN",
            KeyError::Overflow => "table overflow",
            KeyError::Memory => return self.memory_error(),
            KeyError::Limit => return self.stopped(Stop::Memory),
            KeyError::Stopped => return self.stopped(Stop::Interrupt),
        })
    }

    /// `t[key] = value` without metamethods.
    pub(crate) fn set_raw(&mut self, t: TableRef, key: Value, value: Value) -> Result<()> {
        self.heap
            .raw_set(t, key, value)
            .map_err(|e| self.key_error(e))
    }

    /// `t[key] = value` without metamethods, for an integer key.
    pub(crate) fn set_integer_raw(&mut self, t: TableRef, key: i32, value: Value) -> Result<()> {
        self.heap
            .raw_set_integer(t, key, value)
            .map_err(|e| self.key_error(e))
    }

    /// `#v` for what isn't a table, into a stack slot. True if a handler was entered.
    #[inline(never)]
    pub(super) fn length(&mut self, v: Value, i: &Instr, to: usize, plain: bool) -> Result<bool> {
        let result = if let Some(s) = v.as_string() {
            Value::number(self.heap.bytes(s).len() as f64)
        } else {
            let Some(handler) = self.binary_handler(Event::Len, v, Value::NIL) else {
                let slot = self.current_call().base as usize + i.b as usize;
                return Err(self.type_error(v, Some(slot), "get length of"));
            };
            if plain && self.enter_handler(handler, [v, Value::NIL], Ending::Result)? {
                return Ok(true);
            }
            self.call_handler(handler, [v, Value::NIL])?
        };
        self.set_slot(to, result);
        Ok(false)
    }

    /// Does a relation hold?
    pub(super) fn decide(&mut self, relation: Relation) -> Result<bool> {
        match relation {
            Relation::Known(holds) => Ok(holds),
            Relation::Handler {
                handler,
                x,
                y,
                negated,
            } => {
                let result = self.call_handler(handler, [x, y])?;
                Ok(result.is_false() == negated)
            }
        }
    }

    /// `x == y` with metamethods.
    pub(crate) fn equals(&mut self, x: Value, y: Value) -> Result<bool> {
        let relation = self.equality(x, y)?;
        self.decide(relation)
    }

    /// `x == y`, or who decides it.
    pub(super) fn equality(&mut self, x: Value, y: Value) -> Result<Relation> {
        if x.raw_equals(y) {
            return Ok(Relation::Known(true));
        }
        if !(x.is_table() && y.is_table() || x.is_userdata() && y.is_userdata()) {
            return Ok(Relation::Known(false));
        }
        let (mx, my) = (self.heap.metatable(x), self.heap.metatable(y));
        let handler = self.heap.fast_handler(mx, Event::Eq);
        if handler.is_nil() {
            return Ok(Relation::Known(false));
        }
        if mx != my && !fault!(EqualityOfOne) {
            let other = self.heap.fast_handler(my, Event::Eq);
            if other.is_nil() || !handler.raw_equals(other) {
                return Ok(Relation::Known(false));
            }
        }
        Ok(Relation::by(handler, x, y))
    }

    /// The handler of an order event, if both operands have the same one.
    fn order_handler(&self, event: Event, x: Value, y: Value) -> Option<Value> {
        let handler = self.heap.handler(x, event);
        if handler.is_nil() || !handler.raw_equals(self.heap.handler(y, event)) {
            return None;
        }
        Some(handler)
    }

    /// The order of two strings. In the C locale `strcoll` compares bytes, and a zero byte
    /// ends a piece, which comes to the order of the whole byte sequences.
    #[inline]
    fn compare_strings(&mut self, x: Value, y: Value) -> Result<Option<Ordering>> {
        let (Some(x), Some(y)) = (x.as_string(), y.as_string()) else {
            return Ok(None);
        };
        let (a, b) = (self.heap.bytes(x), self.heap.bytes(y));
        if fault!(StringOrder) {
            return Ok(Some(a.len().cmp(&b.len()).then(a.cmp(b))));
        }
        if a.len().min(b.len()) < FREE_BYTES {
            return Ok(Some(a.cmp(b)));
        }
        self.compare_long_strings(x, y).map(Some)
    }

    /// Pays for what the strings have in common, stretch by stretch.
    #[cold]
    #[inline(never)]
    fn compare_long_strings(&mut self, x: StringRef, y: StringRef) -> Result<Ordering> {
        const STRETCH: usize = 1 << 16;
        let mut at = 0;
        loop {
            let rest = |s| self.heap.bytes(s).get(at..).unwrap_or_default();
            let (a, b) = (rest(x), rest(y));
            let (Some(first), Some(second)) = (a.get(..STRETCH), b.get(..STRETCH)) else {
                let (length, order) = (a.len().min(b.len()), a.cmp(b));
                self.charge_bytes(length)?;
                return Ok(order);
            };
            let order = first.cmp(second);
            self.charge_bytes(STRETCH)?;
            if order != Ordering::Equal {
                return Ok(order);
            }
            at += STRETCH;
        }
    }

    /// `x < y`.
    #[inline(never)]
    pub(crate) fn less_than(&mut self, x: Value, y: Value) -> Result<bool> {
        let relation = self.less(x, y)?;
        self.decide(relation)
    }

    /// `x < y`, or who decides it.
    #[inline]
    pub(super) fn less(&mut self, x: Value, y: Value) -> Result<Relation> {
        if let (Some(a), Some(b)) = (x.as_number(), y.as_number()) {
            return Ok(Relation::Known(a < b));
        }
        if let Some(order) = self.compare_strings(x, y)? {
            return Ok(Relation::Known(order == Ordering::Less));
        }
        if x.kind() == y.kind()
            && let Some(handler) = self.order_handler(Event::Lt, x, y)
        {
            return Ok(Relation::by(handler, x, y));
        }
        Err(self.order_error(x, y))
    }

    /// `x <= y`, or who decides it.
    pub(super) fn less_or_equal(&mut self, x: Value, y: Value) -> Result<Relation> {
        if let (Some(a), Some(b)) = (x.as_number(), y.as_number()) {
            return Ok(Relation::Known(a <= b));
        }
        if let Some(order) = self.compare_strings(x, y)? {
            return Ok(Relation::Known(order != Ordering::Greater));
        }
        if x.kind() == y.kind() {
            if let Some(handler) = self.order_handler(Event::Le, x, y) {
                return Ok(Relation::by(handler, x, y));
            }
            let (x, y) = if fault!(LessEqualByLess) {
                (x, y)
            } else {
                (y, x)
            };
            if let Some(handler) = self.order_handler(Event::Lt, x, y) {
                return Ok(Relation::Handler {
                    handler,
                    x,
                    y,
                    negated: true,
                });
            }
        }
        Err(self.order_error(x, y))
    }

    #[cold]
    fn order_error(&mut self, x: Value, y: Value) -> super::error::Error {
        let (a, b) = (x.kind().name(), y.kind().name());
        // 5.1.1 compares the third letters of the names, which tell all types apart.
        if a.as_bytes().get(2) == b.as_bytes().get(2) {
            self.runtime_error_format(&[b"attempt to compare two ", a.as_bytes(), b" values"])
        } else {
            let (a, b) = (a.as_bytes(), b.as_bytes());
            self.runtime_error_format(&[b"attempt to compare ", a, b" with ", b, b""])
        }
    }

    /// Turns a number in a slot into a string; false if it is neither.
    #[inline]
    pub(crate) fn string_in_place(&mut self, slot: usize) -> bool {
        let v = self.heap.thread.stack[slot];
        if v.is_string() {
            return true;
        }
        let Some(n) = v.as_number() else { return false };
        let s = self.number_string(n);
        self.heap.thread.stack[slot] = s;
        true
    }

    /// The string of a number, as `tostring` gives it.
    pub(crate) fn number_string(&mut self, n: f64) -> Value {
        let mut text = core::mem::take(&mut self.global.scratch);
        text.clear();
        write_number(n, &mut text);
        let s = self.string(&text);
        self.global.scratch = text;
        s
    }

    /// Concatenates the slots from `first` to before `end`, into `first`.
    #[inline(never)]
    pub(crate) fn concat(&mut self, first: usize, end: usize) -> Result<()> {
        let mut top = end;
        while top - first > 1 {
            // D11: a number on the left becomes a string before a handler is sought.
            if !self.string_in_place(top - 2) || !self.string_in_place(top - 1) {
                let (x, y) = (
                    self.heap.thread.stack[top - 2],
                    self.heap.thread.stack[top - 1],
                );
                let (x, y) = if fault!(ConcatOperands) {
                    (y, x)
                } else {
                    (x, y)
                };
                match self.binary_handler(Event::Concat, x, y) {
                    Some(handler) => {
                        let v = self.call_handler(handler, [x, y])?;
                        self.set_slot(top - 2, v);
                    }
                    None => {
                        let (culprit, slot) = if x.is_string() {
                            (y, top - 1)
                        } else {
                            (x, top - 2)
                        };
                        return Err(self.type_error(culprit, Some(slot), "concatenate"));
                    }
                }
                top -= 1;
                continue;
            }
            let last_is_empty = self.heap.thread.stack[top - 1]
                .as_string()
                .is_none_or(|s| self.heap.bytes(s).is_empty());
            if last_is_empty {
                top -= 1;
                continue;
            }
            let mut from = top - 1;
            while from > first && self.string_in_place(from - 1) {
                from -= 1;
            }
            let mut text = core::mem::take(&mut self.global.scratch);
            text.clear();
            let mut admitted = false;
            for slot in from..top {
                if let Some(s) = self.heap.thread.stack[slot].as_string() {
                    let bytes = self.heap.strings.get(s);
                    let length = bytes.len();
                    if length < LONG_OPERAND {
                        text.extend_from_slice(bytes);
                        continue;
                    }
                    if !admitted {
                        self.admit_concatenation(from, top)?;
                        admitted = true;
                    }
                    self.append(&mut text, s, 0..length)?;
                }
            }
            if text.len() >= self.global.budget.free_length && !admitted {
                self.admit_string(text.len())?;
            }
            self.heap.charge_concat_buffer(text.len());
            let s = self.built_string(text);
            self.set_slot(from, s);
            top = from + 1;
        }
        Ok(())
    }

    /// Asks whether the strings of some slots may become one.
    #[cold]
    #[inline(never)]
    fn admit_concatenation(&mut self, from: usize, end: usize) -> Result<()> {
        let slots = self.heap.thread.stack.get(from..end).unwrap_or_default();
        let strings = slots.iter().filter_map(|v| v.as_string());
        let length = strings.map(|s| self.heap.bytes(s).len()).sum();
        self.admit_string(length)
    }

    /// FORPREP when not all three values are numbers.
    #[cold]
    #[inline(never)]
    pub(crate) fn prepare_loop(&mut self, slot: usize) -> Result<()> {
        let mut values = [0.0; 3];
        for (i, what) in ["initial value", "limit", "step"].iter().enumerate() {
            let Some(n) = self.to_number(self.heap.thread.stack[slot + i]) else {
                return Err(self.runtime_error(&format!("'for' {what} must be a number")));
            };
            values[i] = n;
            self.set_slot(slot + i, Value::number(n));
        }
        self.set_slot(slot, Value::number(values[0] - values[2]));
        Ok(())
    }

    /// NEWTABLE: a table of the sizes that code asks for. Only damaged code asks for
    /// so much that the size overflows an `int` of C.
    pub(crate) fn new_sized_table(&mut self, array: i32, hash: i32) -> Result<TableRef> {
        let Ok(array) = usize::try_from(array) else {
            return Err(self.runtime_error("memory allocation error: block too big"));
        };
        if array > MAX_ARRAY {
            return Err(self.memory_error());
        }
        let hash = match usize::try_from(hash) {
            Ok(hash) if hash <= MAX_ARRAY => hash,
            _ => return Err(self.key_error(KeyError::Overflow)),
        };
        if !Memory::has_room(array, hash) {
            return Err(self.memory_error());
        }
        if !self.heap.memory.allows_parts(array, hash) {
            return Err(self.key_error(KeyError::Limit));
        }
        Ok(self.heap.new_table(array, hash))
    }

    /// SETLIST: the values above a table's slot become the items of a block. Indices
    /// are an `int` of C, which the block of damaged code makes wrap around.
    pub(crate) fn set_list(&mut self, slot: usize, count: usize, block: u32) -> Result<()> {
        let Some(t) = self.heap.thread.stack[slot].as_table() else {
            return Ok(());
        };
        let before = block
            .wrapping_sub(1)
            .wrapping_mul(FIELDS_PER_FLUSH as u32)
            .cast_signed();
        let last = before.wrapping_add(count as i32);
        if let Ok(size) = usize::try_from(last)
            && size > self.heap.table(t).array.len()
        {
            if size > MAX_ARRAY {
                return Err(self.memory_error());
            }
            self.heap
                .resize_array(t, size)
                .map_err(|e| self.key_error(e))?;
        }
        for i in (1..=count).rev() {
            let v = self.heap.thread.stack[slot + i];
            self.set_integer_raw(t, before.wrapping_add(i as i32), v)?;
        }
        Ok(())
    }

    pub(crate) fn get_upvalue(&self, c: ClosureRef, n: u8) -> Value {
        match self.heap.closure_upvalue(c, n as usize) {
            Some(u) => self.heap.upvalue_get(u),
            None => Value::NIL,
        }
    }

    pub(crate) fn set_upvalue(&mut self, c: ClosureRef, n: u8, v: Value) {
        if let Some(u) = self.heap.closure_upvalue(c, n as usize) {
            self.heap.upvalue_set(u, v);
        }
    }

    /// Appends a string's bytes, or a number as `tostring` writes it.
    pub(crate) fn append_text(&self, v: Value, out: &mut Vec<u8>) {
        if let Some(s) = v.as_string() {
            out.extend_from_slice(self.heap.bytes(s));
        } else if let Some(n) = v.as_number() {
            write_number(n, out);
        }
    }
}
