//! The verb `report`: what lies in a folder of results becomes pages.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use anyhow::{Context as _, Result};

use super::{AGREES, DIFFERS, session};
use crate::report::night::{self, Night};
use crate::report::write::write_atomically;
use crate::report::{history, html, junit, summary};
use crate::workspace;

/// Name of the file of all reports, beside their folders.
const HISTORY: &str = "history.jsonl";

/// Makes index.html, summary.md, results.json and junit.xml of what several runs left in a folder.
///
/// Each run is written to a folder of its own below that one, with `--report FOLDER/NAME`. What the
/// signatures are compared with is the report named by `--base`, or else the newest line of
/// history.jsonl, to which this report is added. Exit status: 1 when a signature is new.
#[derive(Debug, Clone, PartialEq, clap::Parser)]
#[command(after_help = "\
Examples:
  cargo conformance run --report reports/today/run
  cargo conformance mutate --seed 7 --report reports/today/mutate
  cargo conformance report reports/today
  cargo conformance report reports/today --base reports/yesterday")]
pub struct ReportArgs {
    /// The folder with the results [default: reports/latest in the workspace]
    #[arg(value_name = "FOLDER")]
    folder: Option<PathBuf>,
    /// An earlier folder that was reported on, to compare with
    #[arg(long, value_name = "PREVIOUS")]
    base: Option<PathBuf>,
    /// What was examined, when version control can't tell
    #[arg(long, value_name = "NAME")]
    revision: Option<String>,
    /// The file of all reports [default: history.jsonl beside the folder]
    #[arg(long, value_name = "FILE")]
    history: Option<PathBuf>,
}

/// Runs the verb and says what the process returns.
pub fn main(args: &ReportArgs) -> ExitCode {
    session::exit_code(run(args))
}

fn run(args: &ReportArgs) -> Result<u8> {
    let root = workspace::built_root();
    let latest = || root.join("reports/latest");
    let folder = args.folder.clone().unwrap_or_else(latest);
    let history_file = args.history.clone().unwrap_or_else(|| {
        let beside = folder.parent().unwrap_or(Path::new("."));
        beside.join(HISTORY)
    });
    let (mut points, remarks) = history::read::<history::Point>(&history_file)?;
    for remark in remarks {
        eprintln!("{remark}");
    }
    let revision = args.revision.clone().unwrap_or_else(|| revision(&root));
    let base = match &args.base {
        Some(base) => Some(read_base(base)?),
        None => points
            .last()
            .map(|point| (point.revision.clone(), point.signatures.clone())),
    };
    let night = Night::gather(&folder, &root, revision, base)?;
    points.push(night.point());

    let mut json = serde_json::to_vec_pretty(&night)?;
    json.push(b'\n');
    let write = |name: &str, contents: &[u8]| write_atomically(&folder.join(name), contents);
    // The name of a single run's results is taken.
    let parts = night::parts(&folder)?;
    let single = parts.iter().all(|(name, _)| name.is_none());
    let whole = if single { "night.json" } else { night::RESULTS };
    write(whole, &json)?;
    write("junit.xml", junit::document(&night)?.as_bytes())?;
    if !single {
        write("summary.md", summary::night(&night).as_bytes())?;
    }
    write("index.html", html::page(&night, &points)?.as_bytes())?;
    // Last: what is in the history has been reported.
    history::append(&history_file, &night.point())?;
    session::print(&summary::night(&night))?;
    eprintln!("report: {}", folder.join("index.html").display());
    Ok(if night.newly_broken() == 0 {
        AGREES
    } else {
        DIFFERS
    })
}

/// The signatures of an earlier report.
fn read_base(folder: &Path) -> Result<(String, Vec<String>)> {
    let named = ["night.json", night::RESULTS].map(|name| folder.join(name));
    let [single, whole] = &named;
    let path = if single.is_file() { single } else { whole };
    let text =
        fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    let night: Night = serde_json::from_str(&text).with_context(|| {
        format!(
            "{}: not a report; make it one with: cargo conformance report {}",
            path.display(),
            folder.display()
        )
    })?;
    let signatures = night.findings.into_iter().map(|finding| finding.id);
    Ok((night.revision, signatures.collect()))
}

/// The revision that is checked out, or "unknown" where there is no version control.
pub(super) fn revision(root: &Path) -> String {
    let output = Command::new("git")
        .args(["describe", "--always", "--dirty"])
        .current_dir(root)
        .output();
    match output {
        Ok(output) if output.status.success() => {
            String::from_utf8_lossy(&output.stdout).trim().to_owned()
        }
        _ => "unknown".to_owned(),
    }
}
