//! The head of a corpus entry: lines at the beginning of a program that say where it comes from.
//!
//! ```text
//! --@ origin: generated
//! --@ seed: 1234
//! --@ mode: total
//! --@ found: 2026-03-01 0123abc
//! --@ signature: 89abcdef output/stdout: N | nil
//! --@ channels: output error
//! ```
//!
//! A program without such lines was written by hand and says of itself what it likes.

use std::fmt;

use anyhow::{Context as _, Result, bail};
use serde::de::IntoDeserializer as _;
use serde::{Deserialize, Serialize};

use crate::channel::ChannelName;
use crate::divergence::{ID_LENGTH, Signature};

/// How a line of the head begins.
const MARK: &str = "--@";

/// Where a program comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EntryOrigin {
    /// A campaign generated it.
    Generated,
    /// It is a change of another program.
    Mutant,
    /// It is one of all small programs.
    Exhaustive,
    /// A fuzzer found it.
    Fuzzed,
    /// Somebody wrote it.
    Written,
}

/// What the head says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EntryHeader {
    /// Where the program comes from.
    pub origin: EntryOrigin,
    /// What it was generated from.
    pub seed: Option<u64>,
    /// The generator's mode.
    pub mode: Option<String>,
    /// The day on which it was found and the revision of the tree, as `2026-03-01 0123abc`.
    pub found: String,
    /// What it showed.
    pub signature: Option<Signature>,
    /// The channels in which both sides have to agree.
    pub channels: Vec<ChannelName>,
}

impl fmt::Display for EntryOrigin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Generated => "generated",
            Self::Mutant => "mutant",
            Self::Exhaustive => "exhaustive",
            Self::Fuzzed => "fuzzed",
            Self::Written => "written",
        })
    }
}

impl fmt::Display for EntryHeader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{MARK} origin: {}", self.origin)?;
        if let Some(seed) = self.seed {
            writeln!(f, "{MARK} seed: {seed}")?;
        }
        if let Some(mode) = &self.mode {
            writeln!(f, "{MARK} mode: {mode}")?;
        }
        writeln!(f, "{MARK} found: {}", self.found)?;
        if let Some(signature) = &self.signature {
            writeln!(
                f,
                "{MARK} signature: {} {}",
                signature.id, signature.message
            )?;
        }
        write!(f, "{MARK} channels:")?;
        for channel in &self.channels {
            write!(f, " {channel}")?;
        }
        writeln!(f)
    }
}

impl EntryHeader {
    /// Reads the head of a program, `None` when it has none.
    ///
    /// # Errors
    ///
    /// When a line of the head makes no sense, or one is missing; the message has its number.
    pub fn parse(source: &[u8]) -> Result<Option<Self>> {
        let mut fields = Fields::default();
        let mut is_inside = true;
        let mut lines = 0;
        for (number, line) in (1..).zip(source.split(|&byte| byte == b'\n')) {
            let Some(rest) = line.strip_prefix(MARK.as_bytes()) else {
                is_inside = false;
                continue;
            };
            let mut read = || {
                if !is_inside {
                    bail!("a line of the head ({MARK}) behind other lines");
                }
                let text = std::str::from_utf8(rest).context("not UTF-8")?;
                let Some((name, value)) = text.split_once(':') else {
                    bail!("not `{MARK} NAME: VALUE`");
                };
                fields.add(name.trim(), value.trim())
            };
            read().with_context(|| format!("line {number}"))?;
            lines += 1;
        }
        if lines == 0 {
            return Ok(None);
        }
        fields.finish().context("head").map(Some)
    }

    /// The program without its head.
    pub fn strip(source: &[u8]) -> &[u8] {
        let mut rest = source;
        while rest.starts_with(MARK.as_bytes()) {
            let end = rest.iter().position(|&byte| byte == b'\n');
            rest = end.and_then(|end| rest.get(end + 1..)).unwrap_or_default();
        }
        rest
    }
}

#[derive(Default)]
struct Fields {
    origin: Option<EntryOrigin>,
    seed: Option<u64>,
    mode: Option<String>,
    found: Option<String>,
    signature: Option<Signature>,
    channels: Option<Vec<ChannelName>>,
}

impl Fields {
    fn add(&mut self, name: &str, value: &str) -> Result<()> {
        let is_new = match name {
            "origin" => self.origin.replace(word(value)?).is_none(),
            "seed" => {
                let seed = value
                    .parse()
                    .with_context(|| format!("seed {value:?} is no number"))?;
                self.seed.replace(seed).is_none()
            }
            "mode" => self.mode.replace(one_word(value)?).is_none(),
            "found" => self.found.replace(found(value)?).is_none(),
            "signature" => self.signature.replace(signature(value)?).is_none(),
            "channels" => {
                let channels = value
                    .split_whitespace()
                    .map(word)
                    .collect::<Result<Vec<_>>>()?;
                if channels.is_empty() {
                    bail!("no channels");
                }
                self.channels.replace(channels).is_none()
            }
            other => bail!(
                "unknown field {other:?}; there are origin, seed, mode, found, signature, channels"
            ),
        };
        if !is_new {
            bail!("{name} is given twice");
        }
        Ok(())
    }

