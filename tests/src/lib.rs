//! The differential harness: Lua programs through several implementations of Lua 5.1.1,
//! and what they do compared with each other and with what is on record.
//!
//! The words used everywhere here:
//!
//! * a [`program::Program`] is what is run: a Lua source with its arguments and its standard input;
//! * an [`engine::Engine`] runs it and returns an [`observation::Observation`];
//! * a [`channel::Channel`] compares one aspect of two observations and says in a
//!   [`divergence::Divergence`] where they part;
//! * a [`divergence::Signature`] is the short name of the cause, shared by all programs that show it;
//! * a [`verdict::Verdict`] is what comes out for one pair, a [`report::Report`] what comes out of a run.
//!
//! Engines, channels and verbs have a file each and a line in a list; to add one is to add those.
#![forbid(unsafe_code)]

pub mod allow;
pub mod bench;
pub mod bless;
pub mod campaign;
pub mod channel;
pub mod clock;
pub mod compile;
pub mod corpus;
pub mod divergence;
pub mod engine;
pub mod fuzz;
pub mod generate;
pub mod judge;
pub mod lockstep;
pub mod mask;
pub mod metamorphic;
pub mod mutate;
pub mod observation;
pub mod pair;
pub mod program;
pub mod progress;
pub mod record;
pub mod reduce;
pub mod report;
pub mod runner;
pub mod selfcheck;
pub mod shell;
pub mod text;
pub mod triage;
pub mod verb;
pub mod verdict;
pub mod workspace;
