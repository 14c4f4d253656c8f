//! The verb `campaign`: generated programs for as long as is wanted.

use std::env;
use std::ffi::OsStr;
use std::fmt::Write as _;
use std::fs;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};

use super::session;
use super::shard::Shard;
use super::{AGREES, DIFFERS, FAULT};
use crate::allow::AllowList;
use crate::campaign::in_process::{self, Generated, Tables};
use crate::campaign::{self, CampaignResult, Event, Plan};
use crate::compile::worker;
use crate::corpus::Entry;
use crate::engine::{Limits, ORACLE, RILUA};
use crate::progress::Timed;
use crate::reduce::Bounds;
use crate::report::{Header, ProgramResult, Report, write};
use crate::triage::{self, Bucket, Status, Store};
use crate::verdict::{Comparison, Verdict};
use crate::{clock, workspace};

/// What the programs exercised, in the folder of the report.
const EXERCISED: &str = "exercised.json";

/// Generates programs, compares what both implementations do with them, and opens a bucket for
/// every cause of a difference, with a program made small.
///
/// The programs follow from seed and shard. One interrupt ends the campaign, and what was found
/// is written. Exit status: 0 when nothing new was found, 1 when a new signature was, 2 when the
/// usage is wrong, the harness fails or the campaign is interrupted.
#[derive(Debug, Clone, PartialEq, clap::Args)]
#[command(after_help = "\
Examples:
  cargo conformance campaign --time 10m --seed 7
  cargo conformance campaign --time 1h --seed 7 --shard 2/8 --findings shard-2/findings
  cargo conformance campaign --count 10000 --jobs 1 --seed 1 --isolated")]
pub struct CampaignArgs {
    /// How long: seconds, or a number with s, m or h
    #[arg(long, value_name = "TIME", default_value = "60s", value_parser = parse_time)]
    time: Duration,
    /// How many programs, at most
    #[arg(long, value_name = "N", default_value_t = u64::MAX, hide_default_value = true)]
    count: u64,
    /// Programs compared at a time [default: one for each processor]
    #[arg(long, value_name = "N")]
    jobs: Option<NonZeroUsize>,
    /// Only part I of N parts that share no programs
    #[arg(long, value_name = "I/N", default_value = "1/1")]
    shard: Shard,
    /// What the programs follow from [default: the time]
    #[arg(long, value_name = "S")]
    seed: Option<u64>,
    /// Folder of the buckets [default: reports/findings in the workspace]
    #[arg(long, value_name = "DIR")]
    findings: Option<PathBuf>,
    /// Folder of the report [default: reports/latest in the workspace]
    #[arg(long, value_name = "DIR")]
    report: Option<PathBuf>,
    /// The oracle in a process of its own, where a crash is a verdict; not for heaps and lockstep
    #[arg(long)]
    isolated: bool,
    /// Seconds that one reduction may take
    #[arg(long, value_name = "S", default_value_t = campaign::REDUCTION.time.as_secs())]
    reduction_time: u64,
}

fn parse_time(text: &str) -> Result<Duration, String> {
    let (number, unit) = match text.trim_end_matches(['s', 'm', 'h']) {
        number if number.len() == text.len() => (number, 1),
        number => match text.get(number.len()..) {
            Some("s") => (number, 1),
            Some("m") => (number, 60),
            Some("h") => (number, 3600),
            _ => return Err("one unit: s, m or h".to_owned()),
        },
    };
    let number: u64 = number
        .parse()
        .map_err(|_| "a time like 90, 90s, 10m or 2h".to_owned())?;
    match number.checked_mul(unit) {
        Some(seconds @ 1..=8_640_000) => Ok(Duration::from_secs(seconds)),
        _ => Err("more than nothing, at most 100 days".to_owned()),
    }
}

/// Runs the verb and says what the process returns.
pub fn main(args: &CampaignArgs) -> ExitCode {
    session::exit_code(run(args))
}

fn run(args: &CampaignArgs) -> Result<u8> {
    let root = workspace::built_root();
    let folder = args
        .findings
        .clone()
        .unwrap_or_else(|| root.join(triage::FOLDER));
    let report_folder = args
        .report
        .clone()
        .unwrap_or_else(|| root.join("reports/latest"));
    let allow = AllowList::load(&root)?;
    let (store, remarks) = Store::open(&folder, &root, allow.clone())?;
    for remark in remarks {
        eprintln!("conformance: {remark}");
    }
    let store = Mutex::new(store);
    let plan = Plan {
        seed: args.seed.unwrap_or_else(clock::now),
        shard: (args.shard.index, args.shard.of),
        jobs: session::jobs(args.jobs),
        time: args.time,
        count: args.count,
        reduction: Bounds {
            time: Duration::from_secs(args.reduction_time),
            ..campaign::REDUCTION
        },
    };
    eprintln!(
        "campaign: seed {}, shard {}/{}, {} threads, {} s, buckets in {}",
        plan.seed,
        plan.shard.0 + 1,
        plan.shard.1,
        plan.jobs,
        plan.time.as_secs(),
        folder.display()
    );
    let header = Header::new("campaign", worker::engines()?, limits());
    let mut workshop = Generated::new();
    if args.isolated {
        workshop = workshop.with_worker(worker_program(&root)?);
    }
    let stop: std::sync::Arc<AtomicBool> = session::stop_on_signals()?;
    let progress = Mutex::new(Timed::new(plan.time, "programs"));
    let outcome = campaign::run(&plan, &mut workshop, &store, &stop, |event| {
        let Ok(mut progress) = progress.lock() else {
            return;
        };
        match event {
            Event::Programs(count) => progress.advance(count),
            Event::Note(note) => progress.note(&note),
        }
    });
    drop(progress);
    let result = outcome?;
    let seconds = result.seconds;
    let programs = results(&result, &store, &root);
    let complete = !stop.load(Ordering::Relaxed);
    let mut report = Report::new(header, programs, &allow, complete, seconds);
    report.campaign = Some(result.clone());
    session::print(&summary(&result))?;
    fs::create_dir_all(&report_folder)
        .with_context(|| format!("cannot make the folder {}", report_folder.display()))?;
    let tables = serde_json::to_vec(&Tables::new(workshop.all_exercised()))?;
    write::write_atomically(&report_folder.join(EXERCISED), &tables)?;
    write::finish(&report_folder, &report)?;
    eprintln!("report: {}", report_folder.join("summary.md").display());
    for fault in &result.faults {
        eprintln!("conformance: {fault}");
    }
    if !complete {
        eprintln!(
            "conformance: interrupted after {} programs",
            result.programs
        );
    }
    Ok(if !result.faults.is_empty() || !complete {
        FAULT
    } else if result.new.is_empty() {
        AGREES
    } else {
        DIFFERS
    })
}

