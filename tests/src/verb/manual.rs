//! The verb `manual`: man pages and shell completions, made from the command line's own
//! description, so that they can't be out of date.

use std::fs;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context as _, Result};
use clap::CommandFactory as _;
use clap_complete::Shell;

use super::{AGREES, Cli, session};
use crate::report::write::write_atomically;

/// The program's name in man pages and completions; `cargo conformance` starts it.
const PROGRAM: &str = "conformance";

/// Writes man pages, or the completions of a shell.
///
/// A man page for the program and one for each verb go into a folder; completions go to
/// standard output. They are about the program `conformance`, which `cargo conformance` builds
/// and starts.
#[derive(Debug, Clone, PartialEq, clap::Parser)]
#[command(after_help = "\
Examples:
  cargo conformance manual --man target/man && man target/man/conformance.1
  cargo conformance manual --completions bash > ~/.local/share/bash-completion/completions/conformance")]
pub struct ManualArgs {
    /// Write man pages into this folder, which is made when it isn't there
    #[arg(long, value_name = "DIR", required_unless_present = "completions")]
    man: Option<PathBuf>,
    /// Print the completions of this shell
    #[arg(long, value_name = "SHELL")]
    completions: Option<Shell>,
}

/// Runs the verb and says what the process returns.
pub fn main(args: &ManualArgs) -> ExitCode {
    session::exit_code(run(args))
}

fn run(args: &ManualArgs) -> Result<u8> {
    let mut command = Cli::command().name(PROGRAM).bin_name(PROGRAM);
    command.build();
    if let Some(folder) = &args.man {
        fs::create_dir_all(folder)
            .with_context(|| format!("cannot make the folder {}", folder.display()))?;
        for (name, page) in pages(&command)? {
            write_atomically(&folder.join(name), &page)?;
        }
    }
    if let Some(shell) = args.completions {
        let mut text = Vec::new();
        clap_complete::generate(shell, &mut command, PROGRAM, &mut text);
        session::print(&String::from_utf8_lossy(&text))?;
    }
    Ok(AGREES)
}

/// The man pages by file name: the program's, and one for each verb that is not hidden.
fn pages(command: &clap::Command) -> Result<Vec<(String, Vec<u8>)>> {
    let mut commands = vec![command.clone()];
    for verb in command.get_subcommands().filter(|verb| !verb.is_hide_set()) {
        commands.push(
            verb.clone()
                .display_name(format!("{PROGRAM}-{}", verb.get_name())),
        );
    }
    let mut pages = Vec::new();
    for command in commands {
        let page = clap_mangen::Man::new(command);
        let mut text = Vec::new();
        page.render(&mut text)?;
        pages.push((page.get_filename(), text));
    }
    Ok(pages)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_verb_has_a_page_with_its_options() {
        let mut command = Cli::command().name(PROGRAM).bin_name(PROGRAM);
        command.build();
        let pages = pages(&command).unwrap();
        let page = |name: &str| {
            let found = pages.iter().find(|(file, _)| file == name);
            String::from_utf8_lossy(&found.unwrap().1).into_owned()
        };
        assert!(page("conformance.1").contains("mutate"));
        assert!(page("conformance-mutate.1").contains("seed"));
    }
}
