//! The heap: typed arenas of objects, and the collector over them.
//!
//! Invariants, cited by number where they are relied on:
//!
//! 1. An index stored in a live value refers to a live object of its kind: an
//!    object is freed only when the collector has proved that no root reaches it.
//!    Natives keep what they need on the stack of their thread across every point
//!    where a collection step may run.
//! 2. A collection step runs only where 5.1.1 checks for one, never inside an
//!    allocation: allocating is infallible and moves nothing that is borrowed.
//! 3. Objects are swept in the order of their creation, newest first, userdata
//!    last; `order` and `userdata_order` record it.
//! 4. No black object refers to a white one while the collector marks: whoever
//!    stores into a table, a closed upvalue or an object's environment calls the
//!    barrier of `barrier.rs` afterwards. Stacks and open upvalues are never black.
//! 5. `memory.total` is what 5.1.1 would have allocated, in bytes, at any moment a
//!    program can ask. What is really held is counted in `accounting.rs`.
//! 6. The running thread is `thread`; its slot in the arena is empty.

mod accounting;
pub(crate) mod barrier;
mod closure;
pub(crate) mod code;
pub(crate) mod collect;
mod memory;
pub(crate) mod object;
pub(crate) mod order;
mod resize;
pub(crate) mod roots;
pub(crate) mod sharing;
pub(crate) mod string;
mod sweep;
pub(crate) mod table;
pub(crate) mod thread;
pub(crate) mod value;

use collect::{Collector, FIXED, SFIXED, WHITE0};
use object::{
    FunctionProto, LuaClosure, NativeClosure, NativeId, Object, ObjectKind, Upvalue, UserData,
};
use order::Order;
use roots::Roots;
use sharing::{AnyData, Shared, Shared as Rc};
use string::Strings;
use table::{KeyError, Memory, Slot, Table};
use thread::Thread;
use value::{NativeRef, ProtoRef, StringRef, TableRef, ThreadRef, Type, UserDataRef, Value};

/// The events a metatable can have a handler for (manual §2.8).
///
/// ORDER: the first five have a bit in [`Table::absent`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub(crate) enum Event {
    Index,
    NewIndex,
    Gc,
    Mode,
    Eq,
    Add,
    Sub,
    Mul,
    Div,
    Mod,
    Pow,
    Unm,
    Len,
    Lt,
    Le,
    Concat,
    Call,
}

/// Names of the events, in their order.
const EVENT_NAMES: [&str; 17] = [
    "__index",
    "__newindex",
    "__gc",
    "__mode",
    "__eq",
    "__add",
    "__sub",
    "__mul",
    "__div",
    "__mod",
    "__pow",
    "__unm",
    "__len",
    "__lt",
    "__le",
    "__concat",
    "__call",
];

/// A slab with recycled slots.
pub(crate) struct Arena<T> {
    pub(crate) items: Vec<T>,
    free: Vec<u32>,
}

impl<T> Arena<T> {
    fn new() -> Arena<T> {
        Arena {
            items: Vec::new(),
            free: Vec::new(),
        }
    }

    #[inline(always)]
    fn add(&mut self, item: T) -> u32 {
        match self.free.pop() {
            Some(i) => {
                self.items[i as usize] = item;
                i
            }
            None => {
                self.items.push(item);
                (self.items.len() - 1) as u32
            }
        }
    }
}

/// A prototype's place: the mark, and the prototype while it lives.
pub(crate) struct ProtoSlot {
    pub(crate) proto: Option<Rc<FunctionProto>>,
    pub(crate) mark: u8,
}

/// A coroutine's place in the arena.
pub(crate) struct ThreadSlot {
    pub(crate) thread: Box<Thread>,
    pub(crate) mark: u8,
}

