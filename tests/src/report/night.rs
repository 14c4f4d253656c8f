//! A report of several runs together: the parts that lie in one folder, what is new in them,
//! and what has gone since an earlier report.
//!
//! A part is a folder with a `results.json` as [`super::Report`] describes it, or the folder itself.

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::history::Point;
use super::{Counts, Mutants, ProgramResult, Report};
use crate::divergence::Divergence;
use crate::verdict::Verdict;

/// Name of the result file of a part, and of the whole.
pub const RESULTS: &str = "results.json";

/// One run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Part {
    /// Its folder's name, or its verb when it lies in the folder itself.
    pub name: String,
    /// The verb that ran.
    pub verb: String,
    /// When it began, UTC.
    pub started: String,
    /// How long it took, in seconds.
    pub seconds: f64,
    /// Whether all was done that was asked for.
    pub complete: bool,
    /// Programs that were examined, mutants and generated ones included.
    pub programs: u64,
    /// Programs that differ.
    pub differ: u64,
    /// Programs whose differences are allowed.
    pub allowed: u64,
    /// Programs that could not be compared.
    pub not_compared: u64,
    /// Further figures, by name.
    pub figures: BTreeMap<String, Value>,
}

/// What a signature is, compared with the report before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    /// It wasn't there before.
    New,
    /// It was there before.
    Open,
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::New => "new",
            Self::Open => "still open",
        })
    }
}

/// One cause of differences.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Finding {
    /// The signature.
    pub id: String,
    /// What the signature stands for.
    pub message: String,
    /// New, or known from the report before.
    pub status: Status,
    /// The part that met it first.
    pub part: String,
    /// How many programs show it.
    pub count: u64,
    /// The smallest program that shows it.
    pub program: String,
    /// That program's text, as far as it could be read.
    pub source: Option<String>,
    /// The channel and the stream that differ.
    pub place: String,
    /// The lines around the first difference: `-` left only, `+` right only, two spaces both.
    pub excerpt: Vec<String>,
    /// The command that repeats it.
    pub reproduce: String,
}

/// All parts of a folder.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Night {
    /// [`super::VERSION`].
    pub version: u32,
    /// When the first part began, UTC.
    pub started: String,
    /// What was examined, as the version control names it.
    pub revision: String,
    /// The revision or folder it is compared with.
    pub base: Option<String>,
    /// The parts, in the order in which they began.
    pub parts: Vec<Part>,
    /// Causes, the new ones first, then by how many programs show them.
    pub findings: Vec<Finding>,
    /// Signatures of the report before that no program shows any more.
    pub fixed: Vec<String>,
    /// What the programs exercised, as the campaign wrote it.
    pub exercised: Option<Value>,
}

impl Night {
    /// Gathers the parts in a folder. `before` has the signatures of an earlier report.
    ///
    /// # Errors
    ///
    /// When there is no part, or one can't be read; the message names the file.
    pub fn gather(
        folder: &Path,
        root: &Path,
        revision: String,
        base: Option<(String, Vec<String>)>,
    ) -> Result<Self> {
        let mut reports = Vec::new();
        for (name, path) in parts(folder)? {
            let text = fs::read_to_string(&path)
                .with_context(|| format!("cannot read {}", path.display()))?;
            let report: Report = serde_json::from_str(&text)
                .with_context(|| format!("{}: not a report of this version", path.display()))?;
            reports.push((name, report));
        }
        if reports.is_empty() {
            bail!(
                "{}: no {RESULTS} here or in a folder below; run a verb with --report {}/NAME first",
                folder.display(),
                folder.display()
            );
        }
        reports.sort_by(|a, b| a.1.header.started.cmp(&b.1.header.started));
        let (base, known) = base.map_or((None, Vec::new()), |(name, known)| (Some(name), known));
        let findings = findings(&reports, &known, root);
        let fixed = known
            .iter()
            .filter(|id| !findings.iter().any(|finding| finding.id == **id))
            .cloned()
            .collect();
        Ok(Self {
            version: super::VERSION,
            started: reports
                .first()
                .map(|(_, report)| report.header.started.clone())
                .unwrap_or_default(),
            revision,
            base,
            parts: reports.iter().map(part).collect(),
            findings,
            fixed,
            exercised: exercised(folder)?,
        })
    }

    /// The line of `history.jsonl`.
    pub fn point(&self) -> Point {
        Point {
            started: self.started.clone(),
            revision: self.revision.clone(),
            seconds: self.parts.iter().map(|part| part.seconds).sum(),
            programs: self.parts.iter().map(|part| part.programs).sum(),
            not_compared: self.parts.iter().map(|part| part.not_compared).sum(),
            signatures: self.findings.iter().map(|f| f.id.clone()).collect(),
        }
    }

