//! Where a state lives, and who works on it.
//!
//! A [`Link`] is shared by a [`Lua`], its clones and all handles. While nobody works on
//! the state it is in the link. Whoever works on it takes it out and puts it back
//! ([`Lua::enter`]): a pointer moves. A callback is lent to from inside the virtual
//! machine, which works through a `&mut State`: the state's contents change places with
//! those of a spare one, which is then in the link ([`lend`]). So no handle borrows
//! anything, and whoever finds the link empty gets an error.
//!
//! The state ends with its last owner: handles and the `&Lua` that callbacks get own
//! nothing, so that a callback may keep them without a cycle.

use super::error::{Error, ErrorKind, Result};
use super::services::AppData;
use crate::heap::roots::Roots;
use crate::heap::sharing::{Lock, Place, Shared};
use crate::heap::value::Value;
use crate::stdlib::standard;
use crate::vm::State;
use core::any::TypeId;
use core::sync::atomic::{AtomicUsize, Ordering};
use std::collections::HashMap;

/// Spare states that are kept for the next callback.
const SPARES: usize = 8;

pub(crate) struct Link {
    state: Place<Box<State>>,
    pub(crate) roots: Shared<Roots>,
    /// The state that the next callback's changes places with.
    spare: Place<Box<State>>,
    /// More of them, for callbacks inside each other.
    #[expect(clippy::vec_box, reason = "they move to the link and back by pointer")]
    spares: Lock<Vec<Box<State>>>,
    owners: AtomicUsize,
    /// The roots of the metatables of types.
    metatables: Lock<HashMap<TypeId, u32>>,
    pub(crate) app_data: Lock<AppData>,
}

impl Link {
    /// A link with a state, and one owner.
    pub(crate) fn new(state: Box<State>) -> Shared<Link> {
        Shared::new(Link {
            roots: Shared::clone(&state.heap.roots),
            state: Place::new(Some(state)),
            spare: Place::new(None),
            spares: Lock::new(Vec::new()),
            owners: AtomicUsize::new(1),
            metatables: Lock::new(HashMap::new()),
            app_data: Lock::new(HashMap::new()),
        })
    }

    /// The metatable that was kept for a type.
    #[inline]
    pub(crate) fn metatable(&self, of: TypeId) -> Option<Value> {
        let root = self.metatables.with(|known| known.get(&of).copied());
        root.flatten().map(|root| self.roots.get(root))
    }

    pub(crate) fn keep_metatable(&self, of: TypeId, metatable: Value) {
        let root = self.roots.add(metatable);
        let old = self.metatables.with(|known| known.insert(of, root));
        if let Some(old) = old.flatten() {
            self.roots.release(old);
        }
    }

    #[inline]
    fn spare(&self) -> Box<State> {
        match self.spare.take() {
            Some(spare) => spare,
            None => self.another_spare(),
        }
    }

    #[cold]
    #[inline(never)]
    fn another_spare(&self) -> Box<State> {
        let kept = self.spares.with(Vec::pop).flatten();
        kept.unwrap_or_else(|| Box::new(State::new()))
    }

    #[inline]
    fn keep_spare(&self, spare: Box<State>) {
        if let Some(another) = self.spare.take() {
            self.keep_another(another);
        }
        self.spare.put(spare);
    }

    #[cold]
    #[inline(never)]
    fn keep_another(&self, spare: Box<State>) {
        self.spares.with(|spares| {
            if spares.len() < SPARES {
                spares.push(spare);
            }
        });
    }

    /// The state comes back after work; it ends here if its last owner is gone.
    #[inline]
    fn put(&self, state: Box<State>) {
        if self.owners.load(Ordering::Relaxed) == 0 {
            return close(state, self);
        }
        self.state.put(state);
    }
}

/// Ends a state as `lua_close` does: finalizers run, streams are flushed.
#[cold]
#[inline(never)]
fn close(mut state: Box<State>, link: &Link) {
    // Finalizers may be callbacks, to which the state is lent once more.
    link.owners.store(1, Ordering::Relaxed);
    state.finalize_all();
    standard::system(&mut state).flush_all();
    link.owners.store(0, Ordering::Relaxed);
}

/// Puts the state back, whatever happens.
struct Entered<'a> {
    link: &'a Link,
    state: Option<Box<State>>,
}

impl Drop for Entered<'_> {
    #[inline]
    fn drop(&mut self) {
        if let Some(state) = self.state.take() {
            self.link.put(state);
        }
    }
}

/// A state that is lent to a callback comes back, whatever happens.
struct Lent<'a> {
    link: &'a Link,
    state: &'a mut State,
}

impl Drop for Lent<'_> {
    #[inline(always)]
    fn drop(&mut self) {
        if let Some(mut spare) = self.link.state.take() {
            core::mem::swap(self.state, &mut *spare);
            self.link.keep_spare(spare);
        }
    }
}