    fn finish(self) -> Result<EntryHeader> {
        let (Some(origin), Some(found), Some(channels)) = (self.origin, self.found, self.channels)
        else {
            bail!("origin, found and channels have to be given");
        };
        if origin == EntryOrigin::Generated && (self.seed.is_none() || self.mode.is_none()) {
            bail!("a generated program has a seed and a mode");
        }
        Ok(EntryHeader {
            origin,
            seed: self.seed,
            mode: self.mode,
            found,
            signature: self.signature,
            channels,
        })
    }
}

/// One of the words of an enumeration.
fn word<'de, T: Deserialize<'de>>(text: &'de str) -> Result<T> {
    let text: serde::de::value::StrDeserializer<'_, serde::de::value::Error> =
        text.into_deserializer();
    Ok(T::deserialize(text)?)
}

fn one_word(text: &str) -> Result<String> {
    if text.is_empty() || text.contains(char::is_whitespace) {
        bail!("{text:?} is not one word");
    }
    Ok(text.to_owned())
}

fn found(text: &str) -> Result<String> {
    let day = text.split(' ').next().unwrap_or_default();
    let is_day = day.len() == 10
        && day.bytes().enumerate().all(|(index, byte)| match index {
            4 | 7 => byte == b'-',
            _ => byte.is_ascii_digit(),
        });
    if !is_day {
        bail!("found {text:?} does not begin with a day like 2026-03-01");
    }
    Ok(text.to_owned())
}

fn signature(text: &str) -> Result<Signature> {
    let (id, message) = text.split_once(' ').unwrap_or((text, ""));
    if id.len() != ID_LENGTH || !id.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        bail!("signature {id:?} is no id like 0123abcd");
    }
    Ok(Signature {
        id: id.to_owned(),
        message: message.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "--@ origin: generated\n--@ seed: 12\n--@ mode: total\n\
        --@ found: 2026-03-01 0123abc\n--@ signature: 89abcdef output/stdout: N | nil\n\
        --@ channels: output bytecode\n";

    #[test]
    fn what_is_written_is_read() {
        let source = format!("{HEAD}print(1) --@ not a line of the head\n");
        let header = EntryHeader::parse(source.as_bytes()).unwrap().unwrap();
        assert_eq!(header.seed, Some(12));
        assert_eq!(
            header.channels,
            [ChannelName::Output, ChannelName::Bytecode]
        );
        assert_eq!(header.to_string(), HEAD);
        assert!(EntryHeader::strip(source.as_bytes()).starts_with(b"print"));
        assert_eq!(EntryHeader::parse(b"print(1)\n-- x\n").unwrap(), None);
        assert_eq!(EntryHeader::parse(b"").unwrap(), None);
    }

    #[test]
    fn a_corrupt_head_is_told() {
        for (from, to, message) in [
            ("--@ seed: 12\n", "", "has a seed and a mode"),
            ("seed: 12", "seed: 1x", "line 2: seed \"1x\" is no number"),
            ("seed: 12", "seed 12", "line 2: not `--@ NAME: VALUE`"),
            ("seed:", "sead:", "line 2: unknown field \"sead\""),
            ("mode: total", "seed: 3", "line 3: seed is given twice"),
            ("generated", "found", "line 1: unknown variant `found`"),
            ("2026-03-01", "yesterday", "a day like 2026-03-01"),
            ("89abcdef", "89abcde", "line 5: signature"),
            ("bytecode", "bitecode", "line 6: unknown variant `bitecode`"),
            ("output bytecode", "", "line 6: no channels"),
            (
                "--@ found",
                "x = 1\n--@ found",
                "line 5: a line of the head",
            ),
            ("--@ channels: output bytecode\n", "", "have to be given"),
        ] {
            let source = HEAD.replace(from, to);
            assert_ne!(source, HEAD, "{from}");
            let error = format!("{:#}", EntryHeader::parse(source.as_bytes()).unwrap_err());
            assert!(error.contains(message), "{error}");
        }
        let mut bytes = HEAD.as_bytes().to_vec();
        bytes.splice(4..4, *b"\xff");
        let error = format!("{:#}", EntryHeader::parse(&bytes).unwrap_err());
        assert!(error.contains("line 1: not UTF-8"), "{error}");
    }
}