    /// How many causes are new.
    pub fn newly_broken(&self) -> usize {
        let is_new = |finding: &&Finding| finding.status == Status::New;
        self.findings.iter().filter(is_new).count()
    }
}

/// The result files of a folder, with the names of their parts; where there are none below it, its
/// own, without a name.
///
/// # Errors
///
/// The folder can't be read.
pub fn parts(folder: &Path) -> Result<Vec<(Option<String>, PathBuf)>> {
    let mut found = Vec::new();
    let list = fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))?;
    for entry in list {
        let path = entry
            .with_context(|| format!("cannot read {}", folder.display()))?
            .path();
        let results = path.join(RESULTS);
        if path.is_dir() && results.is_file() {
            let name = path
                .file_name()
                .map(|name| name.to_string_lossy().into_owned());
            found.push((name, results));
        }
    }
    found.sort();
    if found.is_empty() && folder.join(RESULTS).is_file() {
        found.push((None, folder.join(RESULTS)));
    }
    Ok(found)
}

/// `exercised.json` of the folder, or of one of its parts.
fn exercised(folder: &Path) -> Result<Option<Value>> {
    let mut paths = vec![folder.join("exercised.json")];
    for (_, results) in parts(folder)? {
        paths.push(results.with_file_name("exercised.json"));
    }
    let Some(path) = paths.into_iter().find(|path| path.is_file()) else {
        return Ok(None);
    };
    let text = fs::read_to_string(&path).with_context(|| path.display().to_string())?;
    serde_json::from_str(&text)
        .map(Some)
        .with_context(|| format!("{}: not JSON", path.display()))
}

fn part((name, report): &(Option<String>, Report)) -> Part {
    let Report {
        header,
        complete,
        seconds,
        totals,
        mutants,
        campaign,
        ..
    } = report;
    let mut figures = BTreeMap::new();
    let Counts {
        mut programs,
        mut differ,
        mut not_compared,
        allowed,
        ref agree,
    } = *totals;
    for (engine, count) in agree {
        figures.insert(format!("{engine} agrees"), Value::from(*count));
    }
    if let Some(mutants) = mutants {
        let Mutants {
            seed,
            tried,
            same_chunk,
            same_message,
            ..
        } = mutants;
        figures.clear();
        figures.insert("seed".into(), Value::from(*seed));
        figures.insert("same chunk".into(), Value::from(*same_chunk));
        figures.insert("same message".into(), Value::from(*same_message));
        programs = *tried;
        differ = mutants.differ;
        not_compared = mutants.not_compared;
    }
    let (mut programs, mut differ) = (programs as u64, differ as u64);
    let (mut not_compared, mut allowed) = (not_compared as u64, allowed as u64);
    if let Some(campaign) = campaign {
        figures = campaign.figures();
        programs = campaign.programs;
        differ = campaign.differ();
        not_compared = campaign.not_compared.values().sum();
        allowed = campaign.allowed;
    }
    Part {
        name: name.clone().unwrap_or_else(|| header.verb.clone()),
        verb: header.verb.clone(),
        started: header.started.clone(),
        seconds: *seconds,
        complete: *complete,
        programs,
        differ,
        allowed,
        not_compared,
        figures,
    }
}

/// The causes of all parts, each once, with the smallest program that shows it.
fn findings(reports: &[(Option<String>, Report)], known: &[String], root: &Path) -> Vec<Finding> {
    let mut found: BTreeMap<String, (Finding, usize)> = BTreeMap::new();
    for (name, report) in reports {
        let part = name.clone().unwrap_or_else(|| report.header.verb.clone());
        for result in &report.programs {
            let source = fs::read(root.join(&result.program)).ok();
            let size = source.as_ref().map_or(usize::MAX, Vec::len);
            for divergence in divergences(result) {
                let finding = || Finding {
                    id: divergence.signature.id.clone(),
                    message: divergence.signature.message.clone(),
                    status: if known.contains(&divergence.signature.id) {
                        Status::Open
                    } else {
                        Status::New
                    },
                    part: part.clone(),
                    count: 0,
                    program: result.program.clone(),
                    source: source
                        .as_ref()
                        .map(|bytes| String::from_utf8_lossy(bytes).into_owned()),
                    place: format!("{}/{}", divergence.channel, divergence.stream),
                    excerpt: divergence.excerpt.clone(),
                    reproduce: result.reproduce.clone(),
                };
                let entry = found
                    .entry(divergence.signature.id.clone())
                    .or_insert_with(|| (finding(), size));
                entry.0.count += 1;
                if size < entry.1 {
                    let (count, part) = (entry.0.count, entry.0.part.clone());
                    *entry = (finding(), size);
                    entry.0.count = count;
                    entry.0.part = part;
                }
            }
        }
    }
    // A part may know of more programs than it lists.
    for (_, report) in reports {
        for (id, &count) in report.mutants.iter().flat_map(|mutants| &mutants.causes) {
            if let Some((finding, _)) = found.get_mut(id) {
                finding.count = finding.count.max(count as u64);
            }
        }
    }
    let mut findings: Vec<Finding> = found.into_values().map(|(finding, _)| finding).collect();
    findings.sort_by_key(|finding| (finding.status, std::cmp::Reverse(finding.count)));
    findings
}

