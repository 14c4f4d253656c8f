//! The verb `bytecode`: programs of the corpus through both compilers.

use std::process::ExitCode;

use anyhow::Result;

use super::processes::{ProcessArgs, add_option};
use super::session::{self, Selection, Session};
use crate::allow::AllowList;
use crate::channel::ChannelName;
use crate::compile::programs::{self, Exchange, Plan};
use crate::compile::worker;
use crate::report::Header;

/// Compiles programs with both compilers and compares the chunks.
///
/// Both are libraries here, and get the same text under the same name. Chunks are compared with
/// their debug information and without, and shown by function: the first instruction, constant,
/// line, local variable or upvalue that differs. Where there is none, the error messages are
/// compared. rilua must also read and write its own chunk without changing it.
///
/// With `--run`, each implementation runs the chunk of the other, in a process as for the verb
/// `run`. It must do what is on record for the program or, without a record, what the oracle
/// does with it.
#[derive(Debug, Clone, PartialEq, clap::Args)]
#[command(after_help = "\
Examples:
  cargo conformance bytecode
  cargo conformance bytecode corpus/golden/closures --run
  cargo conformance bytecode reports/latest/mutants/0123abcd.lua")]
pub struct BytecodeArgs {
    #[command(flatten)]
    selection: Selection,
    /// Run the chunk of each compiler on the other implementation as well
    #[arg(long)]
    run: bool,
    /// Name of the chunks [default: @ and the file's name]
    #[arg(long, value_name = "NAME", allow_hyphen_values = true)]
    chunk_name: Option<String>,
    #[command(flatten)]
    processes: ProcessArgs,
}

/// Runs the verb and says what the process returns.
pub fn main(args: &BytecodeArgs) -> ExitCode {
    session::exit_code(run(args))
}

fn run(args: &BytecodeArgs) -> Result<u8> {
    let root = args.selection.root()?;
    let entries = args.selection.entries(&root)?;
    if args.selection.list {
        return session::list(&entries);
    }
    let named_root = args.selection.root.as_ref().map(|_| root.as_path());
    let mut options = String::new();
    if args.run {
        options.push_str(" --run");
    }
    if let Some(name) = &args.chunk_name {
        add_option(&mut options, "chunk-name", name);
    }
    options.push_str(&args.processes.repeated(named_root));
    let limits = args.processes.limits();
    let (exchange, engines) = if args.run {
        let engines = args.processes.engines(&[], &root)?;
        let described = engines.iter().map(|engine| engine.describe()).collect();
        (Some(Exchange { engines, limits }), described)
    } else {
        (None, worker::engines()?)
    };
    let plan = Plan {
        exchange,
        chunk_name: args.chunk_name.clone().map(String::into_bytes),
        allow: AllowList::load(&root)?.about(if args.run {
            &[
                ChannelName::Compiler,
                ChannelName::Exported,
                ChannelName::Imported,
            ]
        } else {
            &[ChannelName::Compiler]
        }),
        options,
    };
    let header = Header::new("bytecode", engines, limits);
    let folder = args.selection.folder(&root);
    Session::start(folder, header, plan.allow.clone()).examine(
        &entries,
        args.selection.jobs(),
        |entry| programs::examine(entry, &plan),
    )
}
