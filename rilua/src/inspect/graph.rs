//! The heap as a text: every object that the registry, the globals, the metatable of strings and
//! the stack of the main thread lead to, in the order in which they are met. An object is named by
//! its kind and the number of its first visit, so that two heaps of one shape give one text.
//! `oracle/src/graph.c` writes the same of 5.1.1's heap.
//!
//! A line for each object tells its sizes and what it refers to; lines with two spaces before
//! them follow for its parts: items of the array that aren't nil, nodes with their place and
//! that of the next one, upvalues. A table that has an object as a key has its nodes where the
//! object's address puts them: of such a table the entries with other keys are shown, sorted, and
//! the others counted. Of a thread there are its calls, and the values in the frames of natives;
//! registers of Lua functions hold leftovers.

use crate::heap::Heap;
use crate::heap::table::{END, Table};
use crate::heap::thread::{CallKind, Thread};
use crate::heap::value::{
    ClosureRef, NativeRef, StringRef, TableRef, ThreadRef, Type, Unpacked, UpvalueRef, UserDataRef,
    Value,
};
use crate::vm::State;
use std::collections::HashMap;
use std::fmt::Write as _;

/// Bytes of a string that are shown.
const SHOWN: usize = 24;

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Object {
    Table(u32),
    Function(u32),
    Native(u32),
    Upvalue(u32),
    UserData(u32),
    Thread(u32),
}

impl Object {
    fn kind(self) -> (usize, &'static str) {
        match self {
            Object::Table(_) => (0, "table"),
            Object::Function(_) => (1, "function"),
            Object::Native(_) => (2, "native"),
            Object::Upvalue(_) => (3, "upvalue"),
            Object::UserData(_) => (4, "userdata"),
            Object::Thread(_) => (5, "thread"),
        }
    }
}

struct Walk<'a> {
    heap: &'a Heap,
    out: String,
    /// Every object met, in order, with its number among those of its kind.
    queue: Vec<(Object, u32)>,
    numbers: HashMap<Object, u32>,
    last: [u32; 6],
}

/// The text.
pub(super) fn write(state: &State) -> String {
    let heap = &state.heap;
    let mut walk = Walk {
        heap,
        out: String::new(),
        queue: Vec::new(),
        numbers: HashMap::new(),
        last: [0; 6],
    };
    walk.put("registry ");
    walk.table_ref(heap.registry);
    walk.put("\nglobals ");
    walk.table_ref(state.globals());
    walk.put("\nmetatable of strings ");
    let strings = heap.type_metatables.get(Type::String as usize);
    walk.table_ref(strings.copied().unwrap_or(TableRef::NONE));
    walk.put("\nmain ");
    walk.object(Object::Thread(heap.main_thread.0));
    walk.put("\n");
    let mut next = 0;
    while let Some(&(object, number)) = walk.queue.get(next) {
        next += 1;
        walk.describe(object, number);
    }
    walk.out
}