pub(crate) struct Heap {
    pub(crate) strings: Strings,
    pub(crate) tables: Vec<Table>,
    free_tables: Vec<u32>,
    pub(crate) closures: Vec<LuaClosure>,
    free_closures: Vec<u32>,
    /// Blocks of upvalues of closures that have more than fit inline.
    pub(crate) upvalue_blocks: Arena<Box<[u32]>>,
    pub(crate) natives: Arena<NativeClosure>,
    pub(crate) upvalues: Vec<Upvalue>,
    free_upvalues: Vec<u32>,
    pub(crate) protos: Arena<ProtoSlot>,
    pub(crate) userdata: Arena<UserData>,
    pub(crate) threads: Arena<ThreadSlot>,
    /// Free slots of `threads` that still have a stack for the next one.
    spare_threads: usize,
    /// The thread that runs.
    pub(crate) thread: Thread,
    pub(crate) running: ThreadRef,
    pub(crate) main_thread: ThreadRef,
    pub(crate) registry: TableRef,
    /// Metatables of the types that have one for all their values.
    pub(crate) type_metatables: [TableRef; Type::COUNT],
    /// The names of the events and their hashes.
    pub(crate) event_names: [(Value, u32); EVENT_NAMES.len()],
    pub(crate) memory: Memory,
    pub(crate) collector: Collector,
    order: Order,
    userdata_order: Order,
    /// Values held by code outside.
    pub(crate) roots: Shared<Roots>,
    /// Bytes 5.1.1's buffer for concatenations would have.
    pub(crate) concat_buffer: usize,
    /// A prototype for slots of closures that are free.
    no_proto: Rc<FunctionProto>,
}

/// Charged for the state itself: the main thread's header and the global state.
const STATE_BYTES: usize = 616;
/// The reserved words, which 5.1.1 interns and keeps.
const RESERVED_WORDS: [&str; 21] = [
    "and", "break", "do", "else", "elseif", "end", "false", "for", "function", "if", "in", "local",
    "nil", "not", "or", "repeat", "return", "then", "true", "until", "while",
];
/// Smallest size of the concatenation buffer (`LUA_MINBUFFER`).
const MIN_BUFFER: usize = 32;

impl Heap {
    /// A heap with a main thread, a table of globals and a registry.
    pub(crate) fn new() -> Heap {
        let no_proto = Rc::new(FunctionProto {
            id: ProtoRef(u32::MAX),
            code: Box::default(),
            raw: Box::default(),
            constants: Box::default(),
            protos: Box::default(),
            lines: Box::default(),
            locals: Box::default(),
            upvalue_names: Box::default(),
            source: None,
            line_defined: 0,
            last_line_defined: 0,
            upvalue_count: 0,
            parameters: 0,
            vararg: Default::default(),
            max_stack: 2,
            spare: 0,
        });
        let mut heap = Heap {
            strings: Strings::new(),
            tables: Vec::new(),
            free_tables: Vec::new(),
            closures: Vec::new(),
            free_closures: Vec::new(),
            upvalue_blocks: Arena::new(),
            natives: Arena::new(),
            upvalues: Vec::new(),
            free_upvalues: Vec::new(),
            protos: Arena::new(),
            userdata: Arena::new(),
            threads: Arena::new(),
            spare_threads: 0,
            thread: Thread::new(TableRef::NONE),
            running: ThreadRef(0),
            main_thread: ThreadRef(0),
            registry: TableRef::NONE,
            type_metatables: [TableRef::NONE; Type::COUNT],
            event_names: [(Value::NIL, 0); EVENT_NAMES.len()],
            memory: Memory::new(),
            collector: Collector::new(),
            order: Order::new(),
            userdata_order: Order::new(),
            roots: Roots::new(),
            concat_buffer: 0,
            no_proto,
        };
        let main = ThreadSlot {
            thread: Box::new(Thread::absent()),
            mark: WHITE0 | FIXED | SFIXED,
        };
        heap.threads.add(main);
        heap.memory.total = STATE_BYTES + heap.thread.bytes() - thread::THREAD_BYTES;
        heap.thread.globals = heap.new_table(0, 2);
        heap.registry = heap.new_table(0, 2);
        heap.memory.total += 8 * string::MIN_BUCKETS;
        for (i, name) in EVENT_NAMES.iter().enumerate() {
            let name = heap.fixed_string(name);
            heap.event_names[i] = (Value::string(name), heap.strings.hash(name));
        }
        for word in RESERVED_WORDS {
            heap.fixed_string(word);
        }
        heap.fixed_string("not enough memory");
        heap.set_due(4 * heap.memory.total);
        heap
    }

    fn fixed_string(&mut self, text: &str) -> StringRef {
        let s = self.string(text.as_bytes());
        self.strings.fix(s);
        s
    }

