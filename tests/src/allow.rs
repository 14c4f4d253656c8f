//! `corpus/allow.toml`: the differences that we know of and accept.

use std::collections::HashSet;
use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result, bail};
use serde::Deserialize;
use toml::value::Datetime;

use crate::channel::ChannelName;
use crate::clock;
use crate::divergence::{Cause, Divergence, ID_LENGTH};

/// Where the list is, below the root of the workspace.
pub const FILE: &str = "corpus/allow.toml";

/// One accepted difference.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Allowance {
    /// Its name, unique in the list.
    pub id: String,
    /// The cause that is accepted, in whatever program: the id of its signature.
    pub signature: String,
    /// The channel in which it shows.
    pub channel: ChannelName,
    /// Why it is accepted.
    pub reason: String,
    /// The item of `lua-5.1.1/DIFFERENCES.md` that says so, like `D21`.
    pub reference: String,
    /// A program that shows it, by the path from the root of the workspace.
    pub witness: String,
    /// The day it was added.
    pub date: Datetime,
    /// The last day on which it holds; on the next one somebody has to look at it again.
    pub expiry: Datetime,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    allow: Vec<Allowance>,
}

/// The list.
#[derive(Debug, Clone, Default)]
pub struct AllowList {
    entries: Vec<Allowance>,
    today: String,
}

impl AllowList {
    /// Reads the list of the workspace at `root`. Without a file, nothing is allowed.
    ///
    /// # Errors
    ///
    /// When the file can't be read or an entry makes no sense; the message names it.
    pub fn load(root: &Path) -> Result<Self> {
        let path = root.join(FILE);
        if !path.exists() {
            return Ok(Self::default());
        }
        let text = fs::read_to_string(&path).with_context(|| path.display().to_string())?;
        Self::parse(&text, root, clock::date(clock::now()))
            .with_context(|| path.display().to_string())
    }

    fn parse(text: &str, root: &Path, today: String) -> Result<Self> {
        let entries = toml::from_str::<File>(text)?.allow;
        let mut ids = HashSet::new();
        for entry in &entries {
            let id = &entry.id;
            if id.trim().is_empty() || entry.reason.trim().is_empty() {
                bail!("entry {id:?}: id and reason must not be empty");
            }
            if !ids.insert(id) {
                bail!("entry {id}: this id is used twice");
            }
            let number = entry.reference.strip_prefix('D').unwrap_or_default();
            if number.is_empty() || !number.bytes().all(|byte| byte.is_ascii_digit()) {
                bail!(
                    "entry {id}: reference {:?} is no item like D21",
                    entry.reference
                );
            }
            let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_hexdigit());
            if entry.signature.len() != ID_LENGTH || !digits(&entry.signature) {
                bail!(
                    "entry {id}: signature {:?} is no id like 0123abcd",
                    entry.signature
                );
            }
            if !is_day(&entry.date) || !is_day(&entry.expiry) {
                bail!("entry {id}: date and expiry are days like 2026-03-01");
            }
            if !root.join(&entry.witness).is_file() {
                bail!("entry {id}: there is no witness {}", entry.witness);
            }
        }
        Ok(Self { entries, today })
    }

    /// The entries about these channels; a verb that doesn't look at the others can't say that
    /// they are of no use.
    pub fn about(mut self, channels: &[ChannelName]) -> Self {
        self.entries
            .retain(|entry| channels.contains(&entry.channel));
        self
    }

    /// All entries.
    pub fn entries(&self) -> &[Allowance] {
        &self.entries
    }

    /// The entries under which a program may show these divergences; `None` when one of them
    /// isn't covered. A crash or a time-out never is.
    pub fn covering(&self, divergences: &[Divergence]) -> Option<Vec<String>> {
        let mut ids = Vec::new();
        for found in divergences {
            let entry = self.entries.iter().find(|entry| {
                found.cause == Cause::Differs
                    && entry.signature == found.signature.id
                    && entry.channel == found.channel
                    && !self.has_expired(entry)
            })?;
            if !ids.contains(&entry.id) {
                ids.push(entry.id.clone());
            }
        }
        Some(ids)
    }

    /// Entries whose witness is one of these programs and that none of the used ids names:
    /// nothing differs any more.
    pub fn unused<'a>(
        &'a self,
        programs: &HashSet<&str>,
        used: &HashSet<&str>,
    ) -> Vec<&'a Allowance> {
        let is_unused = |entry: &&Allowance| {
            programs.contains(entry.witness.as_str()) && !used.contains(entry.id.as_str())
        };
        self.entries.iter().filter(is_unused).collect()
    }

    /// Whether the last day of an entry is over.
    pub fn has_expired(&self, entry: &Allowance) -> bool {
        entry.expiry.to_string() < self.today
    }
}

