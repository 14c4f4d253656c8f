//! How the work of the benchmark is timed: both sides in turns, the best of many rounds.
#![forbid(unsafe_code)]

use std::time::{Duration, Instant};

/// Rounds of each piece of work.
const ROUNDS: usize = 101;

/// The best time of two pieces of work, which take turns so that whatever slows the machine
/// down meets both.
pub fn compare(mut ours: impl FnMut(), mut theirs: impl FnMut()) -> (Duration, Duration) {
    let mut best = (Duration::MAX, Duration::MAX);
    // The first round is for caches and branch predictors.
    for _ in 0..=ROUNDS {
        best.0 = best.0.min(time(&mut ours));
        best.1 = best.1.min(time(&mut theirs));
    }
    best
}

fn time(work: &mut impl FnMut()) -> Duration {
    let start = Instant::now();
    work();
    start.elapsed()
}
