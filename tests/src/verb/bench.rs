//! The verb `bench`: interpreters timed on the programs of `corpus/bench`.

use std::env;
use std::fs;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::atomic::AtomicBool;

use anyhow::{Context as _, Result, bail};
use serde::Serialize;

use super::processes::ProcessArgs;
use super::{AGREES, DIFFERS, FAULT, report, session};
use crate::bench::history::Point;
use crate::bench::{self, Interpreter, Plan, Row, plot, table};
use crate::engine::RILUA;
use crate::progress::Progress;
use crate::report::history;
use crate::report::write::write_atomically;
use crate::{clock, workspace};

/// Programs that are timed when none are named.
const FOLDER: &str = "corpus/bench";
/// One line for each complete benchmark of all programs.
const HISTORY: &str = "reports/bench-history.jsonl";
/// Version of the JSON file.
const VERSION: u32 = 1;

/// Times the interpreters on the programs of corpus/bench.
///
/// The oracle, rilua and every other PROGRAM take turns; the figures are user CPU time (least and
/// median of the runs) and peak memory, as ratios to the oracle's. A program in which an
/// interpreter doesn't print what the oracle prints has no figure, but the reason. Tables in
/// Markdown go to standard output; bench.json, and bench.svg with the history, to the folder of the
/// report. Exit status: 1 when an interpreter failed in a program or printed something else.
#[derive(Debug, Clone, PartialEq, clap::Args)]
#[command(
    after_help = "\
Examples:
  cargo conformance bench
  cargo conformance bench -n 9 string table
  cargo conformance bench fib --against other=/usr/bin/lua5.1
  cargo conformance bench --instructions sieve
  cargo conformance bench -n 5 --readme
  cargo conformance bench harness",
    args_conflicts_with_subcommands = true
)]
pub struct BenchArgs {
    #[command(subcommand)]
    action: Option<Action>,
    /// Only programs whose name contains one of these texts
    #[arg(value_name = "NAMES")]
    names: Vec<String>,
    /// Runs of each program by each interpreter
    #[arg(short = 'n', long = "runs", value_name = "RUNS", default_value = "5")]
    runs: NonZeroUsize,
    /// Folder of the programs [default: corpus/bench in the workspace]
    #[arg(long, value_name = "DIR")]
    folder: Option<PathBuf>,
    /// Another interpreter to time (repeatable)
    #[arg(long, value_name = "[LABEL=]PROGRAM")]
    against: Vec<String>,
    /// Count instructions as well, at the small scale, with valgrind
    #[arg(long)]
    instructions: bool,
    /// Put the tables between the markers in README.md
    #[arg(long)]
    readme: bool,
    /// Folder of bench.json and bench.svg [default: reports/latest in the workspace]
    #[arg(long, value_name = "DIR")]
    report: Option<PathBuf>,
    /// File to which a complete run of all programs adds a line
    /// [default: reports/bench-history.jsonl in the workspace]
    #[arg(long, value_name = "FILE")]
    history: Option<PathBuf>,
    /// The workspace, when it isn't the one this program was built in
    #[arg(long, value_name = "DIR")]
    root: Option<PathBuf>,
    #[command(flatten)]
    processes: ProcessArgs,
}

#[derive(Debug, Clone, PartialEq, clap::Subcommand)]
enum Action {
    /// Times the harness itself: programs through both implementations, and a reduction
    Harness(HarnessArgs),
}

#[derive(Debug, Clone, PartialEq, clap::Args)]
#[command(after_help = "\
Example:
  cargo conformance bench harness --programs 5000")]
struct HarnessArgs {
    /// Programs in each measurement
    #[arg(long, value_name = "N", default_value_t = 3000)]
    programs: usize,
}

/// What bench.json holds.
#[derive(Debug, Serialize)]
struct Document<'a> {
    version: u32,
    verb: &'static str,
    started: &'a str,
    revision: &'a str,
    interpreters: &'a [Interpreter],
    runs: usize,
    complete: bool,
    programs: &'a [Row],
}

/// Runs the verb and says what the process returns.
pub fn main(args: &BenchArgs) -> ExitCode {
    session::exit_code(match &args.action {
        None => run(args),
        Some(Action::Harness(args)) => harness(args),
    })
}

fn harness(args: &HarnessArgs) -> Result<u8> {
    let figures = bench::harness::measure(args.programs)?;
    session::print(&format!(
        "{} generated programs, one thread\n\
         both implementations in this process: {:.0} programs a second, {} not the same or not compared\n\
         small programs, of up to 4 nodes, in this process: {:.0} programs a second\n\
         both compilers in a process of their own: {:.0} programs a second\n\
         lockstep: {:.1} times plain\n\
         reducer: {} lines to {} in {:.1} s, {} programs compared\n",
        figures.programs,
        figures.in_process,
        figures.not_compared,
        figures.small,
        figures.isolated,
        figures.lockstep,
        figures.lines,
        figures.reduced_lines,
        figures.reduction.as_secs_f64(),
        figures.examined
    ))?;
    Ok(AGREES)
}

