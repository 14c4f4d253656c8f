//! The verb `run`: programs of the corpus through the engines, and a report.

use std::collections::{BTreeMap, HashSet};
use std::io::{self, Write as _};
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};
use std::{env, fmt, thread};

use anyhow::{Context as _, Result, bail};
use clap::Parser as _;
use signal_hook::consts::{SIGINT, SIGTERM};

use super::{AGREES, DIFFERS, FAULT};
use crate::allow::AllowList;
use crate::bless::RecordState;
use crate::corpus::{self, Entry};
use crate::engine::program::ProgramEngine;
use crate::engine::{Engine, Limits, ORACLE};
use crate::progress::Progress;
use crate::report::write::{self, Journal};
use crate::report::{Header, ProgramResult, Report, summary};
use crate::runner::{self, Plan};
use crate::verdict::VerdictKind;
use crate::{shell, workspace};

/// Bytes that an engine may write to each of its outputs.
const OUTPUT_LIMIT: usize = 64 << 20;
/// Below this the launcher itself would not fit.
const SMALLEST_MEMORY: u64 = 16;
/// A day: more is a mistake.
const LONGEST_TIME: f64 = 86_400.0;

/// An engine that the workspace builds.
struct Known {
    name: &'static str,
    package: &'static str,
    interpreter: &'static str,
    compiler: &'static str,
}

/// The engines of the workspace, in the order in which they run.
const KNOWN: [Known; 2] = [
    Known {
        name: ORACLE,
        package: "oracle",
        interpreter: "oracle-lua",
        compiler: "oracle-luac",
    },
    Known {
        name: "rilua",
        package: "rilua",
        interpreter: "rilua",
        compiler: "riluac",
    },
];

/// Runs programs through both interpreters and compares what they do.
///
/// Each program runs in a process of its own, in its folder, with `lua` as its name and four
/// fixed environment variables. Standard output, standard error and exit status are compared,
/// and the bytecode where it is on record; with each other and with the record.
#[derive(Debug, Clone, PartialEq, clap::Parser)]
#[command(after_help = "\
Examples:
  cargo conformance run
  cargo conformance run corpus/golden/strings --engine oracle
  cargo conformance run corpus/golden/gc/cycle_collection.lua --timeout 60
  cargo conformance run corpus/regressions --bless")]
pub struct RunArgs {
    /// Programs, and folders of programs; without any, the whole corpus
    #[arg(value_name = "PATH")]
    pub paths: Vec<PathBuf>,
    /// Use only this engine (repeatable); one alone is compared with the record only
    #[arg(long = "engine", value_name = "NAME")]
    pub engines: Vec<String>,
    /// Only programs whose path contains this text
    #[arg(long, value_name = "TEXT")]
    pub filter: Option<String>,
    /// Programs run at a time [default: one for each processor]
    #[arg(long, value_name = "N")]
    pub jobs: Option<NonZeroUsize>,
    /// Seconds after which a run is ended
    #[arg(long, value_name = "S", default_value = "10", value_parser = parse_time)]
    pub timeout: f64,
    /// Address space of a run in MiB; 0 for no limit
    #[arg(long, value_name = "MIB", default_value_t = 1024, value_parser = parse_memory)]
    pub memory: u64,
    /// Record the oracle's result for programs that have none
    #[arg(long)]
    pub bless: bool,
    /// Folder of the report [default: reports/latest in the workspace]
    #[arg(long, value_name = "DIR")]
    pub report: Option<PathBuf>,
    /// Do not build the engines first
    #[arg(long)]
    pub no_build: bool,
    /// Cargo's profile of the engines
    #[arg(long, value_name = "NAME", default_value = "release")]
    pub profile: String,
    /// List the programs and stop
    #[arg(long)]
    pub list: bool,
    /// The workspace, when it isn't the one this program was built in
    #[arg(long, value_name = "DIR")]
    pub root: Option<PathBuf>,
    /// Another file as an engine's interpreter
    #[arg(long, value_name = "NAME=PATH", hide = true, value_parser = parse_named_path)]
    pub engine_path: Vec<(String, PathBuf)>,
    /// Another file as an engine's compiler
    #[arg(long, value_name = "NAME=PATH", hide = true, value_parser = parse_named_path)]
    pub compiler_path: Vec<(String, PathBuf)>,
}

impl Default for RunArgs {
    fn default() -> Self {
        Self::parse_from(["run"])
    }
}

fn parse_time(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(seconds) if seconds > 0.0 && seconds <= LONGEST_TIME => Ok(seconds),
        _ => Err(format!("seconds, more than 0 and at most {LONGEST_TIME}")),
    }
}

