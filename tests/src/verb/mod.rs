//! The verbs of `cargo conformance`, one file each.

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use serde::Deserialize as _;
use serde::de::IntoDeserializer as _;
use serde::de::value::StrDeserializer;

use crate::bench::measure;
use crate::channel::ChannelName;
use crate::compile::worker;
use crate::engine::launch;
use crate::selfcheck::process;

pub mod allow;
pub mod bench;
pub mod bytecode;
pub mod campaign;
pub mod corpus;
pub mod diff;
pub mod exhaust;
pub mod fuzz;
pub mod generate;
pub mod lockstep;
pub mod manual;
pub mod mutate;
mod processes;
pub mod reduce;
pub mod report;
pub mod run;
pub mod selfcheck;
mod session;
mod shard;
pub mod triage;

/// Everything agrees, or is allowed to differ.
pub const AGREES: u8 = 0;
/// Something differs that isn't allowed to, or could not be compared.
pub const DIFFERS: u8 = 1;
/// Wrong usage, a fault of the harness, or an interruption.
pub const FAULT: u8 = 2;

/// Runs Lua programs through rilua and PUC-Rio Lua 5.1.1 and compares what they do.
///
/// Without a verb: `run` over the whole corpus. Exit status: 0 when everything agrees or is
/// allowed to differ, 1 when something differs or could not be compared, 2 when the usage is
/// wrong, the harness fails or the run is interrupted.
#[derive(Debug, Parser)]
#[command(
    name = "cargo conformance",
    bin_name = "cargo conformance",
    max_term_width = 100
)]
struct Cli {
    #[command(subcommand)]
    verb: Option<Verb>,
}

#[derive(Debug, Subcommand)]
enum Verb {
    Run(Box<run::RunArgs>),
    Diff(Box<diff::DiffArgs>),
    Lockstep(lockstep::LockstepArgs),
    Bytecode(Box<bytecode::BytecodeArgs>),
    Mutate(Box<mutate::MutateArgs>),
    Bench(Box<bench::BenchArgs>),
    Campaign(Box<campaign::CampaignArgs>),
    Reduce(Box<reduce::ReduceArgs>),
    Triage(Box<triage::TriageArgs>),
    Corpus(Box<corpus::CorpusArgs>),
    Allow(Box<allow::AllowArgs>),
    Fuzz(fuzz::FuzzArgs),
    Report(Box<report::ReportArgs>),
    Manual(manual::ManualArgs),
    #[command(name = "gen")]
    Generate(generate::GenerateArgs),
    Exhaust(exhaust::ExhaustArgs),
    Selfcheck(selfcheck::SelfcheckArgs),
    /// Looks for one fault and tells what comes of it
    #[command(name = process::VERB, hide = true)]
    Search(selfcheck::SearchArgs),
    #[command(name = launch::VERB, hide = true)]
    Launch(launch::LaunchArgs),
    /// Runs a program and writes down what it used
    #[command(name = measure::VERB, hide = true)]
    Measure(measure::MeasureArgs),
    /// Answers what both compilers make of texts
    #[command(name = worker::VERB, hide = true)]
    Compile,
}

/// The channel of a name, for options.
fn parse_channel(text: &str) -> Result<ChannelName, String> {
    let text: StrDeserializer<'_, serde::de::value::Error> = text.into_deserializer();
    ChannelName::deserialize(text).map_err(|error| error.to_string())
}

/// The program `conformance`.
pub fn main() -> ExitCode {
    match Cli::parse().verb {
        None => run::main(&run::RunArgs::default()),
        Some(Verb::Run(args)) => run::main(&args),
        Some(Verb::Diff(args)) => diff::main(&args),
        Some(Verb::Lockstep(args)) => lockstep::main(&args),
        Some(Verb::Bytecode(args)) => bytecode::main(&args),
        Some(Verb::Mutate(args)) => mutate::main(&args),
        Some(Verb::Bench(args)) => bench::main(&args),
        Some(Verb::Campaign(args)) => campaign::main(&args),
        Some(Verb::Reduce(args)) => reduce::main(&args),
        Some(Verb::Triage(args)) => triage::main(&args),
        Some(Verb::Corpus(args)) => corpus::main(&args),
        Some(Verb::Allow(args)) => allow::main(&args),
        Some(Verb::Fuzz(args)) => fuzz::main(&args),
        Some(Verb::Report(args)) => report::main(&args),
        Some(Verb::Manual(args)) => manual::main(&args),
        Some(Verb::Generate(args)) => generate::main(&args),
        Some(Verb::Exhaust(args)) => exhaust::main(&args),
        Some(Verb::Selfcheck(args)) => selfcheck::main(&args),
        Some(Verb::Search(args)) => selfcheck::search(&args),
        Some(Verb::Launch(args)) => launch::run(&args),
        Some(Verb::Measure(args)) => measure::main(&args),
        Some(Verb::Compile) => worker::main(),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_command_line_is_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn no_verb_means_run() {
        let Some(Verb::Run(args)) = Cli::parse_from(["conformance", "run"]).verb else {
            panic!("not the verb run");
        };
        assert_eq!(*args, run::RunArgs::default());
    }

    #[test]
    fn every_verb_has_an_example() {
        for verb in Cli::command()
            .get_subcommands()
            .filter(|verb| !verb.is_hide_set())
        {
            let help = verb.clone().render_long_help().to_string();
            assert!(help.contains("Example"), "{help}");
        }
    }
}
