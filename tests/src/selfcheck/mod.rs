//! Does the harness find mistakes? rilua is built with faults that can be switched on one at a
//! time, and each has to show in the programs of a campaign.
//!
//! | file | holds |
//! |---|---|
//! | `faults.rs` | the faults that rilua was built with |
//! | `search.rs` | programs until one differs, with one fault on |
//! | `process.rs` | that in a process of its own |
//! | this one | the figures and their table |
//!
//! The same programs run with no fault on first. Those that differ even then prove nothing; they
//! are named in the report and left out.

use std::fmt::Write as _;

use serde::{Deserialize, Serialize};

pub mod faults;
pub mod process;
pub mod search;

use search::Kill;

/// Version of the document.
pub const VERSION: u32 = 1;
/// The share of the faults that has to be found, in percent.
pub const WANTED: f64 = 95.0;

/// What came of one fault.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FaultResult {
    /// Its name.
    pub name: String,
    /// The part of rilua it is in.
    pub part: String,
    /// What goes wrong.
    pub breaks: String,
    /// Absent when it survived all programs.
    pub killed: Option<Kill>,
}

/// What came of all.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Selfcheck {
    /// [`VERSION`].
    pub version: u32,
    /// "selfcheck".
    pub verb: String,
    /// When it began, UTC.
    pub started: String,
    /// What was checked out.
    pub revision: String,
    /// The command that repeats it.
    pub command: String,
    /// What the programs follow from.
    pub seed: u64,
    /// Programs for each fault, at most.
    pub programs: u64,
    /// Programs that differ with no fault on; they are left out.
    pub without_fault: Vec<Kill>,
    /// False when it was interrupted.
    pub complete: bool,
    /// How long it took.
    pub seconds: f64,
    /// Percent of the faults that were found.
    pub kill_rate: f64,
    /// Every fault, in the order of their list.
    pub faults: Vec<FaultResult>,
}

impl Selfcheck {
    /// Computes what follows from the faults.
    #[must_use]
    pub fn rated(mut self) -> Self {
        let killed = self.killed().count();
        self.kill_rate = match self.faults.len() {
            0 => 0.0,
            all => 100.0 * killed as f64 / all as f64,
        };
        self
    }

    fn killed(&self) -> impl Iterator<Item = &Kill> {
        self.faults.iter().filter_map(|fault| fault.killed.as_ref())
    }

    /// Nothing differs without a fault, and enough of them were found.
    #[must_use]
    pub fn is_good(&self) -> bool {
        self.complete && self.without_fault.is_empty() && self.kill_rate >= WANTED
    }

    /// Programs to the kill: the least number with which half of the killed faults were found.
    #[must_use]
    pub fn median(&self) -> Option<u64> {
        let mut counts: Vec<u64> = self.killed().map(|kill| kill.after).collect();
        counts.sort_unstable();
        let middle = counts.len().checked_sub(1)? / 2;
        counts.get(middle).copied()
    }

    /// The figures in a few lines.
    #[must_use]
    pub fn summary(&self) -> String {
        let mut text = String::new();
        let killed = self.killed().count();
        let within = |bound: u64| self.killed().filter(|kill| kill.after <= bound).count();
        let _ = writeln!(
            text,
            "{killed} of {} faults were found within {} programs each: {:.1} %",
            self.faults.len(),
            self.programs,
            self.kill_rate
        );
        if let Some(median) = self.median() {
            let _ = writeln!(
                text,
                "Half of those within {median} programs; {} with the first program, {} within 100, \
                 {} within 1,000.",
                within(1),
                within(100),
                within(1000)
            );
        }
        let _ = match self.without_fault.first() {
            None => writeln!(text, "With no fault on none of the programs differs."),
            Some(first) => writeln!(
                text,
                "With no fault on {} of the programs differ, and were left out; the first is number \
                 {}: {}",
                self.without_fault.len(),
                first.after,
                first.message
            ),
        };
        if !self.complete {
            let _ = writeln!(
                text,
                "The run was interrupted; other faults were not tried."
            );
        }
        text
    }