fn parse_memory(text: &str) -> Result<u64, String> {
    match text.parse() {
        Ok(mib) if mib == 0 || mib >= SMALLEST_MEMORY => Ok(mib),
        _ => Err(format!("MiB, 0 or at least {SMALLEST_MEMORY}")),
    }
}

fn parse_named_path(text: &str) -> Result<(String, PathBuf), String> {
    let (name, path) = text.split_once('=').ok_or("NAME=PATH")?;
    let path = std::path::absolute(path).map_err(|error| error.to_string())?;
    Ok((name.to_owned(), path))
}

/// Runs the verb and says what the process returns.
pub fn main(args: &RunArgs) -> ExitCode {
    match run(args) {
        Ok(status) => ExitCode::from(status),
        Err(error) => {
            eprintln!("conformance: {error:#}");
            ExitCode::from(FAULT)
        }
    }
}

fn run(args: &RunArgs) -> Result<u8> {
    let root = args.root.clone().unwrap_or_else(workspace::built_root);
    let root = root
        .canonicalize()
        .with_context(|| format!("workspace {}", root.display()))?;
    let entries = select(args, &root)?;
    if args.list {
        let lines: String = entries
            .iter()
            .map(|entry| format!("{}\n", entry.id))
            .collect();
        print(&lines)?;
        return Ok(AGREES);
    }
    let plan = plan(args, &root)?;
    let folder = args
        .report
        .clone()
        .unwrap_or_else(|| root.join("reports/latest"));
    run_and_report(&entries, &plan, &folder)
}

