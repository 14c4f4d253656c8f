//! Benchmarks: programs run by several interpreters in turn, and what each run used.
//!
//! 1. For every program the interpreters take turns, so that what the machine does meanwhile
//!    falls on all alike.
//! 2. The first interpreter is the reference. Another one's runs count only when each of them
//!    ends with status 0 and prints what the reference prints; otherwise the program has no figure for it,
//!    but the reason.
//! 3. Ratios are of user CPU time, least of all runs, and of the least peak memory.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::{Context as _, Result};
use serde::Serialize;

use crate::bench::bounds::Bound;
use crate::bench::measure::{Measured, Usage};
use crate::engine::Limits;
use crate::observation::Termination;
use crate::{corpus, program};

pub mod bounds;
pub mod harness;
pub mod history;
pub mod measure;
pub mod plot;
pub mod statistics;
pub mod table;

/// An interpreter that is measured.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Interpreter {
    /// What tables call it.
    pub label: String,
    /// The file.
    pub path: PathBuf,
}

/// A program that is timed.
#[derive(Debug, Clone, PartialEq)]
pub struct Subject {
    /// The file's name without its ending; with the folder before it when it lies in one.
    pub name: String,
    /// The file, absolute.
    pub path: PathBuf,
    /// Arguments for a short run: those of `NAME.args`, or the file alone.
    pub short: Vec<OsString>,
    /// What its figures must keep.
    pub bounds: Vec<Bound>,
}

/// What one interpreter did with a program.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Cell {
    /// Why its runs don't count; null when they do.
    pub reason: Option<String>,
    /// What each run used, in the order of the runs.
    pub runs: Vec<Usage>,
    /// Instructions of a run at the small scale, when they were counted.
    pub instructions: Option<u64>,
}

/// A row: one program through all interpreters.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Row {
    /// The program.
    pub program: String,
    /// Its bounds.
    pub bounds: Vec<Bound>,
    /// One for each interpreter, in their order; the first is the reference.
    pub cells: Vec<Cell>,
}

impl Cell {
    /// The least user CPU time in seconds, unless the runs don't count.
    pub fn user(&self) -> Option<f64> {
        let times: Vec<f64> = self.counting().iter().map(|run| run.user).collect();
        statistics::minimum(&times)
    }

    /// The median of the user CPU times in seconds, unless the runs don't count.
    pub fn median(&self) -> Option<f64> {
        let times: Vec<f64> = self.counting().iter().map(|run| run.user).collect();
        statistics::median(&times)
    }

    /// The least elapsed time in seconds, unless the runs don't count.
    pub fn elapsed(&self) -> Option<f64> {
        let times: Vec<f64> = self.counting().iter().map(|run| run.elapsed).collect();
        statistics::minimum(&times)
    }

    /// The least peak memory in KiB, unless the runs don't count.
    pub fn peak(&self) -> Option<u64> {
        self.counting().iter().map(|run| run.peak).min()
    }

    fn counting(&self) -> &[Usage] {
        match self.reason {
            None => &self.runs,
            Some(_) => &[],
        }
    }
}

/// How much more often a program is run of which the start matters: elapsed times scatter,
/// and it takes a few milliseconds.
const STARTS: usize = 20;

/// How the programs are run.
#[derive(Debug)]
pub struct Plan {
    /// The reference first.
    pub interpreters: Vec<Interpreter>,
    /// Runs of each program by each interpreter.
    pub runs: usize,
    /// Limits of each run.
    pub limits: Limits,
    /// This program, for its hidden verbs.
    pub harness: PathBuf,
    /// The valgrind to count instructions with.
    pub valgrind: Option<PathBuf>,
}

