//! The verb `fuzz`: inputs that fuzz targets kept, once more, as a report.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use walkdir::WalkDir;

use super::{AGREES, DIFFERS, session};
use crate::allow::AllowList;
use crate::channel::{ChannelName, Stream};
use crate::compile::worker;
use crate::corpus::Entry;
use crate::divergence::{Cause, Divergence, Signature};
use crate::engine::{Limits, ORACLE, RILUA};
use crate::fuzz::{self, Finding, Outcome};
use crate::report::{Header, ProgramResult, Report, write};
use crate::shell;
use crate::verdict::{Comparison, Verdict};

/// Runs inputs of fuzz targets once more, without a fuzzer.
///
/// Below the folder, the inputs of each target are in a folder with the target's name. An input in
/// which both sides agree is no finding any more.
#[derive(Debug, Clone, PartialEq, clap::Args)]
#[command(after_help = "\
Examples:
  cargo conformance fuzz fuzz/artifacts
  cargo conformance fuzz fuzz/artifacts --report reports/today/fuzz")]
pub struct FuzzArgs {
    /// The folder with a folder for each target
    #[arg(value_name = "FOLDER")]
    folder: PathBuf,
    /// Folder of the report [default: reports/latest in the workspace]
    #[arg(long, value_name = "DIR")]
    report: Option<PathBuf>,
}

/// Runs the verb and says what the process returns.
pub fn main(args: &FuzzArgs) -> ExitCode {
    session::exit_code(run(args))
}

fn run(args: &FuzzArgs) -> Result<u8> {
    let start = Instant::now();
    let folder = args
        .folder
        .canonicalize()
        .with_context(|| format!("cannot read {}", args.folder.display()))?;
    let mut results = Vec::new();
    for (name, target) in fuzz::TARGETS {
        for path in inputs(&folder.join(name)) {
            let bytes =
                fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
            println!("{name}: {}", path.display());
            results.push(result(name, &path, target(&bytes)));
        }
    }
    let limits = Limits {
        time: Duration::from_secs(10),
        memory_mib: None,
        output: usize::MAX,
    };
    let header = Header::new("fuzz", worker::engines()?, limits);
    let seconds = start.elapsed().as_secs_f64();
    let report = Report::new(header, results, &AllowList::default(), true, seconds);
    let to = args
        .report
        .clone()
        .unwrap_or_else(|| crate::workspace::built_root().join("reports/latest"));
    fs::create_dir_all(&to).with_context(|| format!("cannot make the folder {}", to.display()))?;
    write::finish(&to, &report)?;
    session::print(&crate::report::summary::terminal(&report))?;
    Ok(if report.totals.differ == 0 {
        AGREES
    } else {
        DIFFERS
    })
}

/// The files of a folder, in order; none when it isn't there.
fn inputs(folder: &Path) -> Vec<PathBuf> {
    let files = WalkDir::new(folder).sort_by_file_name().into_iter();
    files
        .filter_map(Result::ok)
        .filter(|entry| entry.file_type().is_file())
        .map(walkdir::DirEntry::into_path)
        .collect()
}

fn result(target: &str, path: &Path, outcome: Outcome) -> ProgramResult {
    let entry = Entry {
        id: path.display().to_string(),
        group: format!("fuzz/{target}"),
        path: path.to_owned(),
    };
    let again = format!(
        "cargo fuzz run {target} --sanitizer none {}",
        shell::quote(&entry.id)
    );
    let mut result = ProgramResult::new(&entry, again);
    let verdict = match outcome {
        Outcome::Fine => Verdict::Agree,
        Outcome::Finding(found) => Verdict::Diverge {
            divergences: vec![divergence(target, found)],
        },
    };
    result.comparisons = vec![Comparison {
        left: ORACLE.to_owned(),
        right: RILUA.to_owned(),
        channels: Vec::new(),
        masks: Vec::new(),
        verdict,
    }];
    result.judged()
}

/// What a target found, as a divergence: without two sides its first line is the cause.
fn divergence(target: &str, found: Finding) -> Divergence {
    let (channel, stream, cause) = (ChannelName::Output, Stream::Stdout, Cause::Differs);
    let first = found.lines.first().map(String::as_str);
    let signature = found
        .signature
        .unwrap_or_else(|| Signature::new(channel, stream, cause, Some(target), first));
    Divergence {
        channel,
        stream,
        cause,
        line: None,
        left: None,
        right: None,
        excerpt: found.lines,
        signature,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inputs_that_agree_are_no_findings_any_more() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("lexer_parser")).unwrap();
        fs::write(folder.path().join("lexer_parser/crash-1"), "return 1").unwrap();
        let args = FuzzArgs {
            folder: folder.path().to_owned(),
            report: Some(folder.path().join("report")),
        };
        assert_eq!(run(&args).unwrap(), AGREES);
        let text = fs::read_to_string(folder.path().join("report/results.json")).unwrap();
        let report: Report = serde_json::from_str(&text).unwrap();
        assert_eq!(report.totals.programs, 1);
    }

    #[test]
    fn a_finding_keeps_its_signature() {
        let found = |signature: Option<&Signature>, line: &str| {
            let found = Finding {
                signature: signature.cloned(),
                lines: vec![line.to_owned()],
            };
            divergence("undump", found)
        };
        let known = Signature {
            id: "0123abcd".to_owned(),
            message: "output: a | b".to_owned(),
        };
        let divergence = found(Some(&known), "- a");
        assert_eq!(divergence.signature, known);
        assert_eq!(divergence.excerpt, ["- a"]);
        let other = found(None, "written again, the chunk is another");
        assert!(other.signature.message.contains("undump"), "{other:?}");
    }
}