fn select(args: &RunArgs, root: &Path) -> Result<Vec<Entry>> {
    let mut entries = if args.paths.is_empty() {
        let (entries, remarks) = corpus::whole(root)?;
        for remark in remarks {
            eprintln!("{remark}");
        }
        entries
    } else {
        corpus::named(root, &args.paths)?
    };
    if let Some(text) = &args.filter {
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

fn plan(args: &RunArgs, root: &Path) -> Result<Plan> {
    let limits = Limits {
        time: Duration::from_secs_f64(args.timeout),
        memory_mib: (args.memory > 0).then_some(args.memory),
        output: OUTPUT_LIMIT,
    };
    let engines = engines(args, root)?;
    if args.bless && !engines.iter().any(|engine| engine.name() == ORACLE) {
        bail!("--bless records what the oracle does, so it needs the engine {ORACLE}");
    }
    Ok(Plan {
        engines,
        limits,
        allow: AllowList::load(root)?,
        jobs: args
            .jobs
            .or_else(|| thread::available_parallelism().ok())
            .unwrap_or(NonZeroUsize::MIN),
        bless: args.bless,
        options: repeated_options(args, root),
    })
}

/// The options without which a program would not be run the same way again.
fn repeated_options(args: &RunArgs, root: &Path) -> String {
    let mut options = String::new();
    let mut add = |name: &str, value: &dyn fmt::Display| {
        options.push_str(&format!(" --{name} {}", shell::quote(&value.to_string())));
    };
    let default = RunArgs::default();
    for engine in &args.engines {
        add("engine", engine);
    }
    if args.timeout != default.timeout {
        add("timeout", &args.timeout);
    }
    if args.memory != default.memory {
        add("memory", &args.memory);
    }
    if args.profile != default.profile {
        add("profile", &args.profile);
    }
    if args.root.is_some() {
        add("root", &root.display());
    }
    for (option, paths) in [
        ("engine-path", &args.engine_path),
        ("compiler-path", &args.compiler_path),
    ] {
        for (name, path) in paths {
            add(option, &format!("{name}={}", path.display()));
        }
    }
    options
}

/// The engines that are asked for, built when they are of this workspace.
fn engines(args: &RunArgs, root: &Path) -> Result<Vec<Box<dyn Engine>>> {
    let launcher = env::current_exe().context("where is this program?")?;
    let named: BTreeMap<&str, &Path> = args
        .engine_path
        .iter()
        .map(|(name, path)| (name.as_str(), path.as_path()))
        .collect();
    let compilers: BTreeMap<&str, &Path> = args
        .compiler_path
        .iter()
        .map(|(name, path)| (name.as_str(), path.as_path()))
        .collect();
    let mut names: Vec<&str> = KNOWN.iter().map(|known| known.name).collect();
    names.extend(
        named
            .keys()
            .filter(|name| !KNOWN.iter().any(|known| known.name == **name)),
    );
    for name in args
        .engines
        .iter()
        .map(String::as_str)
        .chain(compilers.keys().copied())
    {
        if !names.contains(&name) {
            bail!("there is no engine {name}; there are {}", names.join(", "));
        }
    }
    let is_wanted =
        |name: &str| args.engines.is_empty() || args.engines.iter().any(|wanted| wanted == name);

    let target = workspace::target_folder()?;
    let folder = workspace::program_folder(&target, &args.profile);
    let built: Vec<&Known> = KNOWN
        .iter()
        .filter(|known| is_wanted(known.name) && !named.contains_key(known.name))
        .collect();
    if !built.is_empty() && !args.no_build {
        let packages: Vec<&str> = built.iter().map(|known| known.package).collect();
        eprintln!("building {} ({})", packages.join(" and "), args.profile);
        workspace::build(root, &target, &args.profile, &packages)?;
    }

    let mut engines: Vec<Box<dyn Engine>> = Vec::new();
    for name in names.into_iter().filter(|name| is_wanted(name)) {
        let known = built.iter().find(|known| known.name == name);
        let compiler = match (compilers.get(name), known) {
            (Some(path), _) => Some(path.to_path_buf()),
            (None, Some(known)) => {
                let path = folder.join(known.compiler);
                // The oracle's has to be there; rilua may be built without one.
                let present = name == ORACLE || path.exists();
                if !present {
                    eprintln!(
                        "{}: no such file, so the bytecode of {name} is not compared",
                        path.display()
                    );
                }
                present.then_some(path)
            }
            (None, None) => None,
        };
        let interpreter = match (named.get(name), known) {
            (Some(path), _) => path.to_path_buf(),
            (None, Some(known)) => folder.join(known.interpreter),
            (None, None) => bail!("there is no interpreter for the engine {name}"),
        };
        engines.push(Box::new(ProgramEngine {
            name: name.to_owned(),
            interpreter,
            compiler,
            launcher: launcher.clone(),
        }));
    }
    Ok(engines)
}

fn run_and_report(entries: &[Entry], plan: &Plan, folder: &Path) -> Result<u8> {
    let stop = stop_on_signals()?;
    let start = Instant::now();
    let header = Header::new(
        plan.engines
            .iter()
            .map(|engine| engine.describe())
            .collect(),
        plan.limits,
    );
    let mut failed = false;
    let mut complain = |error: &anyhow::Error| {
        failed = true;
        eprintln!("conformance: {error:#}");
    };
    // A report that can't be written does not keep the programs from being run.
    let mut journal = Journal::start(folder, &header)
        .inspect_err(&mut complain)
        .ok();
    let mut progress = Progress::new(entries.len());
    let mut shown = HashSet::new();
    let outcome = runner::run(entries, plan, &stop, |result| {
        if let Some(open) = &mut journal
            && let Err(error) = open.add(result)
        {
            complain(&error);
            journal = None;
        }
        if let Some(line) = remark(result, &mut shown) {
            progress.note(&line);
        }
        progress.advance(&result.program);
    });
    drop(progress);
    let results = outcome.map_err(|fault| {
        anyhow::anyhow!(
            "{fault}; the results so far are in {}",
            folder.join("results.jsonl").display()
        )
    })?;

    let complete = results.len() == entries.len();
    let report = Report::new(
        header,
        results,
        &plan.allow,
        complete,
        start.elapsed().as_secs_f64(),
    );
    let printed = print(&summary::terminal(&report));
    if let Err(error) = write::finish(folder, &report) {
        complain(&error);
    } else {
        eprintln!("report: {}", folder.join("summary.md").display());
    }
    printed?;
    if !complete {
        eprintln!(
            "conformance: interrupted after {} of {} programs",
            report.programs.len(),
            entries.len()
        );
    }
    Ok(match report.worst() {
        _ if failed || !complete => FAULT,
        VerdictKind::HarnessError => FAULT,
        VerdictKind::Diverge | VerdictKind::OracleUb | VerdictKind::Poisoned => DIFFERS,
        VerdictKind::Agree | VerdictKind::Allowed => AGREES,
    })
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

/// Set by the first interrupt: the programs that run are finished and reported. The second one
/// ends the harness at once, and with it what it runs.
fn stop_on_signals() -> Result<Arc<AtomicBool>> {
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
fn print(text: &str) -> Result<()> {
    let mut stdout = io::stdout().lock();
    match stdout
        .write_all(text.as_bytes())
        .and_then(|()| stdout.flush())
    {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(error).context("cannot write standard output")
        }
        _ => Ok(()),
    }
}
