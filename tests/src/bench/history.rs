//! What a line of `bench-history.jsonl` holds; the file itself is [`crate::report::history`]'s.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Interpreter, Row, ratio, statistics, table};

/// The figures of one benchmark.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Point {
    /// When it began, UTC.
    pub started: String,
    /// What was measured, as the version control names it.
    pub revision: String,
    /// Runs of each program.
    pub runs: usize,
    /// By interpreter, the geometric mean of the ratios of user CPU time to the reference, over
    /// the programs that count.
    pub means: BTreeMap<String, f64>,
    /// By program, the ratio of the first interpreter behind the reference.
    pub ratios: BTreeMap<String, f64>,
    /// By program, the ratio of its peak memory, where the reference uses enough to tell.
    pub memory: BTreeMap<String, f64>,
}

impl Point {
    /// The figures of these rows.
    pub fn new(
        started: String,
        revision: String,
        runs: usize,
        interpreters: &[Interpreter],
        rows: &[Row],
    ) -> Self {
        let mut means = BTreeMap::new();
        for (index, interpreter) in interpreters.iter().enumerate().skip(1) {
            let ratios: Vec<f64> = rows
                .iter()
                .filter(|row| table::is_timed(row))
                .filter_map(|row| ratio(row, index, super::Cell::user))
                .collect();
            if let Some(mean) = statistics::geometric_mean(&ratios) {
                means.insert(interpreter.label.clone(), mean);
            }
        }
        let by_program = |figure: fn(&super::Cell) -> Option<f64>| {
            rows.iter()
                .filter_map(|row| Some((row.program.clone(), ratio(row, 1, figure)?)))
                .collect()
        };
        Self {
            started,
            revision,
            runs,
            means,
            ratios: by_program(super::Cell::user),
            memory: by_program(table::telling_peak),
        }
    }
}