    /// The table of all faults.
    #[must_use]
    pub fn table(&self) -> String {
        let mut text = "| fault | part | what goes wrong | programs to the kill | seen by |\n\
                        |---|---|---|---:|---|\n"
            .to_owned();
        for fault in &self.faults {
            let (after, seen_by) = match &fault.killed {
                Some(kill) => (kill.after.to_string(), kill.seen_by.join(", ")),
                None => ("**survived**".to_owned(), String::new()),
            };
            let _ = writeln!(
                text,
                "| {} | {} | {} | {after} | {seen_by} |",
                fault.name,
                fault.part,
                fault.breaks.replace('|', "\\|")
            );
        }
        text
    }

    /// The page for people.
    #[must_use]
    pub fn markdown(&self) -> String {
        format!(
            "# Does the harness find mistakes?\n\n\
             rilua is built with mistakes that can be switched on one at a time: a bound that is \
             one off, a barrier that is missing, operands in the wrong order (`rilua/src/faults.rs`; \
             in a normal build they are not there). For each, the programs of a campaign run \
             through rilua and PUC-Rio Lua 5.1.1 until one of them shows a difference.\n\n\
             {}\n\
             `{}`, revision {}, {}, {:.0} s. Written by this command; do not edit.\n\n\
             {}",
            self.summary(),
            self.command,
            self.revision,
            self.started.split('T').next().unwrap_or_default(),
            self.seconds,
            self.table()
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(name: &str, after: Option<u64>) -> FaultResult {
        FaultResult {
            name: name.to_owned(),
            part: "vm".to_owned(),
            breaks: "a|b".to_owned(),
            killed: after.map(|after| Kill {
                after,
                seed: Some(1),
                seen_by: vec!["output".to_owned(), "heap".to_owned()],
                message: "m".to_owned(),
            }),
        }
    }

    fn selfcheck(faults: Vec<FaultResult>) -> Selfcheck {
        Selfcheck {
            version: VERSION,
            verb: "selfcheck".to_owned(),
            started: "2026-03-01T12:34:56Z".to_owned(),
            revision: "abc".to_owned(),
            command: "cargo conformance selfcheck".to_owned(),
            seed: 1,
            programs: 2000,
            without_fault: Vec::new(),
            complete: true,
            seconds: 1.0,
            kill_rate: 0.0,
            faults,
        }
        .rated()
    }

    #[test]
    fn the_rate_counts_what_was_killed() {
        let mut faults: Vec<FaultResult> = (1..=19).map(|n| fault("F", Some(n * 10))).collect();
        faults.push(fault("G", None));
        let good = selfcheck(faults.clone());
        assert_eq!(good.kill_rate, 95.0);
        assert!(good.is_good());
        assert_eq!(good.median(), Some(100));
        assert!(
            good.summary().starts_with("19 of 20 faults"),
            "{}",
            good.summary()
        );
        assert!(
            good.summary()
                .contains("0 with the first program, 10 within 100, 19 within")
        );

        faults.push(fault("H", None));
        assert!(!selfcheck(faults).is_good());
        assert!(!selfcheck(Vec::new()).is_good());
        assert_eq!(selfcheck(vec![fault("G", None)]).median(), None);
    }

    #[test]
    fn a_difference_without_a_fault_spoils_it() {
        let mut spoiled = selfcheck(vec![fault("F", Some(1))]);
        assert!(spoiled.is_good());
        assert!(spoiled.markdown().contains("none of the programs differs"));
        spoiled
            .without_fault
            .extend(spoiled.faults[0].killed.clone());
        assert!(!spoiled.is_good());
        assert!(
            spoiled
                .markdown()
                .contains("With no fault on 1 of the programs differ")
        );
        let mut cut = selfcheck(vec![fault("F", Some(1))]);
        cut.complete = false;
        assert!(!cut.is_good());
    }

    #[test]
    fn the_table_has_a_row_for_each_fault() {
        let page = selfcheck(vec![fault("F", Some(7)), fault("G", None)]).markdown();
        assert!(
            page.contains("| F | vm | a\\|b | 7 | output, heap |\n"),
            "{page}"
        );
        assert!(
            page.contains("| G | vm | a\\|b | **survived** |  |\n"),
            "{page}"
        );
        assert!(page.contains("2026-03-01, 1 s"), "{page}");
    }

    #[test]
    fn the_document_can_be_read_again() {
        let written = selfcheck(vec![fault("F", Some(7)), fault("G", None)]);
        let json = serde_json::to_string(&written).unwrap();
        assert_eq!(serde_json::from_str::<Selfcheck>(&json).unwrap(), written);
    }
}