    /// Interns a string (invariant 2: no collection).
    #[inline]
    pub(crate) fn string(&mut self, text: &[u8]) -> StringRef {
        let hash = Strings::hash_of(text);
        self.string_with_hash(text, hash)
    }

    #[inline]
    pub(crate) fn string_with_hash(&mut self, text: &[u8], hash: u32) -> StringRef {
        if let Some(s) = self.strings.find(text, hash, self.collector.other_white()) {
            return s;
        }
        self.memory.total += string::charge(text.len());
        self.memory.add_part(string::block_bytes(text.len()));
        let (s, crowded) = self.strings.add(text, hash, self.collector.white());
        if crowded {
            self.resize_strings(self.strings.bucket_count() * 2);
        }
        s
    }

    /// Interns a string that was built in a vector of its own; a new one takes it over.
    pub(crate) fn long_string(&mut self, text: Vec<u8>) -> StringRef {
        let hash = Strings::hash_of(&text);
        if let Some(s) = self.strings.find(&text, hash, self.collector.other_white()) {
            return s;
        }
        self.memory.total += string::charge(text.len());
        self.memory.add_part(string::block_bytes(text.len()));
        let white = self.collector.white();
        let (s, crowded) = self.strings.add_block(text.into(), hash, white);
        if crowded {
            self.resize_strings(self.strings.bucket_count() * 2);
        }
        s
    }

    /// Resizes the string table, unless it is being swept.
    #[cold]
    #[inline(never)]
    fn resize_strings(&mut self, size: usize) {
        if self.collector.is_sweeping_strings() {
            return;
        }
        self.memory.total = self.memory.total + 8 * size - 8 * self.strings.bucket_count();
        self.strings.resize(size);
    }

    /// The bytes of a string.
    #[inline(always)]
    pub(crate) fn bytes(&self, s: StringRef) -> &[u8] {
        self.strings.get(s)
    }

    /// Models the growth of 5.1.1's buffer for a concatenation of `len` bytes.
    #[inline]
    pub(crate) fn charge_concat_buffer(&mut self, len: usize) {
        if len > self.concat_buffer {
            let size = len.max(MIN_BUFFER);
            self.memory.total += size - self.concat_buffer;
            self.concat_buffer = size;
        }
    }

    /// A new table with room for `array` items and `hash` keys.
    #[inline]
    pub(crate) fn new_table(&mut self, array: usize, hash: usize) -> TableRef {
        let mark = self.collector.white();
        let i = match self.free_tables.pop() {
            Some(i) => {
                let t = &mut self.tables[i as usize];
                t.begin(array, hash, mark, &mut self.memory);
                self.memory.total += t.bytes();
                i
            }
            None => {
                let t = Table::new(array, hash, mark, &mut self.memory);
                self.memory.total += t.bytes();
                self.tables.push(t);
                (self.tables.len() - 1) as u32
            }
        };
        self.order.push(Object::new(ObjectKind::Table, i));
        TableRef(i)
    }

    #[inline(always)]
    pub(crate) fn table(&self, t: TableRef) -> &Table {
        &self.tables[t.index()]
    }

    #[inline(always)]
    pub(crate) fn table_mut(&mut self, t: TableRef) -> &mut Table {
        &mut self.tables[t.index()]
    }

    /// A new native closure.
    pub(crate) fn new_native(
        &mut self,
        function: NativeId,
        env: TableRef,
        upvalues: Box<[Value]>,
    ) -> NativeRef {
        self.memory.total += NativeClosure::bytes(upvalues.len());
        self.memory.add_part(size_of_val(&*upvalues));
        let mark = self.collector.white();
        let i = self.natives.add(NativeClosure {
            function,
            env,
            upvalues,
            data: None,
            mark,
        });
        self.order.push(Object::new(ObjectKind::Native, i));
        NativeRef(i)
    }

    #[inline(always)]
    pub(crate) fn native(&self, n: NativeRef) -> &NativeClosure {
        &self.natives.items[n.index()]
    }

