//! Bounds that a program declares in its opening comment, and whether they are kept.
//!
//! `-- bound: memory 0.80` and `-- bound: time 1.20` bound a ratio to the oracle;
//! `-- bound: start 1.20` bounds the ratio of elapsed times, of many runs, for programs that take
//! less than the clock of CPU time can tell;
//! `-- bound: time 1.30 of BASE less REST` bounds, within one engine, the time that this program
//! takes more than REST, over the time of BASE.

use anyhow::{Result, bail};
use serde::Serialize;

/// What is bounded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Quantity {
    /// User CPU time over the oracle's.
    Time,
    /// Elapsed time over the oracle's.
    Start,
    /// Peak memory over the oracle's.
    Memory,
    /// User CPU time less that of one program, over that of another, of the same engine.
    Excess {
        /// The program whose time is the unit.
        of: String,
        /// The program whose time does not count.
        less: String,
    },
}

/// A bound on a program.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Bound {
    /// What is bounded.
    pub quantity: Quantity,
    /// The largest ratio that keeps it.
    pub limit: f64,
}

/// The bounds in a program's opening comment.
///
/// # Errors
///
/// When a line that begins as a bound isn't one; the message has the line.
pub fn declared(source: &str) -> Result<Vec<Bound>> {
    let mut bounds = Vec::new();
    for line in source.lines().take_while(|line| line.starts_with("--")) {
        let Some(text) = line.strip_prefix("-- bound: ") else {
            continue;
        };
        let words: Vec<&str> = text.split_whitespace().collect();
        let quantity = match words.as_slice() {
            ["time", _] => Quantity::Time,
            ["start", _] => Quantity::Start,
            ["memory", _] => Quantity::Memory,
            ["time", _, "of", of, "less", less] => Quantity::Excess {
                of: (*of).to_owned(),
                less: (*less).to_owned(),
            },
            _ => bail!(
                "not a bound (time RATIO, start RATIO, memory RATIO, time RATIO of A less B): {line}"
            ),
        };
        let limit = words.get(1).and_then(|word| word.parse::<f64>().ok());
        match limit.filter(|limit| limit.is_finite() && *limit > 0.0) {
            Some(limit) => bounds.push(Bound { quantity, limit }),
            None => bail!("not a positive ratio: {line}"),
        }
    }
    Ok(bounds)
}

impl Bound {
    /// The bound as a table shows it.
    pub fn describe(&self) -> String {
        match &self.quantity {
            Quantity::Time => "time".to_owned(),
            Quantity::Start => "elapsed time".to_owned(),
            Quantity::Memory => "peak memory".to_owned(),
            Quantity::Excess { of, less } => format!("(time − {less}) / {of}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_are_lines_of_the_opening_comment() {
        let source = "-- About.\n-- bound: memory 0.80\n-- bound: start 1.2\n-- bound: time 1.3 of a less b\nlocal x\n-- bound: time 9\n";
        assert_eq!(
            declared(source).unwrap(),
            [
                Bound {
                    quantity: Quantity::Memory,
                    limit: 0.8
                },
                Bound {
                    quantity: Quantity::Start,
                    limit: 1.2
                },
                Bound {
                    quantity: Quantity::Excess {
                        of: "a".to_owned(),
                        less: "b".to_owned()
                    },
                    limit: 1.3
                },
            ]
        );
    }

    #[test]
    fn a_bound_that_is_none_is_named() {
        for line in [
            "-- bound: speed 1",
            "-- bound: time soon",
            "-- bound: memory -1",
            "-- bound: ",
        ] {
            let error = declared(line).unwrap_err().to_string();
            assert!(error.contains(line), "{error}");
        }
    }
}
