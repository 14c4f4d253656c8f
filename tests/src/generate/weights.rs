//! What a program is made of, and how likely each part is.
//!
//! A campaign's [`Weights`] favour what has been exercised least. Each program then uses a random
//! subset of it all (a *swarm*), as programs that use everything never do much of anything.

use serde::{Deserialize, Serialize};

use super::choices::Choices;
use super::library;

macro_rules! features {
    ($($(#[$doc:meta])* $variant:ident $weight:literal)*) => {
        /// A part of the language that programs use or not.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        pub enum Feature { $($(#[$doc])* $variant),* }

        impl Feature {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];
        }

        const BASE: &[u32] = &[$($weight),*];
    };
}

features! {
    /// Values shown.
    Show 20
    /// Local variables.
    Local 24
    /// Assignment to variables.
    Assign 20
    /// Assignment to fields and elements.
    Store 16
    /// Assignment of several values.
    AssignMany 6
    /// `if` with its clauses.
    If 14
    /// `while`.
    While 5
    /// `repeat`.
    Repeat 5
    /// `for` over numbers.
    NumericFor 10
    /// `for` over `pairs`, `ipairs`, `next` and functions.
    GenericFor 9
    /// Blocks.
    Do 3
    /// Functions in local variables.
    LocalFunction 14
    /// Functions in fields, methods.
    Method 6
    /// `break`.
    Break 6
    /// `return` before the end.
    Return 4
    /// Calls as statements.
    Call 8
    /// Library calls with any arguments, protected.
    Hostile 9
    /// `pcall`.
    Protect 6
    /// `xpcall` with handlers and tracebacks.
    Handler 4
    /// `error` with values and levels.
    Raise 4
    /// Coroutines.
    Coroutine 7
    /// Closures that share variables.
    Closures 7
    /// Objects with metatables.
    Object 9
    /// `newproxy`, its events and finalizers.
    Proxy 4
    /// Weak tables.
    Weak 3
    /// The collector asked to work.
    Collect 3
    /// `setfenv`, `getfenv`, `module`.
    Environment 4
    /// `loadstring` and `load`.
    Load 4
    /// `string.dump` and back.
    Dump 4
    /// `table.sort` with comparisons.
    Sort 4
    /// `gsub` and `gmatch` with functions and captures.
    Substitute 5
    /// The debug library.
    Debug 5
    /// `print` and `io.write`.
    Print 5
    /// Metatables changed afterwards, `rawset` and friends.
    Raw 4
    /// Numbers computed.
    Arithmetic 24
    /// Comparisons.
    Comparison 14
    /// `and`, `or`, `not`.
    Logic 12
    /// `..`
    Concat 12
    /// `#`
    Length 8
    /// Fields and elements read.
    Field 14
    /// Global variables.
    Global 8
    /// Plausible library calls inside expressions.
    Library 20
    /// Calls of own functions inside expressions.
    Invoke 10
    /// `...`, `select`, `arg`.
    Vararg 8
    /// Strings as numbers and numbers as strings.
    Coercion 6
    /// Numerals of all forms.
    Numeral 8
    /// Literal strings of all forms.
    Literal 8
    /// Big constructors.
    Constructor 6
}

/// How likely each part is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Weights {
    features: Vec<u32>,
    library: Vec<u32>,
}

impl Default for Weights {
    fn default() -> Self {
        Self {
            features: BASE.to_vec(),
            library: vec![Self::ONE; library::FUNCTIONS.len()],
        }
    }
}

impl Weights {
    /// The weight of a library function that is neither rare nor common.
    pub const ONE: u32 = 8;

    /// The weight of a feature.
    pub fn of(&self, feature: Feature) -> u32 {
        self.features.get(feature as usize).copied().unwrap_or(0)
    }

    /// The weights of the library's functions, in the order of [`library::FUNCTIONS`].
    pub fn library(&self) -> &[u32] {
        &self.library
    }

    /// Makes a feature so many times as likely.
    pub fn favour(&mut self, feature: Feature, times: u32) {
        if let Some(weight) = self.features.get_mut(feature as usize) {
            *weight = weight.saturating_mul(times).min(10_000);
        }
    }

    /// Makes a library function so many times as likely.
    pub fn favour_function(&mut self, position: usize, times: u32) {
        if let Some(weight) = self.library.get_mut(position) {
            *weight = weight.saturating_mul(times).min(10_000);
        }
    }

    /// A random part of it all, for one program. What is left out has weight 0.
    pub(crate) fn swarm(&self, choices: &mut Choices<'_>) -> Self {
        let mut part = self.clone();
        // One number of many bits decides about many features.
        let mut bits = 0u64;
        let weights = part.features.iter_mut().chain(&mut part.library);
        for (position, weight) in weights.enumerate() {
            if position % 32 == 0 {
                bits = choices.bits();
            }
            match bits & 3 {
                3 => *weight = 0,
                2 => *weight *= 3,
                _ => {}
            }
            bits >>= 2;
        }
        // A program that shows nothing finds nothing.
        let show = Feature::Show as usize;
        if let (Some(own), Some(base)) = (part.features.get_mut(show), BASE.get(show)) {
            *own = (*own).max(*base);
        }
        part
    }
}
