//! One place where two observations part, and the short name of its cause.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::channel::{ChannelName, Stream};
use crate::text;

/// Digits of a signature.
pub const ID_LENGTH: usize = 8;

/// The way in which two observations part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Cause {
    /// Both are whole and they aren't the same.
    Differs,
    /// The right one was ended by a signal.
    Crash,
    /// The right one did not end in its time.
    TimeOut,
    /// The right one wrote more than it may.
    OutputLimit,
    /// The right one took more instructions or memory than it may.
    Budget,
}

/// One place where the observation on the right parts from the one on the left.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Divergence {
    /// The channel that found it.
    pub channel: ChannelName,
    /// What of that channel differs.
    pub stream: Stream,
    /// In which way.
    pub cause: Cause,
    /// First line that differs, from 1 (of the source, where chunks differ); absent where
    /// lines make no sense.
    pub line: Option<usize>,
    /// What the left has there, escaped; absent where it has ended.
    pub left: Option<String>,
    /// What the right has there, escaped; absent where it has ended.
    pub right: Option<String>,
    /// The lines around the place: `-` left only, `+` right only, two spaces both.
    pub excerpt: Vec<String>,
    /// The name of the cause.
    pub signature: Signature,
}

/// The short name of a cause. It is made from what differs, never from the program, so that
/// two programs with one cause share a bucket.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Signature {
    /// Eight hexadecimal digits.
    pub id: String,
    /// What the digits stand for: stream and lines without file names and numbers.
    pub message: String,
}

impl Signature {
    /// The signature of a difference between two lines of a stream.
    pub fn new(
        channel: ChannelName,
        stream: Stream,
        cause: Cause,
        left: Option<&str>,
        right: Option<&str>,
    ) -> Self {
        let side = |line: Option<&str>| line.map_or_else(|| "(end)".to_owned(), generalise);
        let message = match cause {
            // Two programs that crash differ in all they would have printed.
            Cause::Crash | Cause::TimeOut | Cause::OutputLimit | Cause::Budget => {
                format!("{channel}/{stream}: {}", side(right))
            }
            Cause::Differs => format!("{channel}/{stream}: {} | {}", side(left), side(right)),
        };
        let mut id = text::hexadecimal(&Sha256::digest(message.as_bytes()));
        id.truncate(ID_LENGTH);
        Self { id, message }
    }
}

/// A line without what belongs to the one program: names of Lua files become `FILE`, digits `N`.
fn generalise(line: &str) -> String {
    let mut general = String::new();
    let mut word = String::new();
    for c in line.chars().chain([' ']) {
        if c.is_ascii_alphanumeric() || "_-./".contains(c) {
            word.push(c);
            continue;
        }
        general.push_str(&generalise_word(&word));
        word.clear();
        general.push(c);
    }
    general.pop();
    general
}

fn generalise_word(word: &str) -> String {
    if word.ends_with(".lua") {
        return "FILE".to_owned();
    }
    let mut general = String::new();
    for c in word.chars() {
        if !c.is_ascii_digit() {
            general.push(c);
        } else if !general.ends_with('N') {
            general.push('N');
        }
    }
    general
}

#[cfg(test)]
mod tests {
    use super::*;

    fn signature(left: &str, right: &str) -> Signature {
        Signature::new(
            ChannelName::Output,
            Stream::Stderr,
            Cause::Differs,
            Some(left),
            Some(right),
        )
    }

    #[test]
    fn programs_with_one_cause_share_a_signature() {
        let one = signature(
            "lua: a.lua:12: attempt to call nil",
            "lua: a.lua:13: attempt to call nil",
        );
        let two = signature(
            "lua: dir/b_2.lua:7: attempt to call nil",
            "lua: dir/b_2.lua:108: attempt to call nil",
        );
        assert_eq!(one, two);
        assert_eq!(one.id.len(), 8);
        assert_ne!(
            one,
            signature(
                "lua: a.lua:12: attempt to call nil",
                "lua: a.lua:12: attempt to index nil"
            )
        );
    }
}
