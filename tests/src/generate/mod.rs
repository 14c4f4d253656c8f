//! Programs that nobody wrote: generated from a seed or from a fuzzer's bytes.
//!
//! | file | holds |
//! |---|---|
//! | `ast.rs`, `build.rs`, `repair.rs` | the tree, made and edited |
//! | `names.rs`, `print.rs`, `parse.rs` | tree to text and back |
//! | `prelude.lua`, `prelude.rs` | what every program begins with: serialiser, neutral surroundings |
//! | `choices.rs`, `weights.rs` | where decisions come from, how likely each is |
//! | `generator.rs`, `types.rs` | what is in scope and what is known about it |
//! | `expressions.rs`, `statements.rs`, `literals.rs` | the language |
//! | `library.rs`, `calls.rs` | the libraries |
//! | `scenes.rs`, `templates.rs` | what takes several statements |
//! | `mutate.rs`, `strategy.rs` | changes to trees; the generator for proptest |
//! | `exercised/` | what programs have exercised, and the weights that follow |
//! | `exhaust.rs` | every small program |
//! | `limits.rs` | programs near the limits of the implementation |
//!
//! To add a scene is to add a line to `templates.rs`; a library function, one to `library.rs`;
//! a part of the language, a feature in `weights.rs` and its arm in `statements.rs` or
//! `expressions.rs`.

pub mod ast;
pub mod build;
mod calls;
pub mod choices;
pub mod exercised;
pub mod exhaust;
mod expressions;
mod generator;
pub mod library;
mod limits;
pub mod literals;
pub mod mutate;
pub mod names;
pub mod parse;
pub mod prelude;
pub mod print;
pub mod repair;
mod scenes;
mod statements;
pub mod strategy;
mod templates;
pub mod types;
pub mod weights;

use serde::{Deserialize, Serialize};

use ast::Node;
use choices::Choices;
pub use exercised::Exercised;
use generator::Generator;
pub use mutate::mutate;
use print::Layout;
pub use strategy::strategy;
pub use weights::{Feature, Weights};

/// What programs are like.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
    /// Every program runs to its end without an error that it doesn't catch.
    Total,
    /// Operations fail, mostly inside `pcall`; what they say is compared.
    Erring,
    /// Programs near the limits of the implementation.
    Limits,
}

/// A program.
#[derive(Debug, Clone, PartialEq)]
pub struct Generated {
    /// Its body.
    pub tree: Node,
    /// The text of the body, without the prelude.
    pub source: Vec<u8>,
    /// What it is like.
    pub mode: Mode,
    /// What it follows from, unless that is bytes.
    pub seed: Option<u64>,
}

impl Generated {
    /// A program with this body.
    pub fn new(tree: Node, mode: Mode, seed: Option<u64>) -> Self {
        let source = print::print(&tree, Layout::Plain);
        Self {
            tree,
            source,
            mode,
            seed,
        }
    }

    /// Prelude and body as one chunk, which writes its observations to standard output at its
    /// end.
    pub fn text(&self) -> Vec<u8> {
        prelude::wrap(&self.source)
    }

    /// The body as a chunk that wants the prelude ([`prelude::SOURCE`]) to have been run in the
    /// same state, which engines do from its compiled form.
    pub fn chunk(&self) -> Vec<u8> {
        prelude::wrap_body(&self.source)
    }

    /// What [`Generated::text`] gives, in another layout. Tokens stay on their lines.
    pub fn reformatted(&self, seed: u64) -> Vec<u8> {
        prelude::wrap(&print::print(&self.tree, Layout::Reformatted { seed }))
    }
}

/// The program that follows from a seed.
pub fn from_seed(seed: u64, mode: Mode, weights: &Weights) -> Generated {
    let mut choices = Choices::from_seed(seed);
    generate(&mut choices, mode, weights, Some(seed))
}

/// The program that some bytes stand for. Every byte string stands for one; a longer one for a
/// longer program, none for a tiny one.
pub fn from_bytes(bytes: &[u8], mode: Mode) -> Generated {
    let mut choices = Choices::from_bytes(bytes);
    generate(&mut choices, mode, &Weights::default(), None)
}

fn generate(
    choices: &mut Choices<'_>,
    mode: Mode,
    weights: &Weights,
    seed: Option<u64>,
) -> Generated {
    let tree = Generator::new(choices, weights, mode).body();
    Generated::new(tree, mode, seed)
}
