//! What the verbs that go through programs share: which programs, the report, interruption.

use std::collections::HashSet;
use std::io::{self, Write as _};
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::thread;
use std::time::Instant;

use anyhow::{Context as _, Result, bail};
use signal_hook::consts::{SIGINT, SIGTERM};

use super::processes::add_option;
use super::{AGREES, DIFFERS, FAULT};
use crate::allow::AllowList;
use crate::bless::RecordState;
use crate::corpus::{self, Entry};
use crate::progress::Progress;
use crate::report::write::{self, Journal};
use crate::report::{Header, Mutants, ProgramResult, Report, summary};
use crate::verdict::VerdictKind;
use crate::{runner, shell, workspace};

/// Which programs, and where the results go.
#[derive(Debug, Clone, PartialEq, clap::Args)]
pub(super) struct Selection {
    /// Programs, and folders of programs; without any, the whole corpus
    #[arg(value_name = "PATH")]
    pub paths: Vec<PathBuf>,
    /// Only programs whose path contains this text
    #[arg(long, value_name = "TEXT")]
    pub filter: Option<String>,
    /// Programs examined at a time [default: one for each processor]
    #[arg(long, value_name = "N")]
    pub jobs: Option<NonZeroUsize>,
    /// Folder of the report [default: reports/latest in the workspace]
    #[arg(long, value_name = "DIR")]
    pub report: Option<PathBuf>,
    /// List the programs and stop
    #[arg(long)]
    pub list: bool,
    /// The workspace, when it isn't the one this program was built in
    #[arg(long, value_name = "DIR")]
    pub root: Option<PathBuf>,
}

impl Selection {
    /// The root of the workspace.
    pub(super) fn root(&self) -> Result<PathBuf> {
        let root = self.root.clone().unwrap_or_else(workspace::built_root);
        root.canonicalize()
            .with_context(|| format!("workspace {}", root.display()))
    }

    /// The programs that are asked for.
    pub(super) fn entries(&self, root: &Path) -> Result<Vec<Entry>> {
        let mut entries = if self.paths.is_empty() {
            let (entries, remarks) = corpus::whole(root)?;
            for remark in remarks {
                eprintln!("{remark}");
            }
            entries
        } else {
            corpus::named(root, &self.paths)?
        };
        if let Some(text) = &self.filter {
            entries.retain(|entry| entry.id.contains(text.as_str()));
            if entries.is_empty() {
                bail!("no program's path contains {text:?}");
            }
        }
        if entries.is_empty() {
            bail!("{}: no programs", root.join("corpus").display());
        }
        Ok(entries)
    }

    /// What a command line needs to name the programs again, each with a space before it.
    pub(super) fn repeated(&self) -> String {
        let mut words = String::new();
        for path in &self.paths {
            words.push(' ');
            words.push_str(&shell::quote(&path.to_string_lossy()));
        }
        if let Some(text) = &self.filter {
            add_option(&mut words, "filter", text);
        }
        if let Some(root) = &self.root {
            add_option(&mut words, "root", &root.display());
        }
        words
    }

    /// The folder of the report.
    pub(super) fn folder(&self, root: &Path) -> PathBuf {
        let latest = || root.join("reports/latest");
        self.report.clone().unwrap_or_else(latest)
    }

    /// Programs examined at a time.
    pub(super) fn jobs(&self) -> NonZeroUsize {
        jobs(self.jobs)
    }
}

/// As many things at a time as are asked for, or one for each processor.
pub(super) fn jobs(asked: Option<NonZeroUsize>) -> NonZeroUsize {
    let processors = || thread::available_parallelism().ok();
    asked.or_else(processors).unwrap_or(NonZeroUsize::MIN)
}

/// Turns what a verb returns into what the process returns.
pub(super) fn exit_code(status: Result<u8>) -> ExitCode {
    match status {
        Ok(status) => ExitCode::from(status),
        Err(error) => {
            eprintln!("conformance: {error:#}");
            ExitCode::from(FAULT)
        }
    }
}

/// Prints the names of programs, for `--list`.
pub(super) fn list(entries: &[Entry]) -> Result<u8> {
    let lines: String = entries
        .iter()
        .map(|entry| format!("{}\n", entry.id))
        .collect();
    print(&lines)?;
    Ok(AGREES)
}

/// A report in the making: its files, and what went wrong with them.
#[derive(Debug)]
pub(super) struct Session {
    folder: PathBuf,
    header: Header,
    allow: AllowList,
    start: Instant,
    /// Absent when it could not be written, which does not keep programs from being run.
    journal: Option<Journal>,
    failed: bool,
}

