//! The generator as a strategy of proptest, for properties of single functions.
//!
//! A failing program is shrunk by the reducer of this harness, which knows Lua, so that the
//! strategy itself offers nothing smaller.

use proptest::prelude::*;

use super::{Generated, Mode, Weights, from_seed};

/// Programs of a mode.
pub fn strategy(mode: Mode) -> impl Strategy<Value = Generated> {
    any::<u64>()
        .no_shrink()
        .prop_map(move |seed| from_seed(seed, mode, &Weights::default()))
}

#[cfg(test)]
mod tests {
    use super::super::parse::parse;
    use super::super::print::{Layout, print};
    use super::*;

    proptest! {
        #![proptest_config(ProptestConfig { cases: 60, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn printing_settles(program in strategy(Mode::Erring)) {
            // Once read, how literals were written is gone; from then on nothing changes.
            let once = parse(&program.source, 1).map(|tree| print(&tree, Layout::Plain)).unwrap();
            let twice = parse(&once, 1).map(|tree| print(&tree, Layout::Plain)).unwrap();
            prop_assert_eq!(once, twice);
        }
    }
}