impl Walk<'_> {
    fn put(&mut self, text: &str) {
        self.out.push_str(text);
    }

    fn print(&mut self, text: std::fmt::Arguments<'_>) {
        // Writing to a string can't fail.
        let _never = self.out.write_fmt(text);
    }

    fn object(&mut self, object: Object) {
        let (kind, name) = object.kind();
        let number = match self.numbers.get(&object) {
            Some(&number) => number,
            None => {
                let number = self.last.get(kind).map_or(0, |last| last + 1);
                if let Some(last) = self.last.get_mut(kind) {
                    *last = number;
                }
                self.numbers.insert(object, number);
                self.queue.push((object, number));
                number
            }
        };
        self.print(format_args!("{name}#{number}"));
    }

    fn table_ref(&mut self, table: TableRef) {
        if table.is_none() {
            self.put("nil");
        } else {
            self.object(Object::Table(table.0));
        }
    }

    fn string(&mut self, s: StringRef) {
        let heap = self.heap;
        let bytes = heap.bytes(s);
        let hash = heap.strings.hash(s);
        self.print(format_args!("string({} {hash:08x} ", bytes.len()));
        for &byte in bytes.iter().take(SHOWN) {
            if byte > b' ' && byte < 127 && byte != b'\\' {
                self.out.push(char::from(byte));
            } else {
                self.print(format_args!("\\{byte:02x}"));
            }
        }
        self.put(")");
    }

    fn value(&mut self, value: Value) {
        match value.unpack() {
            Unpacked::Nil | Unpacked::Proto(_) => self.put("nil"),
            Unpacked::Boolean(truth) => self.print(format_args!("{truth}")),
            Unpacked::LightUserData(_) => self.put("light"),
            Unpacked::Number(n) if n.is_nan() => self.put(if n.is_sign_negative() {
                "number(-nan)"
            } else {
                "number(nan)"
            }),
            Unpacked::Number(n) => self.print(format_args!("number({:016x})", n.to_bits())),
            Unpacked::String(s) => self.string(s),
            Unpacked::Table(TableRef(i)) => self.object(Object::Table(i)),
            Unpacked::Closure(ClosureRef(i)) => self.object(Object::Function(i)),
            Unpacked::Native(NativeRef(i)) => self.object(Object::Native(i)),
            Unpacked::UserData(UserDataRef(i)) => self.object(Object::UserData(i)),
            Unpacked::Thread(ThreadRef(i)) => self.object(Object::Thread(i)),
        }
    }

    fn describe(&mut self, object: Object, number: u32) {
        let heap = self.heap;
        self.print(format_args!("{}#{number}", object.kind().1));
        match object {
            Object::Table(i) => self.table(heap.table(TableRef(i))),
            Object::Function(i) => self.function(ClosureRef(i)),
            Object::Native(i) => {
                let native = heap.native(NativeRef(i));
                self.put(" environment=");
                self.table_ref(native.env);
                self.put("\n");
                for &upvalue in &native.upvalues {
                    self.put("  ");
                    self.value(upvalue);
                    self.put("\n");
                }
            }
            Object::Upvalue(i) => {
                let open = heap.upvalue(UpvalueRef(i)).is_open();
                self.put(if open { " open " } else { " closed " });
                self.value(heap.upvalue_get(UpvalueRef(i)));
                self.put("\n");
            }
            Object::UserData(i) => {
                let userdata = heap.userdata(UserDataRef(i));
                self.print(format_args!(" size={} metatable=", userdata.size));
                self.table_ref(userdata.metatable);
                self.put(" environment=");
                self.table_ref(userdata.env);
                self.put("\n");
            }
            Object::Thread(i) => self.thread(heap.thread_ref(ThreadRef(i))),
        }
    }

    fn function(&mut self, reference: ClosureRef) {
        let heap = self.heap;
        let closure = heap.closure(reference);
        let proto = &closure.proto;
        self.put(" code=");
        match proto.source {
            Some(source) => self.string(source),
            None => self.put("nil"),
        }
        self.print(format_args!(
            ":{}-{}:{} environment=",
            proto.line_defined,
            proto.last_line_defined,
            proto.raw.len()
        ));
        self.table_ref(closure.env);
        self.put("\n");
        for n in 0..usize::from(closure.count) {
            self.put("  ");
            if let Some(upvalue) = heap.closure_upvalue(reference, n) {
                self.object(Object::Upvalue(upvalue.0));
            }
            self.put("\n");
        }
    }

    fn table(&mut self, table: &Table) {
        // A dead key unpacks to nil, but it is not nil.
        let ordered = table.nodes.iter().all(|node| match node.key.unpack() {
            Unpacked::Nil => node.key.is_nil(),
            Unpacked::Boolean(_) | Unpacked::Number(_) | Unpacked::String(_) => true,
            _ => false,
        });
        self.print(format_args!(" array={}", table.array.len()));
        if ordered {
            let nodes = table.nodes.len();
            self.print(format_args!(" nodes={nodes} free={}", table.last_free()));
        }
        self.put(" metatable=");
        self.table_ref(table.metatable);
        self.put("\n");
        for (i, &item) in table.array.iter().enumerate() {
            if !item.is_nil() {
                self.print(format_args!("  [{}] = ", i + 1));
                self.value(item);
                self.put("\n");
            }
        }
        if ordered {
            self.nodes(table);
        } else {
            self.entries(table);
        }
    }

    fn nodes(&mut self, table: &Table) {
        for (i, node) in table.nodes.iter().enumerate() {
            if node.key.is_nil() {
                continue;
            }
            self.print(format_args!("  {i}: "));
            if node.value.is_nil() {
                self.put("(removed)");
            } else {
                self.value(node.key);
                self.put(" = ");
                self.value(node.value);
            }
            if node.next != END {
                self.print(format_args!(" then {}", node.next));
            }
            self.put("\n");
        }
    }

    fn entries(&mut self, table: &Table) {
        let mut objects = 0;
        let mut entries = Vec::new();
        for node in table.nodes.iter().filter(|node| !node.value.is_nil()) {
            match node.key.unpack() {
                Unpacked::Boolean(_) | Unpacked::Number(_) | Unpacked::String(_) => {
                    let before = std::mem::take(&mut self.out);
                    self.value(node.key);
                    entries.push((std::mem::replace(&mut self.out, before), node.value));
                }
                _ => objects += 1,
            }
        }
        entries.sort_by(|(left, _), (right, _)| left.cmp(right));
        for (key, value) in entries {
            self.print(format_args!("  {key} = "));
            self.value(value);
            self.put("\n");
        }
        self.print(format_args!("  objects as keys: {objects}\n"));
    }

    fn thread(&mut self, thread: &Thread) {
        self.print(format_args!(
            " status={} stack={} records={} globals=",
            thread.status_number(),
            thread.stack_size(),
            thread.call_capacity
        ));
        self.table_ref(thread.globals);
        self.put("\n");
        for (i, call) in thread.calls.iter().enumerate().skip(1) {
            let at = |slot: usize| thread.stack.get(slot).copied().unwrap_or_default();
            self.put("  ");
            self.value(at(call.func as usize));
            self.put("\n");
            if call.kind != CallKind::Lua {
                let next = thread.calls.get(i + 1);
                let end = next.map_or(thread.top, |next| next.func as usize);
                for slot in call.base as usize..end {
                    self.put("    ");
                    self.value(at(slot));
                    self.put("\n");
                }
            }
        }
    }
}