fn run(args: &BenchArgs) -> Result<u8> {
    let root = args.root.clone().unwrap_or_else(workspace::built_root);
    let root = root
        .canonicalize()
        .with_context(|| format!("workspace {}", root.display()))?;
    let folder = args.folder.clone().unwrap_or_else(|| root.join(FOLDER));
    let subjects = bench::subjects(&root, &folder, &args.names)?;
    let plan = Plan {
        interpreters: interpreters(args, &root)?,
        runs: args.runs.get(),
        limits: args.processes.limits(),
        harness: env::current_exe().context("where is this program?")?,
        valgrind: args.instructions.then(valgrind).transpose()?,
    };
    let readme = root.join("README.md");
    if args.readme {
        // Before anything is measured: a page that can't take the table would waste it.
        table::replace_between_markers(&read_text(&readme)?, "")
            .with_context(|| readme.display().to_string())?;
    }
    let started = clock::timestamp(clock::now());
    let revision = report::revision(&root);
    let stop = session::stop_on_signals()?;
    let rows = measure(&subjects, &plan, &stop)?;
    let complete = rows.len() == subjects.len();

    let output = args.report.clone();
    let output = output.unwrap_or_else(|| root.join("reports/latest"));
    fs::create_dir_all(&output)
        .with_context(|| format!("cannot make the folder {}", output.display()))?;
    let document = Document {
        version: VERSION,
        verb: "bench",
        started: &started,
        revision: &revision,
        interpreters: &plan.interpreters,
        runs: plan.runs,
        complete,
        programs: &rows,
    };
    let mut json = serde_json::to_vec_pretty(&document)?;
    json.push(b'\n');
    write_atomically(&output.join("bench.json"), &json)?;
    let tables = table::markdown(&plan.interpreters, &rows, plan.runs);
    print!("{tables}");
    if !complete {
        eprintln!(
            "conformance: interrupted after {} of {} programs",
            rows.len(),
            subjects.len()
        );
        return Ok(FAULT);
    }
    // A part of the programs has another mean, which would only confuse the history.
    let history_file = args.history.clone();
    if args.names.is_empty() && (args.folder.is_none() || history_file.is_some()) {
        let path = history_file.unwrap_or_else(|| root.join(HISTORY));
        let point = Point::new(started, revision, plan.runs, &plan.interpreters, &rows);
        history::append(&path, &point)?;
        let (points, remarks) = history::read::<Point>(&path)?;
        for remark in remarks {
            eprintln!("{remark}");
        }
        let picture = plot::svg(&points, RILUA);
        if !picture.is_empty() {
            write_atomically(&output.join("bench.svg"), picture.as_bytes())?;
        }
    }
    if args.readme {
        let page = table::replace_between_markers(&read_text(&readme)?, &tables)?;
        write_atomically(&readme, page.as_bytes())?;
    }
    let failed = rows.iter().any(|row| {
        let mut cells = row.cells.iter();
        cells.any(|cell| cell.reason.is_some())
    });
    Ok(if failed { DIFFERS } else { AGREES })
}

fn measure(subjects: &[bench::Subject], plan: &Plan, stop: &AtomicBool) -> Result<Vec<Row>> {
    let mut rows = Vec::new();
    let mut progress = Progress::new(subjects.len(), "programs");
    for subject in subjects {
        match bench::measure(subject, plan, stop)? {
            Some(row) => rows.push(row),
            None => break,
        }
        progress.advance(1, &subject.name);
    }
    Ok(rows)
}

/// The oracle, rilua, and those that are named.
fn interpreters(args: &BenchArgs, root: &Path) -> Result<Vec<Interpreter>> {
    let mut interpreters: Vec<Interpreter> = args
        .processes
        .engines(&[], root)?
        .iter()
        .map(|engine| {
            let description = engine.describe();
            Interpreter {
                label: description.name,
                path: description.interpreter,
            }
        })
        .collect();
    for text in &args.against {
        let (label, path) = match text.split_once('=') {
            Some((label, path)) => (label.to_owned(), Path::new(path)),
            None => {
                let name = Path::new(text).file_name().unwrap_or(text.as_ref());
                (name.to_string_lossy().into_owned(), Path::new(text))
            }
        };
        let path = path
            .canonicalize()
            .with_context(|| format!("--against {text}"))?;
        interpreters.push(Interpreter { label, path });
    }
    for (index, one) in interpreters.iter().enumerate() {
        if interpreters
            .iter()
            .skip(index + 1)
            .any(|other| other.label == one.label)
        {
            bail!(
                "two interpreters are called {}: use --against LABEL=PROGRAM",
                one.label
            );
        }
    }
    Ok(interpreters)
}

/// Where valgrind is.
fn valgrind() -> Result<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let found = env::split_paths(&path)
        .map(|folder| folder.join("valgrind"))
        .find(|file| file.is_file());
    found.context("--instructions needs the program valgrind, which is not in PATH")
}

fn read_text(path: &Path) -> Result<String> {
    fs::read_to_string(path).with_context(|| path.display().to_string())
}
