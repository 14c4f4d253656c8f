//! The verb `triage`: the buckets that campaigns have opened.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;

use super::session;
use super::{AGREES, DIFFERS};
use crate::allow::AllowList;
use crate::channel::ChannelName;
use crate::generate::prelude;
use crate::pair::{Pair, PairOptions};
use crate::program::{Origin, Program};
use crate::triage::{self, Bucket, Status, Store};
use crate::verdict::Verdict;
use crate::workspace;

/// Lists the buckets of campaigns, the most frequent first, and puts folders of them together.
///
/// A bucket is new (the latest campaign opened it), known, allowed (corpus/allow.toml has an
/// entry) or fixed (its program shows it no more, see --recheck). Exit status: 1 when one is
/// new, 2 for faults.
#[derive(Debug, Clone, PartialEq, clap::Args)]
#[command(after_help = "\
Examples:
  cargo conformance triage
  cargo conformance triage --recheck
  cargo conformance triage --merge shard-0/findings shard-1/findings")]
pub struct TriageArgs {
    /// Folder of the buckets [default: reports/findings in the workspace]
    #[arg(long, value_name = "DIR")]
    findings: Option<PathBuf>,
    /// Take over the buckets of these folders
    #[arg(long, value_name = "DIR", num_args = 1..)]
    merge: Vec<PathBuf>,
    /// Run every bucket's program again
    #[arg(long)]
    recheck: bool,
    /// The workspace, when it isn't the one this program was built in
    #[arg(long, value_name = "DIR")]
    root: Option<PathBuf>,
}

/// Runs the verb and says what the process returns.
pub fn main(args: &TriageArgs) -> ExitCode {
    session::exit_code(run(args))
}

fn run(args: &TriageArgs) -> Result<u8> {
    let root = args.root.clone().unwrap_or_else(workspace::built_root);
    let folder = args
        .findings
        .clone()
        .unwrap_or_else(|| root.join(triage::FOLDER));
    let buckets = if args.merge.is_empty() && !args.recheck {
        // Looking needs no lock and changes nothing.
        let (buckets, remarks) = triage::load(&folder)?;
        show_remarks(&remarks);
        buckets
    } else {
        let allow = AllowList::load(&root)?;
        let (mut store, remarks) = Store::open_as_is(&folder, &root, allow)?;
        show_remarks(&remarks);
        for other in &args.merge {
            show_remarks(&store.merge(other)?);
        }
        if args.recheck {
            recheck(&mut store)?;
        }
        store.flush()?;
        store.buckets().clone()
    };
    session::print(&listing(triage::sorted(&buckets)))?;
    let is_new = |bucket: &Bucket| bucket.status == Status::New;
    Ok(if buckets.values().any(is_new) {
        DIFFERS
    } else {
        AGREES
    })
}

fn show_remarks(remarks: &[String]) {
    for remark in remarks {
        eprintln!("conformance: {remark}");
    }
}

/// Runs the program of every bucket again.
fn recheck(store: &mut Store) -> Result<()> {
    let ids: Vec<String> = store.buckets().keys().cloned().collect();
    for id in ids {
        let Some(bucket) = store.buckets().get(&id).cloned() else {
            continue;
        };
        let text = store.program(&id)?;
        let shows = shows(&bucket, &text, bucket.divergence.channel)?;
        let status = match (shows, store.allowed_by(&bucket).is_some()) {
            (false, _) => Status::Fixed,
            (true, true) => Status::Allowed,
            (true, false) if bucket.status == Status::New => Status::New,
            (true, false) => Status::Known,
        };
        store.set_status(&id, status);
    }
    Ok(())
}

fn shows(bucket: &Bucket, text: &[u8], channel: ChannelName) -> Result<bool> {
    let options = PairOptions {
        channels: vec![channel],
        prelude: bucket.source.after_prelude.then(prelude::source),
        ..PairOptions::default()
    };
    let mut pair = Pair::new(options).map_err(|fault| anyhow::anyhow!("{fault}"))?;
    let program = Program::from_source(triage::PROGRAM, Origin::Text, text);
    let judged = pair.compare(&program);
    match &judged.verdict {
        Verdict::HarnessError { fault } => anyhow::bail!("{}: {fault}", bucket.id()),
        verdict => Ok(verdict
            .divergences()
            .iter()
            .any(|found| found.signature.id == bucket.id())),
    }
}

fn listing(buckets: Vec<&Bucket>) -> String {
    let mut text = String::new();
    for bucket in &buckets {
        let _ = writeln!(
            text,
            "{} {:8} {:6} times, {} to {}: {}\n    {}",
            bucket.id(),
            bucket.status.to_string(),
            bucket.count,
            bucket.first_seen,
            bucket.last_seen,
            bucket.divergence.signature.message,
            bucket.reproduce
        );
    }
    for status in [Status::New, Status::Known, Status::Allowed, Status::Fixed] {
        let count = buckets.iter().filter(|bucket| bucket.status == status);
        let _ = write!(text, "{} {status}, ", count.count());
    }
    let _ = writeln!(text, "{} in all", buckets.len());
    text
}