    /// Reserves the arena's place of a prototype; [`Heap::set_proto`] fills it.
    pub(crate) fn reserve_proto(&mut self) -> ProtoRef {
        let mark = self.collector.white();
        let i = self.protos.add(ProtoSlot { proto: None, mark });
        self.order.push(Object::new(ObjectKind::Proto, i));
        ProtoRef(i)
    }

    /// Completes a prototype and charges for it.
    pub(crate) fn set_proto(&mut self, proto: FunctionProto) -> Rc<FunctionProto> {
        self.memory.total += proto.bytes();
        self.memory.add_part(proto.real_bytes());
        let index = proto.id.index();
        let rc = Rc::new(proto);
        self.protos.items[index].proto = Some(Rc::clone(&rc));
        rc
    }

    /// A new userdata charged for `size` bytes, without metatable.
    pub(crate) fn new_userdata(
        &mut self,
        size: usize,
        env: TableRef,
        data: Option<Box<AnyData>>,
    ) -> UserDataRef {
        self.memory.total += UserData::bytes(size);
        self.memory.add_part(size);
        let mark = self.collector.white();
        let u = UserData {
            metatable: TableRef::NONE,
            env,
            mark,
            size,
            data,
        };
        let i = self.userdata.add(u);
        self.userdata_order
            .push(Object::new(ObjectKind::UserData, i));
        UserDataRef(i)
    }

    #[inline(always)]
    pub(crate) fn userdata(&self, u: UserDataRef) -> &UserData {
        &self.userdata.items[u.index()]
    }

    #[inline(always)]
    pub(crate) fn userdata_mut(&mut self, u: UserDataRef) -> &mut UserData {
        &mut self.userdata.items[u.index()]
    }

    /// A new coroutine that shares the running thread's globals and hooks.
    pub(crate) fn new_thread(&mut self) -> ThreadRef {
        let mark = self.collector.white();
        let i = match self.threads.free.pop() {
            Some(i) => i,
            None => self.threads.add(ThreadSlot {
                thread: Box::new(Thread::absent()),
                mark,
            }),
        };
        let slot = &mut self.threads.items[i as usize];
        slot.mark = mark;
        let thread = &mut *slot.thread;
        self.spare_threads -= usize::from(!thread.stack.is_empty());
        thread.begin(self.thread.globals);
        thread.hook_mask = self.thread.hook_mask;
        thread.hook_base_count = self.thread.hook_base_count;
        thread.hook_count = thread.hook_base_count;
        self.memory.total += thread.bytes();
        self.order.push(Object::new(ObjectKind::Thread, i));
        ThreadRef(i)
    }

    /// A thread's data, the running one's included (invariant 6).
    #[inline]
    pub(crate) fn thread_ref(&self, t: ThreadRef) -> &Thread {
        if t == self.running {
            &self.thread
        } else {
            &self.threads.items[t.index()].thread
        }
    }

    #[inline]
    pub(crate) fn thread_mut(&mut self, t: ThreadRef) -> &mut Thread {
        if t == self.running {
            &mut self.thread
        } else {
            &mut self.threads.items[t.index()].thread
        }
    }

    /// Makes `t` the running thread. As a call of its own, without a result, it moves 16 bytes
    /// at a time, otherwise 8.
    #[inline(never)]
    pub(crate) fn switch_to(&mut self, t: ThreadRef) {
        let both = [self.running.index(), t.index()];
        let Ok([from, to]) = self.threads.items.get_disjoint_mut(both) else {
            return;
        };
        // The running thread's data goes to the other's box, and then the boxes change
        // places: one exchange of data instead of two.
        core::mem::swap(&mut self.thread, &mut *to.thread);
        core::mem::swap(&mut from.thread, &mut to.thread);
        self.running = t;
    }

    /// The same; the thread that ran until now, and the one that runs.
    #[inline(always)]
    pub(crate) fn exchange(&mut self, t: ThreadRef) -> Option<(&mut Thread, &mut Thread)> {
        let from = self.running;
        self.switch_to(t);
        let source = self.threads.items.get_mut(from.index())?;
        Some((&mut source.thread, &mut self.thread))
    }

    /// The metatable of any value, or [`TableRef::NONE`].
    #[inline]
    pub(crate) fn metatable(&self, v: Value) -> TableRef {
        if let Some(t) = v.as_table() {
            self.table(t).metatable
        } else if let Some(u) = v.as_userdata() {
            self.userdata(u).metatable
        } else {
            self.type_metatables[v.kind() as usize]
        }
    }