impl Session {
    /// Starts a report in a folder.
    pub(super) fn start(folder: PathBuf, header: Header, allow: AllowList) -> Self {
        let journal = Journal::start(&folder, &header);
        let mut session = Self {
            folder,
            header,
            allow,
            start: Instant::now(),
            journal: None,
            failed: false,
        };
        session.journal = journal.inspect_err(|error| session.complain(error)).ok();
        session
    }

    fn complain(&mut self, error: &anyhow::Error) {
        self.failed = true;
        eprintln!("conformance: {error:#}");
    }

    /// Adds a result to the journal.
    pub(super) fn add(&mut self, result: &ProgramResult) {
        if let Some(open) = &mut self.journal
            && let Err(error) = open.add(result)
        {
            self.complain(&error);
            self.journal = None;
        }
    }

    /// Examines programs, several at a time, and finishes the report.
    pub(super) fn examine(
        mut self,
        entries: &[Entry],
        jobs: NonZeroUsize,
        examine: impl Fn(&Entry) -> ProgramResult + Sync,
    ) -> Result<u8> {
        let stop = stop_on_signals()?;
        let mut progress = Progress::new(entries.len(), "programs");
        let mut shown = HashSet::new();
        let outcome = runner::run(entries, jobs, &stop, examine, |result| {
            self.add(result);
            if let Some(line) = remark(result, &mut shown) {
                progress.note(&line);
            }
            progress.advance(1, &result.program);
        });
        drop(progress);
        let results = outcome.map_err(|fault| {
            anyhow::anyhow!(
                "{fault}; the results so far are in {}",
                self.folder.join("results.jsonl").display()
            )
        })?;
        let examined = results.len();
        let complete = examined == entries.len();
        let status = self.finish(results, None, complete);
        if !complete {
            eprintln!(
                "conformance: interrupted after {examined} of {} programs",
                entries.len()
            );
        }
        status
    }

    /// Writes and prints the report; returns the exit status.
    pub(super) fn finish(
        mut self,
        results: Vec<ProgramResult>,
        mutants: Option<Mutants>,
        complete: bool,
    ) -> Result<u8> {
        let seconds = self.start.elapsed().as_secs_f64();
        let header = self.header.clone();
        let mut report = Report::new(header, results, &self.allow, complete, seconds);
        report.mutants = mutants;
        let printed = print(&summary::terminal(&report));
        if let Err(error) = write::finish(&self.folder, &report) {
            self.complain(&error);
        } else {
            eprintln!("report: {}", self.folder.join("summary.md").display());
        }
        printed?;
        Ok(match report.worst() {
            _ if self.failed || !complete => FAULT,
            VerdictKind::HarnessError => FAULT,
            VerdictKind::Diverge | VerdictKind::OracleUb | VerdictKind::Poisoned => DIFFERS,
            VerdictKind::Agree | VerdictKind::Allowed => AGREES,
        })
    }
}

/// The line that is shown at once for a program out of the ordinary. What is wrong with the
/// harness is shown once: a missing engine is missing for every program.
fn remark(result: &ProgramResult, shown: &mut HashSet<String>) -> Option<String> {
    let record = match &result.record {
        RecordState::Written => Some("recorded".to_owned()),
        RecordState::Refused { reason } => Some(format!("not recorded: {reason}")),
        RecordState::Present | RecordState::Absent => None,
    };
    let verdict = match result.faults().first() {
        Some(fault) => shown.insert(fault.to_string()).then(|| fault.to_string()),
        None => (result.verdict != VerdictKind::Agree).then(|| result.verdict.to_string()),
    };
    let words: Vec<String> = verdict.into_iter().chain(record).collect();
    (!words.is_empty()).then(|| format!("{}: {}", result.program, words.join("; ")))
}

/// Set by the first interrupt: what runs is finished and reported. The second one ends the
/// harness at once, and with it what it runs.
pub(super) fn stop_on_signals() -> Result<Arc<AtomicBool>> {
    let stop = Arc::new(AtomicBool::new(false));
    for signal in [SIGINT, SIGTERM] {
        let register = || {
            // In this order: the first signal must not find the flag already set.
            signal_hook::flag::register_conditional_shutdown(
                signal,
                FAULT.into(),
                Arc::clone(&stop),
            )?;
            signal_hook::flag::register(signal, Arc::clone(&stop))
        };
        register().context("cannot watch for interrupts")?;
    }
    Ok(stop)
}

/// Writes to standard output. A reader who has seen enough is no error.
pub(super) fn print(text: &str) -> Result<()> {
    print_bytes(text.as_bytes())
}

/// Writes to standard output what need not be text.
pub(super) fn print_bytes(bytes: &[u8]) -> Result<()> {
    let mut stdout = io::stdout().lock();
    match stdout.write_all(bytes).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(error).context("cannot write standard output")
        }
        _ => Ok(()),
    }
}
