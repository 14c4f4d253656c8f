//! The verb `selfcheck`: how many of the mistakes that rilua can be given does the harness find?
//!
//! This program has no faults in it. It builds itself anew with them and becomes that program.

use std::env;
use std::fmt::Write as _;
use std::fs;
use std::num::NonZeroUsize;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::sync::atomic::AtomicBool;
use std::time::Instant;

use anyhow::{Context as _, Result, bail};

use super::session::{self, print};
use super::{AGREES, DIFFERS, FAULT, report};
use crate::engine::launch;
use crate::progress::Progress;
use crate::report::write::write_atomically;
use crate::runner::in_parallel;
use crate::selfcheck::faults::{self, Described};
use crate::selfcheck::process::{self, Ended};
use crate::selfcheck::search::{self, Kill, Range};
use crate::selfcheck::{FaultResult, Selfcheck, VERSION, WANTED};
use crate::{clock, shell, workspace};

/// The profile and the feature that the program with faults is built with.
const PROFILE: &str = "selfcheck";
/// Its target folder, below that of this program.
const TARGET: &str = "faults";
/// Names of the results.
const JSON: &str = "selfcheck.json";
const MARKDOWN: &str = "selfcheck.md";
/// Address space of each search, in MiB: stacks of 256 MiB for each side, and what it needs.
const MEMORY_MIB: u64 = 8192;
/// Most lines that `--list` needs to be wide.
const NAME_WIDTH: usize = 20;

/// Gives rilua one mistake after the other and counts how many programs it takes to find each.
///
/// rilua is built with faults that can be switched on one at a time. For each of them generated
/// programs, those of a campaign with this seed, are compared as a campaign does it, and as
/// bytecode, until one differs; a crash and a run without an end count as found. Programs that
/// differ even with no fault on are left out. The first time takes minutes, because the harness
/// is built anew, which needs cargo.
/// Exit status: 0 when at least 95 % of the faults were found, 1 when fewer were or something
/// differs without a fault, 2 when the usage is wrong, the harness fails or it is interrupted.
#[derive(Debug, Clone, PartialEq, clap::Args)]
#[command(after_help = "\
Examples:
  cargo conformance selfcheck
  cargo conformance selfcheck --programs 2000 --jobs 1 --seed 7
  cargo conformance selfcheck --fault ForLimitExclusive WeakKeys
  cargo conformance selfcheck --list")]
pub struct SelfcheckArgs {
    /// Programs for each fault, at most
    #[arg(long, value_name = "N", default_value_t = 20_000)]
    programs: u64,
    /// Faults examined at a time [default: one for each processor]
    #[arg(long, value_name = "N")]
    jobs: Option<NonZeroUsize>,
    /// What the programs follow from
    #[arg(long, value_name = "S", default_value_t = 1)]
    seed: u64,
    /// Only these faults
    #[arg(long, value_name = "NAME", num_args = 1..)]
    fault: Vec<String>,
    /// List the faults and stop
    #[arg(long)]
    list: bool,
    /// Folder of selfcheck.json and selfcheck.md [default: reports/latest in the workspace]
    #[arg(long, value_name = "DIR")]
    report: Option<PathBuf>,
    /// Write the page for people to this file as well
    #[arg(long, value_name = "FILE")]
    page: Option<PathBuf>,
}

/// Arguments of the hidden verb that runs one search.
#[derive(Debug, Clone, PartialEq, clap::Args)]
pub struct SearchArgs {
    #[command(flatten)]
    range: Range,
    /// The fault that is on; none when absent
    #[arg(long, value_name = "NAME")]
    fault: Option<String>,
}

/// Runs the verb and says what the process returns.
pub fn main(args: &SelfcheckArgs) -> ExitCode {
    session::exit_code(if cfg!(feature = "selfcheck") {
        run(args)
    } else {
        build_and_become()
    })
}

