//! What a line of `bench-history.jsonl` holds; the file itself is [`crate::report::history`]'s.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Cell, Interpreter, Row, ratio, statistics, table};

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
                .filter_map(|row| ratio(row, index, Cell::user))
                .collect();
            if let Some(mean) = statistics::geometric_mean(&ratios) {
                means.insert(interpreter.label.clone(), mean);
            }
        }
        let by_program = |counts: fn(&Row) -> bool, figure: fn(&Cell) -> Option<f64>| {
            rows.iter()
                .filter(|row| counts(row))
                .filter_map(|row| Some((row.program.clone(), ratio(row, 1, figure)?)))
                .collect()
        };
        Self {
            started,
            revision,
            runs,
            means,
            ratios: by_program(|_| true, Cell::user),
            memory: by_program(table::has_telling_peak, table::peak_mib),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::measure::Usage;

    fn row(program: &str, cells: [(f64, u64); 2]) -> Row {
        Row {
            program: program.to_owned(),
            bounds: Vec::new(),
            cells: cells
                .map(|(user, peak)| Cell {
                    reason: None,
                    runs: vec![Usage {
                        user,
                        system: 0.0,
                        elapsed: user,
                        peak,
                    }],
                    instructions: None,
                })
                .into(),
        }
    }

    #[test]
    fn a_point_has_the_mean_of_what_is_timed_and_memory_where_it_tells() {
        let interpreters = ["oracle", "rilua"].map(|label| Interpreter {
            label: label.to_owned(),
            path: label.into(),
        });
        let rows = [
            row("small", [(0.5, 1024), (0.25, 1024)]),
            row("memory/large", [(0.5, 20_480), (2.0, 5_120)]),
        ];
        let point = Point::new(String::new(), String::new(), 1, &interpreters, &rows);
        assert_eq!(point.means, BTreeMap::from([("rilua".to_owned(), 0.5)]));
        assert_eq!(point.ratios.get("memory/large"), Some(&4.0));
        assert_eq!(
            point.memory,
            BTreeMap::from([("memory/large".to_owned(), 0.25)])
        );
        let line = serde_json::to_string(&point).unwrap();
        assert_eq!(serde_json::from_str::<Point>(&line).unwrap(), point);
    }
}