    /// The `__index` of a metatable, if it is a table.
    #[inline(always)]
    pub(crate) fn class(&mut self, metatable: TableRef) -> Option<TableRef> {
        let index = self.event_names[Event::Index as usize];
        let table = self.tables.get_mut(metatable.index())?;
        if table.absent & (1 << Event::Index as u8) != 0 {
            return None;
        }
        table.class(index)
    }

    /// The handler of an event in a metatable; absence is remembered there.
    #[inline(always)]
    pub(crate) fn fast_handler(&mut self, metatable: TableRef, event: Event) -> Value {
        debug_assert!(event as u8 <= Event::Eq as u8);
        match self.tables.get(metatable.index()) {
            Some(t) if t.absent & (1 << event as u8) == 0 => self.look_up_handler(metatable, event),
            _ => Value::NIL,
        }
    }

    #[inline(never)]
    fn look_up_handler(&mut self, metatable: TableRef, event: Event) -> Value {
        let (name, hash) = self.event_names[event as usize];
        let t = &mut self.tables[metatable.index()];
        let v = t.get_string(name, hash);
        if v.is_nil() {
            t.absent |= 1 << event as u8;
        }
        v
    }

    /// The handler of any event for a value, nil if there is none.
    pub(crate) fn handler(&self, v: Value, event: Event) -> Value {
        match self.metatable(v).some() {
            Some(t) => {
                let (name, hash) = self.event_names[event as usize];
                self.table(t).get_string(name, hash)
            }
            None => Value::NIL,
        }
    }

    /// `t[key]` without metamethods.
    #[inline]
    pub(crate) fn raw_get(&self, t: TableRef, key: Value) -> Value {
        self.table(t).get(key, &self.strings)
    }

    /// `t[name]` without metamethods.
    pub(crate) fn raw_get_str(&mut self, t: TableRef, name: &str) -> Value {
        let s = self.string(name.as_bytes());
        let hash = self.strings.hash(s);
        self.table(t).get_string(Value::string(s), hash)
    }

    /// The place of a key, made if need be, with the barrier for a new key.
    #[inline]
    pub(crate) fn slot_for(&mut self, t: TableRef, key: Value) -> Result<Slot, KeyError> {
        let table = &mut self.tables[t.index()];
        let (slot, new) = table.slot_for(key, &self.strings, &mut self.memory)?;
        table.forget();
        if new {
            self.barrier_table(t, key);
        }
        Ok(slot)
    }

    /// `t[key] = value` without metamethods, with the barriers.
    #[inline]
    pub(crate) fn raw_set(
        &mut self,
        t: TableRef,
        key: Value,
        value: Value,
    ) -> Result<(), KeyError> {
        let slot = self.slot_for(t, key)?;
        self.tables[t.index()].put(slot, value);
        self.barrier_table(t, value);
        Ok(())
    }

    /// Stores under a string key, which can't fail but for 2^26 keys.
    pub(crate) fn raw_set_str(&mut self, t: TableRef, name: &str, value: Value) {
        let key = Value::string(self.string(name.as_bytes()));
        let _full = self.raw_set(t, key, value);
    }

    /// Stores under an integer key as 5.1.1's libraries do: the cache of absent
    /// handlers stays as it is.
    #[inline]
    pub(crate) fn raw_set_integer(
        &mut self,
        t: TableRef,
        key: i32,
        value: Value,
    ) -> Result<(), KeyError> {
        let table = &mut self.tables[t.index()];
        if let Some(v) = table.array.get_mut((key as u32).wrapping_sub(1) as usize) {
            *v = value;
        } else {
            let key = Value::number(f64::from(key));
            let (slot, _) = table.slot_for(key, &self.strings, &mut self.memory)?;
            table.put(slot, value);
        }
        self.barrier_table(t, value);
        Ok(())
    }

    /// Grows a table's array part to exactly `size` items.
    pub(crate) fn resize_array(&mut self, t: TableRef, size: usize) -> Result<(), KeyError> {
        self.tables[t.index()].resize_array(size, &self.strings, &mut self.memory)
    }
}