/// Runs one search and tells what comes of it.
pub fn search(args: &SearchArgs) -> ExitCode {
    session::exit_code(tell_search(args))
}

fn tell_search(args: &SearchArgs) -> Result<u8> {
    if let Some(name) = &args.fault
        && !faults::switch_on(name)
    {
        bail!("{name}: no such fault in this program");
    }
    launch::set_limits(Some(MEMORY_MIB))?;
    let mut failure = None;
    search::search(&args.range, |message| {
        let line = serde_json::to_string(&message).map_err(anyhow::Error::from);
        match line.and_then(|line| print(&format!("{line}\n"))) {
            Ok(()) => true,
            Err(error) => {
                failure = Some(error);
                false
            }
        }
    });
    match failure {
        None => Ok(AGREES),
        Some(error) => Err(error),
    }
}

/// Builds this program with faults and becomes it. Returns only when that fails.
fn build_and_become() -> Result<u8> {
    let root = workspace::built_root();
    let target = workspace::target_folder()?.join(TARGET);
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    eprintln!("building the harness with faults in {}", target.display());
    let status = Command::new(&cargo)
        .current_dir(&root)
        .args(["build", "--quiet", "--package", "conformance"])
        .args(["--bin", "conformance", "--features", PROFILE])
        .args(["--profile", PROFILE, "--target-dir"])
        .arg(&target)
        .status()
        .with_context(|| {
            format!(
                "cannot start {}: selfcheck builds rilua anew with its faults, and needs Cargo \
                 and the source in {} for that",
                cargo.display(),
                root.display()
            )
        })?;
    if !status.success() {
        bail!("building the harness with faults failed ({status})");
    }
    let program = workspace::program_folder(&target, PROFILE).join("conformance");
    let error = Command::new(&program).args(env::args_os().skip(1)).exec();
    Err(error).with_context(|| format!("cannot start {}", program.display()))
}

fn run(args: &SelfcheckArgs) -> Result<u8> {
    let chosen = chosen(&args.fault, faults::all())?;
    if args.list {
        print(&list(&chosen))?;
        return Ok(AGREES);
    }
    let start = Instant::now();
    let root = workspace::built_root();
    let jobs = session::jobs(args.jobs);
    let program = env::current_exe().context("where is this program?")?;
    let stop = session::stop_on_signals()?;
    let mut result = Selfcheck {
        version: VERSION,
        verb: "selfcheck".to_owned(),
        started: clock::timestamp(clock::now()),
        revision: report::revision(&root),
        command: command(args),
        seed: args.seed,
        programs: args.programs,
        without_fault: Vec::new(),
        complete: true,
        seconds: 0.0,
        kill_rate: 0.0,
        faults: Vec::new(),
    };
    eprintln!(
        "selfcheck: {} faults, seed {}, {} programs each, {jobs} at a time; first with none on",
        chosen.len(),
        args.seed,
        args.programs
    );
    let survey = without_fault(&program, args, jobs, &stop)?;
    if let Some(kills) = survey {
        for kill in &kills {
            eprintln!(
                "with no fault on program {} differs, and is left out: {}",
                kill.after, kill.message
            );
        }
        result.without_fault = kills;
        examine(&program, args, jobs, &chosen, &stop, &mut result)?;
    } else {
        result.complete = false;
    }
    result.seconds = start.elapsed().as_secs_f64();
    let result = result.rated();
    print(&format!("{}\n{}", result.table(), result.summary()))?;
    let folder = args.report.clone();
    let folder = folder.unwrap_or_else(|| root.join("reports/latest"));
    write(&folder, args.page.as_deref(), &result)?;
    if !result.complete {
        eprintln!(
            "conformance: interrupted after {} of {} faults",
            result.faults.len(),
            chosen.len()
        );
        return Ok(FAULT);
    }
    if result.kill_rate < WANTED {
        eprintln!("conformance: fewer than {WANTED} % of the faults were found");
    }
    Ok(if result.is_good() { AGREES } else { DIFFERS })
}

