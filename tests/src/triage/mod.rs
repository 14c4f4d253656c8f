//! Buckets: what campaigns have found, one for each signature, in a folder that outlives them.
//!
//! ```text
//! reports/findings/lock                     held while somebody writes
//! reports/findings/SIGNATURE/finding.json   a [`Bucket`]
//! reports/findings/SIGNATURE/program.lua    the smallest program known that shows it
//! reports/findings/SIGNATURE/whole.lua      the program in which it was found
//! ```
//!
//! Invariants:
//!
//! 1. A bucket is on the disk before anything else is done with what was found; each file is
//!    replaced as a whole, `finding.json` last.
//! 2. One process at a time writes to a folder.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::Path;

use anyhow::{Context as _, Result};
use serde::{Deserialize, Serialize};

use crate::corpus::header::EntryOrigin;
use crate::divergence::Divergence;

pub mod store;

pub use store::Store;

/// Where buckets are kept, below the root of the workspace.
pub const FOLDER: &str = "reports/findings";
/// The file that describes a bucket.
const FINDING: &str = "finding.json";
/// The smallest program.
pub const PROGRAM: &str = "program.lua";
/// The program as it was found.
pub const WHOLE: &str = "whole.lua";
/// Version of `finding.json`; a change that a reader has to know of makes it one more.
const VERSION: u32 = 1;

/// What is known of a bucket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    /// Nobody has seen it before the latest campaign.
    New,
    /// An earlier campaign found it.
    Known,
    /// `corpus/allow.toml` has an entry for it.
    Allowed,
    /// Its program shows it no more.
    Fixed,
}

impl std::fmt::Display for Status {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::New => "new",
            Self::Known => "known",
            Self::Allowed => "allowed",
            Self::Fixed => "fixed",
        })
    }
}

/// Where a program came from that showed a signature.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    /// What made it.
    pub origin: EntryOrigin,
    /// From which seed.
    pub seed: Option<u64>,
    /// In which of the generator's modes.
    pub mode: Option<String>,
    /// The program shows it only where the prelude has been run in the same state, as a chunk
    /// of its own (`conformance diff --prelude`).
    #[serde(default)]
    pub after_prelude: bool,
}

/// What a reduction came to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Reduced {
    /// Whether it came to its end.
    pub is_complete: bool,
    /// Texts that were looked at.
    pub examined: usize,
    /// How long it took.
    pub seconds: f64,
}

/// All that is known of one signature.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Bucket {
    /// Version of the format.
    pub version: u32,
    /// Where the sides part, in the smallest program; with the signature.
    pub divergence: Divergence,
    /// What is known of it.
    pub status: Status,
    /// How often it was found.
    pub count: u64,
    /// In how many of how many repetitions it showed.
    pub repeated: (u32, u32),
    /// When it was first found, UTC.
    pub first_seen: String,
    /// When it was last found, UTC.
    pub last_seen: String,
    /// Where the program came from that showed it first.
    pub source: Source,
    /// What a reduction came to; absent when there was none.
    pub reduced: Option<Reduced>,
    /// The command that shows it.
    pub reproduce: String,
}

impl Bucket {
    /// The id of its signature.
    pub fn id(&self) -> &str {
        &self.divergence.signature.id
    }
}

/// The buckets in a folder by the ids of their signatures, and remarks on what can't be read.
/// A folder that isn't there has none.
///
/// # Errors
///
/// When the folder can't be read.
pub fn load(folder: &Path) -> Result<(BTreeMap<String, Bucket>, Vec<String>)> {
    let mut buckets = BTreeMap::new();
    let mut remarks = Vec::new();
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok((buckets, remarks)),
        entries => entries.with_context(|| folder.display().to_string())?,
    };
    for entry in entries {
        let path = entry.with_context(|| folder.display().to_string())?.path();
        if !path.is_dir() {
            continue;
        }
        match read(&path.join(FINDING)) {
            Ok(bucket) => {
                buckets.insert(bucket.id().to_owned(), bucket);
            }
            Err(error) => remarks.push(format!("{error:#}; what else is in the folder is kept")),
        }
    }
    remarks.sort();
    Ok((buckets, remarks))
}

/// The bucket in a folder of its own.
///
/// # Errors
///
/// When it can't be read; the message names the file.
pub fn bucket(folder: &Path) -> Result<Bucket> {
    read(&folder.join(FINDING))
}

fn read(path: &Path) -> Result<Bucket> {
    let read = || -> Result<Bucket> {
        let bucket: Bucket = serde_json::from_slice(&fs::read(path)?)?;
        anyhow::ensure!(
            bucket.version == VERSION,
            "version {} of a finding, this program reads {VERSION}",
            bucket.version
        );
        Ok(bucket)
    };
    read().with_context(|| format!("{}: not a finding", path.display()))
}

/// Buckets as they are listed: the most frequent first.
pub fn sorted(buckets: &BTreeMap<String, Bucket>) -> Vec<&Bucket> {
    let mut sorted: Vec<&Bucket> = buckets.values().collect();
    sorted.sort_by_key(|bucket| std::cmp::Reverse(bucket.count));
    sorted
}
