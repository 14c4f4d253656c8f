//! What comes out of comparing two sides of one program.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::channel::{ChannelName, Mask};
use crate::divergence::Divergence;

/// Something that kept the harness from looking; never a finding about an engine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fault {
    /// What kind of thing went wrong.
    pub cause: FaultCause,
    /// What it was, naming the file.
    pub message: String,
}

/// The kinds of faults.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FaultCause {
    /// An engine's program isn't there or can't be executed.
    MissingEngine,
    /// The program, one of its side files or its folder can't be used.
    BadProgram,
    /// Anything else: no process, no pipe, no temporary file.
    Harness,
}

impl Fault {
    /// A fault of the given kind.
    pub fn new(cause: FaultCause, message: impl Into<String>) -> Self {
        Self {
            cause,
            message: message.into(),
        }
    }
}

impl fmt::Display for FaultCause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::MissingEngine => "missing engine",
            Self::BadProgram => "bad program",
            Self::Harness => "harness fault",
        })
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.cause, self.message)
    }
}

/// What comes out for one pair of sides.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Verdict {
    /// Every channel that both sides have is the same.
    Agree,
    /// They differ, and nothing says that they may.
    Diverge {
        /// Every place found.
        divergences: Vec<Divergence>,
    },
    /// They differ, and `corpus/allow.toml` says that they may.
    Allowed {
        /// The entries that say so.
        ids: Vec<String>,
        /// Every place found.
        divergences: Vec<Divergence>,
    },
    /// They can't be compared.
    Poisoned {
        /// Why not.
        reason: String,
    },
    /// The oracle crashed: C's behaviour is undefined here and gives nothing to compare with.
    OracleUb {
        /// How it ended.
        reason: String,
    },
    /// The harness failed.
    HarnessError {
        /// At what.
        fault: Fault,
    },
}

/// The verdicts without what they carry, from the best to the worst.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum VerdictKind {
    /// See [`Verdict::Agree`].
    Agree,
    /// See [`Verdict::Allowed`].
    Allowed,
    /// See [`Verdict::Poisoned`].
    Poisoned,
    /// See [`Verdict::OracleUb`].
    OracleUb,
    /// See [`Verdict::Diverge`].
    Diverge,
    /// See [`Verdict::HarnessError`]; the worst, because the figures can't be relied on.
    HarnessError,
}

impl Verdict {
    /// The verdict without what it carries.
    pub fn kind(&self) -> VerdictKind {
        match self {
            Self::Agree => VerdictKind::Agree,
            Self::Diverge { .. } => VerdictKind::Diverge,
            Self::Allowed { .. } => VerdictKind::Allowed,
            Self::Poisoned { .. } => VerdictKind::Poisoned,
            Self::OracleUb { .. } => VerdictKind::OracleUb,
            Self::HarnessError { .. } => VerdictKind::HarnessError,
        }
    }

    /// Why the sides could not be compared; nothing where they were.
    pub fn reason(&self) -> Option<String> {
        match self {
            Self::Poisoned { reason } | Self::OracleUb { reason } => Some(reason.clone()),
            Self::HarnessError { fault } => Some(fault.to_string()),
            Self::Agree | Self::Diverge { .. } | Self::Allowed { .. } => None,
        }
    }

    /// The places found, allowed or not.
    pub fn divergences(&self) -> &[Divergence] {
        match self {
            Self::Diverge { divergences } | Self::Allowed { divergences, .. } => divergences,
            _ => &[],
        }
    }
}

impl fmt::Display for VerdictKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Agree => "agree",
            Self::Allowed => "allowed",
            Self::Poisoned => "poisoned",
            Self::OracleUb => "oracle-ub",
            Self::Diverge => "diverge",
            Self::HarnessError => "harness-error",
        })
    }
}

/// Two sides compared.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Comparison {
    /// The side taken as right: `record` or the name of an engine.
    pub left: String,
    /// The engine that is judged.
    pub right: String,
    /// The channels that were compared.
    pub channels: Vec<ChannelName>,
    /// Where the sides are the same only because addresses are masked.
    pub masks: Vec<Mask>,
    /// What came out.
    pub verdict: Verdict,
}