/// The program `oracle-worker` beside this one, brought up to date where Cargo builds.
fn worker_program(root: &Path) -> Result<PathBuf> {
    let this = env::current_exe().context("where is this program?")?;
    let folder = this.parent().unwrap_or(Path::new("/"));
    if folder.join(".fingerprint").is_dir() {
        let profile = match folder.file_name().and_then(OsStr::to_str) {
            None | Some("debug") => "dev",
            Some(profile) => profile,
        };
        workspace::build(root, &workspace::target_folder()?, profile, &["oracle"])?;
    }
    let program = folder.join("oracle-worker");
    ensure!(
        program.is_file(),
        "--isolated needs {}, which is not there",
        program.display()
    );
    Ok(program)
}

/// What each run of a program may use.
fn limits() -> Limits {
    Limits {
        time: in_process::TIME,
        memory_mib: Some(u64::try_from(in_process::MEMORY >> 20).unwrap_or(u64::MAX)),
        output: in_process::MEMORY,
    }
}

/// The buckets as programs of a report.
fn results(result: &CampaignResult, store: &Mutex<Store>, root: &Path) -> Vec<ProgramResult> {
    let Ok(store) = store.lock() else {
        return Vec::new();
    };
    let is_open = |bucket: &&Bucket| bucket.status != Status::Fixed;
    let buckets = result.buckets.iter().filter(is_open);
    buckets
        .map(|bucket| {
            let path = store.program_path(bucket.id());
            let path = path.canonicalize().unwrap_or(path);
            let entry = Entry {
                id: path
                    .strip_prefix(root)
                    .unwrap_or(&path)
                    .display()
                    .to_string(),
                group: "findings".to_owned(),
                path,
            };
            let mut program = ProgramResult::new(&entry, bucket.reproduce.clone());
            let divergences = vec![bucket.divergence.clone()];
            let ids = store.allowed_by(bucket);
            program.comparisons.push(Comparison {
                left: ORACLE.to_owned(),
                right: RILUA.to_owned(),
                channels: vec![bucket.divergence.channel],
                masks: Vec::new(),
                verdict: match ids {
                    Some(ids) => Verdict::Allowed { ids, divergences },
                    None => Verdict::Diverge { divergences },
                },
            });
            program.judged()
        })
        .collect()
}

fn summary(result: &CampaignResult) -> String {
    let mut text = String::new();
    let _ = writeln!(
        text,
        "{} programs in {:.0} s, {:.0} a second and thread",
        result.programs, result.seconds, result.programs_per_second
    );
    for (mode, counts) in &result.modes {
        let share = |count: u64| percent(count, counts.programs);
        let _ = writeln!(
            text,
            "  {mode:7} {} programs: {} past the prelude, {} to the end, {} agree, {} differ, {} not compared",
            counts.programs,
            share(counts.past_prelude),
            share(counts.to_end),
            share(counts.agree),
            share(counts.differ),
            share(counts.not_compared)
        );
    }
    for (way, count) in &result.expensive {
        let _ = writeln!(text, "  {way}: {count} programs");
    }
    for (reason, count) in &result.not_compared {
        let _ = writeln!(text, "  not compared, {count}: {reason}");
    }
    let _ = writeln!(
        text,
        "  {} features exercised, {} differences did not show again, {} allowed",
        result.exercised.len(),
        result.not_repeated,
        result.allowed
    );
    for bucket in &result.buckets {
        let _ = writeln!(
            text,
            "{} {} {} times: {}\n    {}",
            bucket.id(),
            bucket.status,
            bucket.count,
            bucket.divergence.signature.message,
            bucket.reproduce
        );
    }
    let _ = writeln!(
        text,
        "{} new signatures, {} buckets",
        result.new.len(),
        result.buckets.len()
    );
    text
}

/// Part of a whole, in percent; rounded down, so that 100 % means all.
fn percent(count: u64, all: u64) -> String {
    let tenths = count.saturating_mul(1000).checked_div(all).unwrap_or(0);
    format!("{}.{} %", tenths / 10, tenths % 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_and_shares() {
        let seconds = |text| parse_time(text).map(|time| time.as_secs());
        assert_eq!(seconds("90"), Ok(90));
        assert_eq!(seconds("90s"), Ok(90));
        assert_eq!(seconds("10m"), Ok(600));
        assert_eq!(seconds("2h"), Ok(7200));
        for text in ["", "0", "m", "1d", "1mm", "-1", "99999999h", "1.5m"] {
            assert!(parse_time(text).is_err(), "{text}");
        }
        assert_eq!(percent(999, 1000), "99.9 %");
        assert_eq!(percent(0, 0), "0.0 %");
    }
}
