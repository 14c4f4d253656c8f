//! Reduction of a program by its tree. Every change that is kept makes the printed text
//! shorter, or leaves its length and makes it come earlier in the order of texts; so the
//! search ends.

use std::ops::Range;

use anyhow::Result;

use super::edits::{self, Edit};
use super::parse::parse;
use super::print::print;
use super::search::{Search, leave_out_parts};
use super::tree::Block;

/// A tree and its text.
struct State {
    tree: Block,
    text: Vec<u8>,
}

impl State {
    /// The state after a change, when that is a smaller program.
    fn changed(&self, change: impl FnOnce(&mut Block)) -> Option<Self> {
        let mut tree = self.tree.clone();
        change(&mut tree);
        let text = print(&tree);
        if (text.len(), &text) >= (self.text.len(), &self.text) {
            return None;
        }
        // What is read again has the parentheses that were added, and is a program.
        let tree = parse(&text)?;
        Some(Self { tree, text })
    }
}

/// Reduces a text that parses; false when it doesn't, or when its printed tree doesn't show what
/// the text does.
pub(super) fn reduce(search: &mut Search<'_>, text: &mut Vec<u8>) -> Result<bool> {
    let Some(tree) = parse(text) else {
        return Ok(false);
    };
    let printed = print(&tree);
    if printed != *text && !search.shows(&printed)? {
        return Ok(false);
    }
    let mut state = State {
        tree,
        text: printed,
    };
    loop {
        let before = state.text.len();
        statements(search, &mut state)?;
        try_edits(search, &mut state, edits::of_statements)?;
        all_lists(search, &mut state)?;
        try_edits(search, &mut state, edits::of_expressions)?;
        try_edits(search, &mut state, edits::of_names)?;
        if state.text.len() == before || search.is_over() {
            break;
        }
    }
    *text = state.text;
    Ok(true)
}

/// Leaves out statements, those of outer blocks first.
fn statements(search: &mut Search<'_>, state: &mut State) -> Result<()> {
    let mut block = 0;
    while block < edits::lists(&state.tree).0 && !search.is_over() {
        let count = |state: &State| {
            let mut count = 0;
            let mut tree = state.tree.clone();
            edits::with_block(&mut tree, block, |block| count = block.statements.len());
            count
        };
        let cut = |range: Range<usize>| {
            move |tree: &mut Block| {
                edits::with_block(tree, block, |block| {
                    block.statements.drain(range);
                });
            }
        };
        leave_out_from(search, state, count, cut)?;
        block += 1;
    }
    Ok(())
}

/// Leaves out parts of everything that stands in a row.
fn all_lists(search: &mut Search<'_>, state: &mut State) -> Result<()> {
    let mut list = 0;
    while list < edits::lists(&state.tree).1.len() && !search.is_over() {
        let count = |state: &State| edits::lists(&state.tree).1.get(list).copied().unwrap_or(0);
        let cut = |range: Range<usize>| move |tree: &mut Block| edits::leave_out(tree, list, range);
        leave_out_from(search, state, count, cut)?;
        list += 1;
    }
    Ok(())
}

fn leave_out_from<C: FnOnce(&mut Block)>(
    search: &mut Search<'_>,
    state: &mut State,
    count: impl Fn(&State) -> usize,
    cut: impl Fn(Range<usize>) -> C,
) -> Result<()> {
    let without = |state: &State, range: Range<usize>| Some(state.changed(cut(range))?.text);
    leave_out_parts(search, state, count, without, |state, range| {
        if let Some(changed) = state.changed(cut(range)) {
            *state = changed;
        }
    })
}

/// Tries changes one after the other; behind one that is kept, those of the new tree.
fn try_edits(
    search: &mut Search<'_>,
    state: &mut State,
    find: impl Fn(&Block) -> Vec<Edit>,
) -> Result<()> {
    let mut edits = find(&state.tree);
    let mut next = 0;
    while next < edits.len() && !search.is_over() {
        let mut places = Vec::new();
        let mut states = Vec::new();
        while let Some(edit) = edits.get(next)
            && states.len() < search.batch()
        {
            if let Some(changed) = state.changed(|tree| edit.clone().apply(tree)) {
                places.push(next);
                states.push(changed);
            }
            next += 1;
        }
        let texts: Vec<Vec<u8>> = states.iter().map(|state| state.text.clone()).collect();
        if let Some(found) = search.first(&texts)?
            && found < states.len()
        {
            *state = states.swap_remove(found);
            next = places.get(found).copied().unwrap_or(next);
            edits = find(&state.tree);
        }
    }
    Ok(())
}