fn is_day(date: &Datetime) -> bool {
    date.date.is_some() && date.time.is_none() && date.offset.is_none()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::channel::Stream;
    use crate::divergence::Signature;

    const ENTRY: &str = r#"
        [[allow]]
        id = "hash-order"
        signature = "SIGNATURE"
        witness = "p.lua"
        channel = "output"
        reason = "undefined in C"
        reference = "D21"
        date = 2026-03-01
        expiry = 2026-04-01
    "#;

    fn parse(text: &str, today: &str) -> Result<AllowList> {
        let root = tempfile::tempdir().unwrap();
        fs::write(root.path().join("p.lua"), "").unwrap();
        let known = divergence(ChannelName::Output, Cause::Differs).signature;
        let text = &text.replace("SIGNATURE", &known.id);
        AllowList::parse(text, root.path(), today.to_owned())
    }

    fn divergence(channel: ChannelName, cause: Cause) -> Divergence {
        let stream = Stream::Stdout;
        Divergence {
            channel,
            stream,
            cause,
            line: None,
            left: None,
            right: None,
            excerpt: Vec::new(),
            signature: Signature::new(channel, stream, cause, None, None),
        }
    }

    #[test]
    fn covers_its_signature_and_channel_until_it_expires() {
        let list = parse(ENTRY, "2026-04-01").unwrap();
        let output = divergence(ChannelName::Output, Cause::Differs);
        assert_eq!(
            list.covering(std::slice::from_ref(&output)),
            Some(vec!["hash-order".to_owned()])
        );
        let mut other = output.clone();
        other.signature.id = "00000000".to_owned();
        assert_eq!(list.covering(&[other]), None);
        let both = [
            output.clone(),
            divergence(ChannelName::Bytecode, Cause::Differs),
        ];
        assert_eq!(list.covering(&both), None);
        assert_eq!(
            list.covering(&[divergence(ChannelName::Output, Cause::Crash)]),
            None
        );
        assert_eq!(
            parse(ENTRY, "2026-04-02").unwrap().covering(&[output]),
            None
        );
    }

    #[test]
    fn unused_entries_are_found() {
        let list = parse(ENTRY, "2026-03-02").unwrap();
        let (programs, used) = (HashSet::from(["p.lua"]), HashSet::from(["hash-order"]));
        assert_eq!(list.unused(&programs, &HashSet::new()).len(), 1);
        assert_eq!(list.unused(&programs, &used).len(), 0);
        assert_eq!(list.unused(&HashSet::new(), &HashSet::new()).len(), 0);
    }

    #[test]
    fn says_what_is_wrong() {
        for (from, to, message) in [
            ("p.lua", "gone.lua", "no witness gone.lua"),
            ("SIGNATURE", "x", "no id like"),
            ("D21", "21", "no item like D21"),
            ("\"output\"", "\"outptu\"", "outptu"),
            ("expiry", "expires", "expires"),
            ("2026-03-01", "2026-03-01T10:00:00Z", "days like"),
            ("undefined in C", " ", "must not be empty"),
        ] {
            let error = format!(
                "{:#}",
                parse(&ENTRY.replace(from, to), "2026-03-02").unwrap_err()
            );
            assert!(error.contains(message), "{error}");
        }
        let twice = format!("{ENTRY}{ENTRY}");
        assert!(
            parse(&twice, "2026-03-02")
                .unwrap_err()
                .to_string()
                .contains("twice")
        );
    }
}