/// The programs of a folder and of those below it, whose name contains one of `names`; all,
/// when there are no names.
///
/// # Errors
///
/// When the folder has no such program, or one of them can't be read or has a bound that is none.
pub fn subjects(root: &Path, folder: &Path, names: &[String]) -> Result<Vec<Subject>> {
    let entries = corpus::named(root, &[folder.to_owned()])?;
    let base = folder.canonicalize();
    let base = base.unwrap_or_else(|_| root.join(folder));
    let mut subjects = Vec::new();
    for entry in entries {
        let below = entry.path.strip_prefix(&base).unwrap_or(&entry.path);
        let name = below.with_extension("").to_string_lossy().into_owned();
        let wanted = names.is_empty() || names.iter().any(|part| name.contains(part.as_str()));
        if !wanted {
            continue;
        }
        let loaded = program::Program::load(&entry).map_err(|fault| anyhow::anyhow!("{fault}"))?;
        let bounds = bounds::declared(&String::from_utf8_lossy(&loaded.source))
            .with_context(|| entry.id.clone())?;
        subjects.push(Subject {
            name,
            path: entry.path,
            short: loaded.arguments,
            bounds,
        });
    }
    if subjects.is_empty() {
        anyhow::bail!(
            "{}: no program whose name contains {}",
            folder.display(),
            names.join(" or ")
        );
    }
    Ok(subjects)
}

/// Runs one program by all interpreters in turn; `None` when it was stopped before the end.
///
/// # Errors
///
/// When an interpreter can't be started.
pub fn measure(subject: &Subject, plan: &Plan, stop: &AtomicBool) -> Result<Option<Row>> {
    let folder = subject.path.parent().unwrap_or(Path::new("/"));
    let file: OsString = subject.path.file_name().unwrap_or_default().to_owned();
    let mut cells: Vec<Cell> = plan
        .interpreters
        .iter()
        .map(|_| Cell {
            reason: None,
            runs: Vec::new(),
            instructions: None,
        })
        .collect();
    let mut expected: Option<Vec<u8>> = None;
    let is_start = |bound: &Bound| bound.quantity == bounds::Quantity::Start;
    let runs = match subject.bounds.iter().any(is_start) {
        true => plan.runs.saturating_mul(STARTS),
        false => plan.runs,
    };
    for _ in 0..runs {
        for (cell, interpreter) in cells.iter_mut().zip(&plan.interpreters) {
            if stop.load(Ordering::Relaxed) {
                return Ok(None);
            }
            if cell.reason.is_some() {
                continue;
            }
            let run = measure::run(
                &plan.harness,
                &interpreter.path,
                std::slice::from_ref(&file),
                folder,
                &plan.limits,
            )?;
            match accepted(run, expected.as_deref()) {
                Ok((usage, stdout)) => {
                    cell.runs.push(usage);
                    expected.get_or_insert(stdout);
                }
                Err(reason) => cell.reason = Some(reason),
            }
        }
        // Without a reference there is nothing to compare with.
        if let Some(reason) = cells.first().and_then(|cell| cell.reason.clone()) {
            for cell in cells.iter_mut().skip(1) {
                cell.reason = Some(format!("reference: {reason}"));
            }
            break;
        }
    }
    if let Some(valgrind) = &plan.valgrind {
        for (cell, interpreter) in cells.iter_mut().zip(&plan.interpreters) {
            if stop.load(Ordering::Relaxed) {
                return Ok(None);
            }
            cell.instructions = measure::instructions(
                &plan.harness,
                valgrind,
                &interpreter.path,
                &subject.short,
                folder,
                &plan.limits,
            )?;
        }
    }
    Ok(Some(Row {
        program: subject.name.clone(),
        bounds: subject.bounds.clone(),
        cells,
    }))
}

/// What a run used and printed, or why it doesn't count.
fn accepted(run: Measured, expected: Option<&[u8]>) -> Result<(Usage, Vec<u8>), String> {
    match (run.end, run.usage) {
        (Termination::Exit(0), Some(usage)) => {
            if expected.is_some_and(|expected| expected != run.stdout) {
                return Err("other output".to_owned());
            }
            Ok((usage, run.stdout))
        }
        (end, _) => {
            let complaint = String::from_utf8_lossy(&run.stderr);
            let line = complaint.lines().next().unwrap_or_default();
            let gap = if line.is_empty() { "" } else { ": " };
            Err(format!("{end}{gap}{line}"))
        }
    }
}

