//! Candidates looked at by both implementations in this process.

use anyhow::Result;

use super::Examine;
use crate::divergence::{Divergence, Signature};
use crate::pair::{Pair, PairOptions};
use crate::program::{Origin, Program};
use crate::verdict::Verdict;

/// What every candidate is called: a signature doesn't know the file's name, but a program can.
const NAME: &str = "program.lua";

/// Compares texts one after the other.
#[derive(Debug)]
pub struct InProcess {
    pair: Pair,
    /// Where the sides parted in the last text.
    last: Vec<Divergence>,
}

impl InProcess {
    /// Both implementations, compared as these options say.
    ///
    /// # Errors
    ///
    /// When the prelude among the options can't be compiled.
    pub fn new(options: PairOptions) -> Result<Self> {
        let pair = Pair::new(options).map_err(|fault| anyhow::anyhow!("{fault}"))?;
        Ok(Self {
            pair,
            last: Vec::new(),
        })
    }

    /// Where the sides parted in the text that was looked at last, for a signature.
    pub fn divergence(&self, id: &str) -> Option<Divergence> {
        let mut last = self.last.iter();
        last.find(|found| found.signature.id == id).cloned()
    }
}

impl Examine for InProcess {
    fn examine(&mut self, texts: &[&[u8]]) -> Result<Vec<Vec<Signature>>> {
        let mut shown = Vec::new();
        for text in texts {
            let program = Program::from_source(NAME, Origin::Text, *text);
            let judged = self.pair.compare(&program);
            if let Verdict::HarnessError { fault } = &judged.verdict {
                anyhow::bail!("{fault}");
            }
            self.last = match judged.verdict {
                Verdict::Diverge { divergences } => divergences,
                _ => Vec::new(),
            };
            shown.push(
                self.last
                    .iter()
                    .map(|found| found.signature.clone())
                    .collect(),
            );
        }
        Ok(shown)
    }
}
