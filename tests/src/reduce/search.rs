//! The search for a smaller text that shows the same: which texts were looked at already, how
//! many more may be, and what else was met on the way.

use std::collections::{BTreeMap, HashMap};
use std::ops::Range;
use std::time::Instant;

use anyhow::Result;
use sha2::{Digest as _, Sha256};

use super::{Bounds, Examine};
use crate::divergence::Signature;

/// A search under way.
pub(super) struct Search<'a> {
    examiner: &'a mut dyn Examine,
    /// The signature that must stay.
    wanted: &'a str,
    /// Whether a text that was looked at shows it, by the text's digest.
    seen: HashMap<[u8; 32], bool>,
    bounds: Bounds,
    start: Instant,
    /// Texts that were looked at.
    pub examined: usize,
    /// Other signatures, each with the smallest text that shows it.
    pub others: BTreeMap<Signature, Vec<u8>>,
}

impl<'a> Search<'a> {
    pub(super) fn new(examiner: &'a mut dyn Examine, wanted: &'a str, bounds: Bounds) -> Self {
        Self {
            examiner,
            wanted,
            seen: HashMap::new(),
            bounds,
            start: Instant::now(),
            examined: 0,
            others: BTreeMap::new(),
        }
    }

    /// Whether no more texts are looked at.
    pub(super) fn is_over(&self) -> bool {
        self.examined >= self.bounds.candidates || self.start.elapsed() >= self.bounds.time
    }

    /// How many texts are best looked at together.
    pub(super) fn batch(&self) -> usize {
        self.examiner.batch().max(1)
    }

    /// Whether a text shows it. What can't be looked at any more doesn't.
    pub(super) fn shows(&mut self, text: &[u8]) -> Result<bool> {
        Ok(self.first(&[text.to_vec()])?.is_some())
    }

    /// The first of some texts that shows it.
    pub(super) fn first(&mut self, texts: &[Vec<u8>]) -> Result<Option<usize>> {
        let digests: Vec<[u8; 32]> = texts
            .iter()
            .map(|text| Sha256::digest(text).into())
            .collect();
        let mut unknown = Vec::new();
        for (text, digest) in texts.iter().zip(&digests) {
            match self.seen.get(digest) {
                // Nothing behind it can be the first one.
                Some(true) => break,
                Some(false) => {}
                None => unknown.push((text, digest)),
            }
        }
        for batch in unknown.chunks(self.batch()) {
            if self.is_over() {
                break;
            }
            self.examined += batch.len();
            let batch_texts: Vec<&[u8]> = batch.iter().map(|(text, _)| text.as_slice()).collect();
            let shown = self.examiner.examine(&batch_texts)?;
            let mut found = false;
            for ((text, digest), signatures) in batch.iter().zip(shown) {
                let shows = signatures.iter().any(|other| other.id == self.wanted);
                self.seen.insert(**digest, shows);
                found |= shows;
                if !shows {
                    self.note(text, signatures);
                }
            }
            if found {
                break;
            }
        }
        Ok(digests
            .iter()
            .position(|digest| self.seen.get(digest) == Some(&true)))
    }

    /// Keeps what a text shows in place of what is looked for.
    fn note(&mut self, text: &[u8], signatures: Vec<Signature>) {
        // The first one is the cause, the others may be its consequences.
        if let Some(signature) = signatures.into_iter().next() {
            let smallest = self
                .others
                .entry(signature)
                .or_insert_with(|| text.to_vec());
            if text.len() < smallest.len() {
                *smallest = text.to_vec();
            }
        }
    }
}

/// Leaves out parts of a row, first halves, then smaller ones, then single ones, as long as
/// what is left shows it (Zeller's ddmin, in which the complements alone are looked at).
/// `count` says how many parts there are, `without` gives the text without a range of them, if
/// that is one, and `leave_out` makes it so.
pub(super) fn leave_out_parts<T>(
    search: &mut Search<'_>,
    state: &mut T,
    count: impl Fn(&T) -> usize,
    without: impl Fn(&T, Range<usize>) -> Option<Vec<u8>>,
    leave_out: impl Fn(&mut T, Range<usize>),
) -> Result<()> {
    let mut size = count(state);
    let mut start = 0;
    while size > 0 && count(state) > 0 && !search.is_over() {
        let mut ranges = Vec::new();
        let mut texts = Vec::new();
        while start < count(state) && texts.len() < search.batch() {
            let range = start..count(state).min(start + size);
            start = range.end;
            if let Some(text) = without(state, range.clone()) {
                ranges.push(range);
                texts.push(text);
            }
        }
        if let Some(range) = search.first(&texts)?.and_then(|found| ranges.get(found)) {
            leave_out(state, range.clone());
            start = range.start;
        }
        if start >= count(state) {
            start = 0;
            size = if size == 1 { 0 } else { size.div_ceil(2) };
        }
    }
    Ok(())
}