/// What is not allowed in a program, each cause once.
fn divergences(result: &ProgramResult) -> Vec<&Divergence> {
    let mut list: Vec<&Divergence> = Vec::new();
    for comparison in &result.comparisons {
        if let Verdict::Diverge { divergences } = &comparison.verdict {
            for divergence in divergences {
                if !list.iter().any(|d| d.signature == divergence.signature) {
                    list.push(divergence);
                }
            }
        }
    }
    list
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::channel::{ChannelName, Stream};
    use crate::divergence::{Cause, Signature};
    use crate::report::Header;
    use crate::verdict::{Comparison, VerdictKind};

    pub(in crate::report) fn night() -> Night {
        let folder = tempfile::tempdir().unwrap();
        write_part(folder.path(), "run", "return <b>");
        let base = Some(("before".to_owned(), vec!["gone0000".to_owned()]));
        Night::gather(folder.path(), folder.path(), "abc1234".into(), base).unwrap()
    }

    fn write_part(folder: &Path, name: &str, source: &str) {
        fs::create_dir_all(folder.join(name)).unwrap();
        fs::write(folder.join("p.lua"), source).unwrap();
        let limits = crate::engine::Limits {
            time: std::time::Duration::from_secs(1),
            memory_mib: None,
            output: 1,
        };
        let signature = Signature::new(
            ChannelName::Output,
            Stream::Stdout,
            Cause::Differs,
            Some("<b>"),
            None,
        );
        let divergence = Divergence {
            channel: ChannelName::Output,
            stream: Stream::Stdout,
            cause: Cause::Differs,
            line: Some(1),
            left: Some("<b>".into()),
            right: None,
            excerpt: vec!["- <b>".into()],
            signature,
        };
        let entry = crate::corpus::Entry {
            id: "p.lua".into(),
            group: "g".into(),
            path: folder.join("p.lua"),
        };
        let mut result = ProgramResult::new(&entry, "cargo conformance run p.lua".into());
        result.verdict = VerdictKind::Diverge;
        result.comparisons = vec![Comparison {
            left: "oracle".into(),
            right: "rilua".into(),
            channels: vec![ChannelName::Output],
            masks: Vec::new(),
            verdict: Verdict::Diverge {
                divergences: vec![divergence],
            },
        }];
        let header = Header::new("run", Vec::new(), limits);
        let report = Report::new(header, vec![result], &Default::default(), true, 2.0);
        let json = serde_json::to_vec(&report).unwrap();
        fs::write(folder.join(name).join(RESULTS), json).unwrap();
    }

    #[test]
    fn tells_new_causes_from_those_that_are_gone() {
        let night = night();
        assert_eq!(night.newly_broken(), 1);
        assert_eq!(night.fixed, ["gone0000"]);
        assert_eq!(night.findings[0].source.as_deref(), Some("return <b>"));
        assert_eq!(night.point().programs, 1);
    }

    #[test]
    fn the_smallest_program_stands_for_a_cause() {
        let folder = tempfile::tempdir().unwrap();
        write_part(folder.path(), "a", "x");
        write_part(folder.path(), "b", "x");
        let night = Night::gather(folder.path(), folder.path(), "r".into(), None).unwrap();
        assert_eq!(night.findings.len(), 1);
        assert_eq!(night.findings[0].count, 2);
        assert_eq!(night.parts.len(), 2);
    }

    #[test]
    fn a_folder_without_results_says_what_to_do() {
        let folder = tempfile::tempdir().unwrap();
        let error = Night::gather(folder.path(), folder.path(), "r".into(), None).unwrap_err();
        assert!(error.to_string().contains("--report"), "{error}");
        fs::create_dir(folder.path().join("x")).unwrap();
        fs::write(folder.path().join("x").join(RESULTS), "{").unwrap();
        let error = Night::gather(folder.path(), folder.path(), "r".into(), None).unwrap_err();
        assert!(format!("{error:#}").contains("x/results.json"), "{error:#}");
    }
}
