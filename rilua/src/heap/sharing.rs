//! How parts of an interpreter are shared and locked: for one thread, or with the
//! feature `send` so that everything may move between threads.

#[cfg(not(feature = "send"))]
mod kind {
    use std::any::Any;
    use std::cell::{Cell, RefCell};

    /// A counted reference.
    pub(crate) type Shared<T> = std::rc::Rc<T>;
    /// Data of unknown type that lives in the heap.
    pub(crate) type AnyData = dyn Any;

    /// What everything that is put into an interpreter has to be: nothing, unless the
    /// feature `send` is on; then it is [`Send`].
    pub trait MaybeSend {}
    impl<T: ?Sized> MaybeSend for T {}

    /// As [`MaybeSend`], for what is also shared: [`Sync`] with the feature `send`.
    pub trait MaybeSync {}
    impl<T: ?Sized> MaybeSync for T {}

    /// A place for a value that is taken out for use.
    pub(crate) struct Place<T>(Cell<Option<T>>);

    impl<T> Place<T> {
        pub(crate) fn new(value: Option<T>) -> Place<T> {
            Place(Cell::new(value))
        }

        #[inline(always)]
        pub(crate) fn take(&self) -> Option<T> {
            self.0.take()
        }

        #[inline(always)]
        pub(crate) fn put(&self, value: T) {
            self.0.set(Some(value));
        }
    }

    impl<T> Default for Place<T> {
        fn default() -> Place<T> {
            Place::new(None)
        }
    }

    /// A function that is told something.
    pub(crate) type Told = dyn FnMut(bool);

    /// A value that code works on for a moment.
    pub(crate) struct Lock<T>(RefCell<T>);

    impl<T> Lock<T> {
        pub(crate) fn new(value: T) -> Lock<T> {
            Lock(RefCell::new(value))
        }

        /// Works on the value; `None` if somebody does so already.
        #[inline]
        pub(crate) fn with<R>(&self, work: impl FnOnce(&mut T) -> R) -> Option<R> {
            self.0
                .try_borrow_mut()
                .ok()
                .map(|mut value| work(&mut value))
        }
    }
}

#[cfg(feature = "send")]
mod kind {
    use std::any::Any;
    use std::sync::{Mutex, PoisonError, TryLockError};

    pub(crate) type Shared<T> = std::sync::Arc<T>;
    pub(crate) type AnyData = dyn Any + Send;

    /// What everything that is put into an interpreter has to be: nothing, unless the
    /// feature `send` is on; then it is [`Send`].
    pub trait MaybeSend: Send {}
    impl<T: ?Sized + Send> MaybeSend for T {}

    /// As [`MaybeSend`], for what is also shared: [`Sync`] with the feature `send`.
    pub trait MaybeSync: Sync {}
    impl<T: ?Sized + Sync> MaybeSync for T {}

    /// A place for a value that is taken out for use.
    pub(crate) struct Place<T>(Mutex<Option<T>>);

    impl<T> Place<T> {
        pub(crate) fn new(value: Option<T>) -> Place<T> {
            Place(Mutex::new(value))
        }

        pub(crate) fn take(&self) -> Option<T> {
            self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
        }

        pub(crate) fn put(&self, value: T) {
            *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(value);
        }
    }

    impl<T> Default for Place<T> {
        fn default() -> Place<T> {
            Place::new(None)
        }
    }

    /// A function that is told something.
    pub(crate) type Told = dyn FnMut(bool) + Send;

    /// A value that code works on for a moment.
    pub(crate) struct Lock<T>(Mutex<T>);

    impl<T> Lock<T> {
        pub(crate) fn new(value: T) -> Lock<T> {
            Lock(Mutex::new(value))
        }

        /// Works on the value; `None` if somebody does so already.
        pub(crate) fn with<R>(&self, work: impl FnOnce(&mut T) -> R) -> Option<R> {
            match self.0.try_lock() {
                Ok(mut value) => Some(work(&mut value)),
                Err(TryLockError::Poisoned(value)) => Some(work(&mut value.into_inner())),
                Err(TryLockError::WouldBlock) => None,
            }
        }
    }
}

pub(crate) use kind::{AnyData, Lock, Place, Shared, Told};
pub use kind::{MaybeSend, MaybeSync};
