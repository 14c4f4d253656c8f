//! The virtual machine: it runs prototypes over the heap.
//!
//! | file | holds |
//! |---|---|
//! | `prepare.rs` | a compiled chunk becomes heap prototypes with internal code |
//! | `execute.rs` | the loop over internal code |
//! | `slow/` | instructions the loop doesn't do itself |
//! | `shortcut.rs` | what is done instead of calls of some natives |
//! | `driver.rs` | what runs the loop: protected calls, coroutines, errors |
//! | `fast.rs` | the loop's fast paths of table access |
//! | `call.rs` | entering and leaving calls, protected calls |
//! | `coroutine.rs` | coroutine switches |
//! | `operations.rs` | what an operator does when the loop's fast path can't: coercions, metamethods |
//! | `collect.rs` | collection steps and finalizers |
//! | `debug.rs`, `names.rs` | call levels, variable names, positions in messages |
//! | `hooks.rs` | hook events |
//! | `handlers.rs` | calls of handlers of events, and what is left to do after them |
//! | `iterate.rs` | the generic `for` |
//! | `interrupt.rs` | stopping a program from outside |
//! | `observed.rs` | what someone who watches gets to know |
//! | `budget.rs` | stopping a program that uses too much |
//! | `native.rs` | how natives read arguments and return results |
//! | `messages.rs` | texts and error messages put together on the stack |
//! | `text.rs` | long texts, put together so that they can be interrupted |
//! | `load.rs` | text or bytes to a function, and back |

pub(crate) mod budget;
pub(crate) mod call;
pub(crate) mod collect;
pub(crate) mod coroutine;
pub(crate) mod debug;
pub(crate) mod driver;
pub(crate) mod error;
pub(crate) mod execute;
mod fast;
mod frame;
mod handlers;
pub(crate) mod hooks;
pub(crate) mod interrupt;
pub(crate) mod iterate;
pub(crate) mod load;
pub(crate) mod messages;
pub(crate) mod names;
pub(crate) mod native;
pub(crate) mod observed;
pub(crate) mod operations;
pub(crate) mod prepare;
pub(crate) mod shortcut;
mod slow;
pub(crate) mod text;

use crate::heap::Heap;
use crate::heap::object::NativeId;
use crate::heap::sharing::AnyData;
use crate::heap::value::{TableRef, Value};
use error::Result;

/// A function written in Rust, as the interpreter calls it. Arguments are on the
/// stack of the running thread from its frame's base to the top; the results are
/// the topmost values, and their number is returned.
pub(crate) type NativeFn = fn(&mut State) -> Result<usize>;

/// A native function and the name by which it can be found again.
pub(crate) struct NativeEntry {
    pub(crate) function: NativeFn,
    pub(crate) name: &'static str,
    /// What is done instead of a call, where that can be.
    pub(crate) shortcut: Option<shortcut::Shortcut>,
    /// An `__index` that gives what is in its second upvalue, a table, unless its first one, a
    /// table as well, has the key: then what the function there makes of the object. That can
    /// be done without a call of it.
    pub(crate) finds_members: bool,
}

/// Everything of one interpreter.
///
/// It is small, because its contents change places whenever a callback is lent to
/// (`api/link.rs`): what the loop has no need of is in [`Global`].
pub struct State {
    pub(crate) heap: Box<Heap>,
    pub(crate) natives: Vec<NativeEntry>,
    pub(crate) global: Box<Global>,
    /// What a native that returned a special outcome wants.
    pub(crate) request: call::Request,
    /// Calls from Rust inside each other, over all coroutines.
    pub(crate) rust_depth: u32,
    /// Coroutines that wait for another one which they resumed.
    pub(crate) resumes: u32,
    /// Something changed that the loop must look at: hooks were set or removed.
    pub(crate) attention: bool,
}

/// What a state has beside its heap and what the loop looks at all the time.
pub(crate) struct Global {
    pub(crate) budget: budget::Budget,
    pub(crate) interrupts: interrupt::Interrupts,
    /// Do signals concern this state?
    pub(crate) takes_signals: bool,
    /// A full collection makes room below the limit of memory.
    pub(crate) collects_for_room: bool,
    /// Which precompiled chunks may be loaded.
    pub(crate) bytecode: load::BytecodePolicy,
    /// Largest `rust_depth` before "C stack overflow".
    pub(crate) max_rust_depth: u32,
    /// Bytes of strings being built; kept to reuse their memory.
    pub(crate) scratch: Vec<u8>,
    /// What was seen by whoever watches the program.
    pub(crate) observed: observed::Observed,
    /// The state of the libraries (streams, random numbers, …), owned by them.
    pub(crate) library: Option<Box<AnyData>>,
}

/// Nested calls of the loop that fit a thread of 2 MiB, measured by a test.
const DEFAULT_RUST_DEPTH: u32 = 205;

impl State {
    /// A state without libraries.
    pub(crate) fn new() -> State {
        State {
            heap: Box::new(Heap::new()),
            natives: Vec::new(),
            global: Box::new(Global {
                budget: budget::Budget::unlimited(),
                interrupts: interrupt::Interrupts::default(),
                takes_signals: false,
                collects_for_room: false,
                bytecode: load::BytecodePolicy::Allowed,
                max_rust_depth: DEFAULT_RUST_DEPTH,
                scratch: Vec::new(),
                observed: observed::Observed::default(),
                library: None,
            }),
            request: call::Request::None,
            rust_depth: 0,
            resumes: 0,
            attention: false,
        }
    }

    /// Makes a native function known under a name.
    pub(crate) fn register_native(&mut self, name: &'static str, function: NativeFn) -> NativeId {
        self.natives.push(NativeEntry {
            function,
            name,
            shortcut: None,
            finds_members: false,
        });
        NativeId((self.natives.len() - 1) as u32)
    }

    /// The number of a native that is made while programs run, registered at the
    /// first need.
    pub(crate) fn find_native(&mut self, name: &'static str, function: NativeFn) -> NativeId {
        match self.natives.iter().position(|n| n.name == name) {
            Some(i) => NativeId(i as u32),
            None => self.register_native(name, function),
        }
    }

    /// The running thread's table of globals.
    pub(crate) fn globals(&self) -> TableRef {
        self.heap.thread.globals
    }

    pub(crate) fn registry(&self) -> TableRef {
        self.heap.registry
    }

    /// A string value (no collection).
    pub(crate) fn string(&mut self, text: &[u8]) -> Value {
        Value::string(self.heap.string(text))
    }
}

impl core::fmt::Debug for State {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("State")
            .field("bytes", &self.heap.memory.total)
            .finish_non_exhaustive()
    }
}