/// A ratio to the reference of what `figure` reads from a cell.
pub fn ratio(row: &Row, index: usize, figure: impl Fn(&Cell) -> Option<f64>) -> Option<f64> {
    let reference = row.cells.first().and_then(&figure)?;
    let value = row.cells.get(index).and_then(&figure)?;
    (reference > 0.0).then(|| value / reference)
}

/// What a bound is about, for an interpreter: `None` when a run it needs is missing.
pub fn bounded(rows: &[Row], row: &Row, bound: &Bound, index: usize) -> Option<f64> {
    match &bound.quantity {
        bounds::Quantity::Time => ratio(row, index, Cell::user),
        bounds::Quantity::Start => ratio(row, index, Cell::elapsed),
        bounds::Quantity::Memory => ratio(row, index, table::peak_mib),
        bounds::Quantity::Excess { of, less } => {
            let user = |program: &str| {
                let folder = row.program.rsplit_once('/').map(|(folder, _)| folder);
                let name =
                    folder.map_or(program.to_owned(), |folder| format!("{folder}/{program}"));
                let found = rows.iter().find(|row| row.program == name)?;
                found.cells.get(index)?.user()
            };
            let own = row.cells.get(index)?.user()?;
            let unit = user(of)?;
            (unit > 0.0).then_some((own - user(less)?) / unit)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(end: Termination, stdout: &str, stderr: &str) -> Measured {
        Measured {
            end,
            stdout: stdout.into(),
            stderr: stderr.into(),
            usage: Some(Usage {
                user: 0.5,
                system: 0.0,
                elapsed: 0.75,
                peak: 2048,
            }),
        }
    }

    #[test]
    fn only_a_run_with_the_same_output_counts() {
        let good = run(Termination::Exit(0), "1\n", "");
        assert!(accepted(good.clone(), None).is_ok());
        assert!(accepted(good.clone(), Some(b"1\n")).is_ok());
        assert_eq!(accepted(good, Some(b"2\n")).unwrap_err(), "other output");
        let failed = run(Termination::Exit(1), "1\n", "lua: no\nstack\n");
        let reason = accepted(failed, Some(b"1\n")).unwrap_err();
        assert!(reason.ends_with(": lua: no"), "{reason}");
    }

    fn timed(program: &str, users: &[f64]) -> Row {
        Row {
            program: program.to_owned(),
            bounds: Vec::new(),
            cells: users
                .iter()
                .map(|&user| Cell {
                    reason: None,
                    runs: vec![Usage {
                        user,
                        system: 0.0,
                        elapsed: 2.0 * user * user,
                        peak: 1024,
                    }],
                    instructions: None,
                })
                .collect(),
        }
    }

    #[test]
    fn an_excess_is_within_one_interpreter() {
        let rows = [
            timed("memory/all", &[3.0, 2.5]),
            timed("memory/unit", &[1.0, 0.5]),
            timed("memory/rest", &[2.0, 2.0]),
        ];
        let bound = Bound {
            quantity: bounds::Quantity::Excess {
                of: "unit".to_owned(),
                less: "rest".to_owned(),
            },
            limit: 1.3,
        };
        assert_eq!(bounded(&rows, &rows[0], &bound, 0), Some(1.0));
        assert_eq!(bounded(&rows, &rows[0], &bound, 1), Some(1.0));
        assert_eq!(bounded(&rows[..1], &rows[0], &bound, 1), None);
        let time = Bound {
            quantity: bounds::Quantity::Time,
            limit: 1.0,
        };
        assert_eq!(bounded(&rows, &rows[1], &time, 1), Some(0.5));
        let start = Bound {
            quantity: bounds::Quantity::Start,
            limit: 1.0,
        };
        assert_eq!(bounded(&rows, &rows[1], &start, 1), Some(0.25));
    }
}