/// The faults of these names, or all.
fn chosen(names: &[String], all: Vec<Described>) -> Result<Vec<Described>> {
    for name in names {
        if !all.iter().any(|fault| fault.name == name) {
            bail!("{name}: no such fault; see cargo conformance selfcheck --list");
        }
    }
    let is_chosen = |fault: &Described| names.is_empty() || names.iter().any(|n| n == fault.name);
    Ok(all.into_iter().filter(is_chosen).collect())
}

fn list(faults: &[Described]) -> String {
    let mut text = String::new();
    for fault in faults {
        let _ = writeln!(
            text,
            "{:NAME_WIDTH$} {:9} {}",
            fault.name, fault.part, fault.breaks
        );
    }
    text
}

/// The command that repeats the run.
fn command(args: &SelfcheckArgs) -> String {
    let mut text = format!(
        "cargo conformance selfcheck --programs {} --seed {}",
        args.programs, args.seed
    );
    if !args.fault.is_empty() {
        text.push_str(" --fault");
        for name in &args.fault {
            text.push(' ');
            text.push_str(&shell::quote(name));
        }
    }
    text
}

/// The same programs with no fault on, `jobs` parts of them at a time: those that differ, or
/// nothing after an interruption.
fn without_fault(
    program: &Path,
    args: &SelfcheckArgs,
    jobs: NonZeroUsize,
    stop: &AtomicBool,
) -> Result<Option<Vec<Kill>>> {
    let parts = parts(args.programs, u64::try_from(jobs.get()).unwrap_or(1));
    let mut outcomes = Vec::new();
    in_parallel(
        &parts,
        jobs,
        stop,
        |&(first, programs)| {
            let range = Range {
                seed: args.seed,
                first,
                programs,
                all: true,
                ..Range::default()
            };
            let mut kills = Vec::new();
            let ended = process::search(program, None, &range, stop, |kill| kills.push(kill));
            ended.map(|ended| (ended, kills))
        },
        |_, outcome| outcomes.push(outcome),
    )
    .map_err(|fault| anyhow::anyhow!("{fault}"))?;
    let mut is_whole = outcomes.len() == parts.len();
    let mut differing = Vec::new();
    for outcome in outcomes {
        let (ended, kills) = outcome.context("with no fault on")?;
        match ended {
            Ended::Survived => differing.extend(kills),
            Ended::Interrupted => is_whole = false,
            Ended::Killed(kill) => bail!(
                "with no fault on a search ended after {} programs: {}",
                kill.after,
                kill.message
            ),
        }
    }
    differing.sort_by_key(|kill| kill.after);
    Ok(is_whole.then_some(differing))
}

/// Some programs in so many parts: the first of each, and how many.
fn parts(programs: u64, parts: u64) -> Vec<(u64, u64)> {
    let bound = |part: u64| {
        let bound = u128::from(programs) * u128::from(part) / u128::from(parts.max(1));
        u64::try_from(bound).unwrap_or(programs)
    };
    (0..parts.max(1))
        .map(|part| (bound(part), bound(part + 1) - bound(part)))
        .filter(|(_, count)| *count > 0)
        .collect()
}