/// Lends the state to code that works through handles.
#[inline]
pub(crate) fn lend<T>(state: &mut State, lua: &Lua, work: impl FnOnce() -> T) -> T {
    let link = &*lua.link;
    let mut spare = link.spare();
    core::mem::swap(state, &mut *spare);
    link.state.put(spare);
    let _lent = Lent { link, state };
    work()
}

/// A Lua state: the entry point of everything. See [`Lua::new`].
///
/// Clones are handles to the same state, which ends with the last of them: then its
/// finalizers run and its streams are flushed. Tables, functions and other handles don't
/// keep the state; they keep their object as long as the state is there.
///
/// ```
/// use rilua::Lua;
///
/// let lua = Lua::new();
/// lua.globals().set("answer", 42)?;
/// assert_eq!(lua.load("answer + 1").eval::<i32>()?, 43);
/// # Ok::<(), rilua::Error>(())
/// ```
pub struct Lua {
    pub(crate) link: Shared<Link>,
    owner: bool,
}

impl Lua {
    pub(crate) fn own(state: Box<State>) -> Lua {
        Lua {
            link: Link::new(state),
            owner: true,
        }
    }

    /// Another `Lua` for the same state, which doesn't keep it.
    #[inline]
    pub(crate) fn unowned(&self) -> Lua {
        Lua {
            link: Shared::clone(&self.link),
            owner: false,
        }
    }

    #[inline]
    pub(crate) fn is_same_state(&self, other: &Lua) -> bool {
        Shared::ptr_eq(&self.link, &other.link)
    }

    /// Works on the state.
    #[inline]
    pub(crate) fn enter<T>(&self, work: impl FnOnce(&mut State) -> T) -> Result<T> {
        let link = &*self.link;
        let mut entered = Entered {
            link,
            state: link.state.take(),
        };
        match entered.state.as_deref_mut() {
            Some(state) => Ok(work(state)),
            None => Err(unavailable(link)),
        }
    }

    /// Works on the state with something that can fail.
    #[inline]
    pub(crate) fn try_enter<T>(&self, work: impl FnOnce(&mut State) -> Result<T>) -> Result<T> {
        self.enter(work)?
    }
}

#[cold]
fn unavailable(link: &Link) -> Error {
    let message = if link.owners.load(Ordering::Relaxed) == 0 {
        "the Lua state was closed: its last `Lua` is gone"
    } else {
        "the Lua state is in use: by another thread, or by the collector that drops this value"
    };
    Error::new(ErrorKind::StateUnavailable, message)
}

impl Clone for Lua {
    #[inline]
    fn clone(&self) -> Lua {
        if self.owner {
            self.link.owners.fetch_add(1, Ordering::Relaxed);
        }
        Lua {
            link: Shared::clone(&self.link),
            owner: self.owner,
        }
    }
}

impl Drop for Lua {
    #[inline]
    fn drop(&mut self) {
        if self.owner && self.link.owners.fetch_sub(1, Ordering::AcqRel) == 1 {
            // If somebody works on it, it is closed when it comes back.
            if let Some(state) = self.link.state.take() {
                close(state, &self.link);
            }
        }
    }
}

impl core::fmt::Debug for Lua {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Lua").finish_non_exhaustive()
    }
}

/// What every handle is: a state and a root in its heap.
pub(crate) struct Handle {
    pub(crate) lua: Lua,
    slot: u32,
}

impl Handle {
    #[inline]
    pub(crate) fn new(value: Value, lua: &Lua) -> Handle {
        Handle {
            slot: lua.link.roots.add(value),
            lua: lua.unowned(),
        }
    }

    /// The value as the heap has it, valid as long as the handle lives.
    #[inline]
    pub(crate) fn value(&self) -> Value {
        self.lua.link.roots.get(self.slot)
    }

    /// The same, for use in a state that has to be the right one.
    #[inline]
    pub(crate) fn value_in(&self, lua: &Lua) -> Result<Value> {
        if self.lua.is_same_state(lua) {
            Ok(self.value())
        } else {
            Err(Error::new(
                ErrorKind::ForeignState,
                "a handle of one Lua state was used in another one",
            ))
        }
    }
}

impl Clone for Handle {
    fn clone(&self) -> Handle {
        self.lua.link.roots.retain(self.slot);
        Handle {
            lua: self.lua.unowned(),
            slot: self.slot,
        }
    }
}

impl Drop for Handle {
    #[inline]
    fn drop(&mut self) {
        self.lua.link.roots.release(self.slot);
    }
}

impl PartialEq for Handle {
    fn eq(&self, other: &Handle) -> bool {
        self.lua.is_same_state(&other.lua) && self.value() == other.value()
    }
}
