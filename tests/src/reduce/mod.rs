//! Reducers: a text made small without losing what it shows.
//!
//! What it shows is a [`Signature`], never "some difference": while a program gets smaller, it
//! may begin to show something else, and that would be another finding. Such signatures are
//! handed back with the smallest text that shows them.
//!
//! First lines are left out, then parts of the syntax tree (statements, bodies in place of what
//! is around them, one round in place of a loop, values in place of variables, simpler literals,
//! shorter names), and what is left is printed in one layout. A text that is no program is
//! reduced by its tokens and bytes. What the texts show is somebody else's to say, see
//! [`Examine`]; no text is looked at twice.

use std::fmt;
use std::time::{Duration, Instant};

use anyhow::Result;

use crate::divergence::Signature;

mod edits;
pub mod in_process;
pub mod parse;
pub mod print;
mod program;
mod search;
mod text;
pub mod tree;

use search::Search;

/// Says what texts show.
pub trait Examine {
    /// The signatures that each of some texts shows, the first cause first; none where both
    /// sides agree or can't be compared.
    ///
    /// # Errors
    ///
    /// A fault of the harness, which ends the reduction.
    fn examine(&mut self, texts: &[&[u8]]) -> Result<Vec<Vec<Signature>>>;

    /// How many texts are best looked at together; at least one.
    fn batch(&self) -> usize {
        1
    }
}

/// How far a reduction may go.
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    /// Texts that are looked at.
    pub candidates: usize,
    /// Time by the clock on the wall; the text that is looked at when it is over is finished.
    pub time: Duration,
}

/// The smallest parts that are left out of a text that is a program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Finest {
    /// Parts of its tree: what comes out is a program in a readable layout.
    Tree,
    /// Bytes: what comes out is as short as can be.
    Bytes,
}

/// What came out of a reduction.
#[derive(Debug, Clone, PartialEq)]
pub struct Reduction {
    /// The smallest text found.
    pub text: Vec<u8>,
    /// What it shows, as the whole text did.
    pub signature: Signature,
    /// Texts that were looked at.
    pub examined: usize,
    /// How long it took.
    pub time: Duration,
    /// Whether it came to its end within the bounds.
    pub is_complete: bool,
    /// Other signatures that were met, each with the smallest text that showed it.
    pub others: Vec<(Signature, Vec<u8>)>,
}

/// Why there is nothing to reduce.
#[derive(Debug)]
pub enum Refusal {
    /// The text does not show the signature; these it does show.
    NotShown(Vec<Signature>),
    /// The empty program shows it too: it is no matter of the program.
    ShownByNothing(Signature),
    /// The texts could not be looked at.
    Fault(anyhow::Error),
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotShown(shown) if shown.is_empty() => {
                f.write_str("both sides agree, so there is nothing to reduce")
            }
            Self::NotShown(shown) => {
                f.write_str("the program does not show this signature; it shows")?;
                for signature in shown {
                    write!(f, " {} ({})", signature.id, signature.message)?;
                }
                Ok(())
            }
            Self::ShownByNothing(signature) => write!(
                f,
                "the empty program shows {} too ({}): look at the engines, not at the program",
                signature.id, signature.message
            ),
            Self::Fault(error) => write!(f, "{error:#}"),
        }
    }
}

impl std::error::Error for Refusal {}

impl From<anyhow::Error> for Refusal {
    fn from(error: anyhow::Error) -> Self {
        Self::Fault(error)
    }
}

/// Makes a text small that shows the signature with this id, or, without one, the first it
/// shows.
///
/// # Errors
///
/// See [`Refusal`].
pub fn reduce(
    whole: &[u8],
    wanted: Option<&str>,
    finest: Finest,
    bounds: Bounds,
    examiner: &mut dyn Examine,
) -> Result<Reduction, Refusal> {
    let start = Instant::now();
    let shown = examiner.examine(&[whole])?.pop().unwrap_or_default();
    let found = shown
        .iter()
        .find(|signature| wanted.is_none_or(|wanted| signature.id == wanted));
    let Some(signature) = found.cloned() else {
        return Err(Refusal::NotShown(shown));
    };
    let mut search = Search::new(examiner, &signature.id, bounds);
    if search.shows(b"")? {
        return Err(Refusal::ShownByNothing(signature));
    }
    let mut text = whole.to_vec();
    loop {
        let before = text.len();
        text::lines(&mut search, &mut text)?;
        let is_printed = program::reduce(&mut search, &mut text)?;
        if !is_printed || finest == Finest::Bytes {
            text::pieces(&mut search, &mut text)?;
            text::bytes(&mut search, &mut text)?;
        }
        if !is_printed && finest == Finest::Tree {
            text::layout(&mut search, &mut text)?;
        }
        if text.len() == before || search.is_over() {
            break;
        }
    }
    let is_complete = !search.is_over();
    let (examined, others) = (search.examined, std::mem::take(&mut search.others));
    Ok(Reduction {
        text,
        signature,
        examined,
        time: start.elapsed(),
        is_complete,
        others: others.into_iter().collect(),
    })
}

#[cfg(test)]
mod tests;