/// Looks for each fault.
fn examine(
    program: &Path,
    args: &SelfcheckArgs,
    jobs: NonZeroUsize,
    chosen: &[Described],
    stop: &AtomicBool,
    result: &mut Selfcheck,
) -> Result<()> {
    let left_out = result.without_fault.iter();
    let range = Range {
        seed: args.seed,
        programs: args.programs,
        skip: left_out.map(|kill| kill.after.saturating_sub(1)).collect(),
        ..Range::default()
    };
    let mut progress = Progress::new(chosen.len(), "faults");
    let mut found: Vec<(usize, FaultResult)> = Vec::new();
    let mut failure = None;
    in_parallel(
        chosen,
        jobs,
        stop,
        |fault| process::search(program, Some(fault.name), &range, stop, |_| ()),
        |index, ended| {
            let Some(fault) = chosen.get(index) else {
                return;
            };
            let killed = match ended {
                Ok(Ended::Killed(kill)) => Some(kill),
                Ok(Ended::Survived) => {
                    progress.note(&format!("survived: {} ({})", fault.name, fault.breaks));
                    None
                }
                Ok(Ended::Interrupted) => return,
                Err(error) => {
                    failure.get_or_insert(error.context(fault.name));
                    return;
                }
            };
            progress.advance(1, fault.name);
            let one = FaultResult {
                name: fault.name.to_owned(),
                part: fault.part.to_owned(),
                breaks: fault.breaks.to_owned(),
                killed,
            };
            found.push((index, one));
        },
    )
    .map_err(|fault| anyhow::anyhow!("{fault}"))?;
    drop(progress);
    if let Some(error) = failure {
        return Err(error);
    }
    result.complete = found.len() == chosen.len();
    found.sort_by_key(|(index, _)| *index);
    result.faults = found.into_iter().map(|(_, fault)| fault).collect();
    Ok(())
}

fn write(folder: &Path, page: Option<&Path>, result: &Selfcheck) -> Result<()> {
    fs::create_dir_all(folder)
        .with_context(|| format!("cannot make the folder {}", folder.display()))?;
    let mut json = serde_json::to_vec_pretty(result)?;
    json.push(b'\n');
    write_atomically(&folder.join(JSON), &json)?;
    let markdown = result.markdown();
    write_atomically(&folder.join(MARKDOWN), markdown.as_bytes())?;
    if let Some(page) = page {
        write_atomically(page, markdown.as_bytes())?;
    }
    eprintln!("report: {}", folder.join(MARKDOWN).display());
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn described(name: &'static str) -> Described {
        Described {
            name,
            part: "vm",
            breaks: "x",
        }
    }

    #[test]
    fn faults_are_chosen_by_name_in_the_order_of_the_list() {
        let all = || vec![described("A"), described("B"), described("C")];
        let names = |chosen: Vec<Described>| -> Vec<&str> {
            chosen.iter().map(|fault| fault.name).collect()
        };
        assert_eq!(names(chosen(&[], all()).unwrap()), ["A", "B", "C"]);
        let wanted = ["C".to_owned(), "A".to_owned()];
        assert_eq!(names(chosen(&wanted, all()).unwrap()), ["A", "C"]);
        let error = chosen(&["D".to_owned()], all()).unwrap_err();
        assert!(error.to_string().contains("--list"), "{error}");
        assert_eq!(list(&all()).lines().count(), 3);
    }

    #[test]
    fn parts_cover_every_program_once() {
        for (programs, count) in [(20_000, 2), (7, 3), (2, 4), (0, 2), (5, 1)] {
            let mut next = 0;
            for (first, size) in parts(programs, count) {
                assert_eq!(first, next);
                next += size;
            }
            assert_eq!(next, programs);
        }
    }

    #[test]
    fn results_are_written_as_wholes() {
        let folder = tempfile::tempdir().unwrap();
        let page = folder.path().join("page.md");
        let result = Selfcheck {
            version: VERSION,
            verb: "selfcheck".to_owned(),
            started: String::new(),
            revision: String::new(),
            command: "c".to_owned(),
            seed: 1,
            programs: 1,
            without_fault: Vec::new(),
            complete: true,
            seconds: 0.0,
            kill_rate: 0.0,
            faults: Vec::new(),
        };
        let report = folder.path().join("report");
        write(&report, Some(&page), &result).unwrap();
        let json = fs::read_to_string(report.join(JSON)).unwrap();
        assert_eq!(serde_json::from_str::<Selfcheck>(&json).unwrap(), result);
        let text = fs::read_to_string(report.join(MARKDOWN)).unwrap();
        assert_eq!(text, fs::read_to_string(page).unwrap());
    }
}
