//! Options about the processes in which programs run, and the engines these processes are.

use std::collections::BTreeMap;
use std::env;
use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, Result, bail};

use crate::engine::program::ProgramEngine;
use crate::engine::{Engine, Limits, ORACLE, RILUA};
use crate::{shell, workspace};

/// Bytes that an engine may write to each of its outputs.
const OUTPUT_LIMIT: usize = 64 << 20;
/// Below this the launcher itself would not fit.
const SMALLEST_MEMORY: u64 = 16;
/// A day: more is a mistake.
const LONGEST_TIME: f64 = 86_400.0;
const DEFAULT_TIME: f64 = 10.0;
const DEFAULT_MEMORY: u64 = 1024;
const DEFAULT_PROFILE: &str = "release";

/// An engine that the workspace builds.
struct Known {
    name: &'static str,
    package: &'static str,
    interpreter: &'static str,
    compiler: &'static str,
}

/// The engines of the workspace, in the order in which they run.
const KNOWN: [Known; 2] = [
    Known {
        name: ORACLE,
        package: "oracle",
        interpreter: "oracle-lua",
        compiler: "oracle-luac",
    },
    Known {
        name: RILUA,
        package: "rilua",
        interpreter: "rilua",
        compiler: "riluac",
    },
];

/// What a process may use, and where the engines come from.
#[derive(Debug, Clone, PartialEq, clap::Args)]
pub(super) struct ProcessArgs {
    /// Seconds after which a process is ended
    #[arg(long, value_name = "S", default_value_t = DEFAULT_TIME, value_parser = parse_time)]
    pub timeout: f64,
    /// Address space of a process in MiB; 0 for no limit
    #[arg(long, value_name = "MIB", default_value_t = DEFAULT_MEMORY, value_parser = parse_memory)]
    pub memory: u64,
    /// Do not build the engines first
    #[arg(long)]
    pub no_build: bool,
    /// Cargo's profile of the engines
    #[arg(long, value_name = "NAME", default_value = DEFAULT_PROFILE)]
    pub profile: String,
    /// Another file as an engine's interpreter
    #[arg(long, value_name = "NAME=PATH", hide = true, value_parser = parse_named_path)]
    pub engine_path: Vec<(String, PathBuf)>,
    /// Another file as an engine's compiler
    #[arg(long, value_name = "NAME=PATH", hide = true, value_parser = parse_named_path)]
    pub compiler_path: Vec<(String, PathBuf)>,
}

fn parse_time(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(seconds) if seconds > 0.0 && seconds <= LONGEST_TIME => Ok(seconds),
        _ => Err(format!("seconds, more than 0 and at most {LONGEST_TIME}")),
    }
}

fn parse_memory(text: &str) -> Result<u64, String> {
    match text.parse() {
        Ok(mib) if mib == 0 || mib >= SMALLEST_MEMORY => Ok(mib),
        _ => Err(format!("MiB, 0 or at least {SMALLEST_MEMORY}")),
    }
}

fn parse_named_path(text: &str) -> Result<(String, PathBuf), String> {
    let (name, path) = text.split_once('=').ok_or("NAME=PATH")?;
    let path = std::path::absolute(path).map_err(|error| error.to_string())?;
    Ok((name.to_owned(), path))
}

impl ProcessArgs {
    /// What each process may use.
    pub(super) fn limits(&self) -> Limits {
        Limits {
            time: Duration::from_secs_f64(self.timeout),
            memory_mib: (self.memory > 0).then_some(self.memory),
            output: OUTPUT_LIMIT,
        }
    }

    /// The options without which a program would not be run the same way again, each with a
    /// space before it; `root` is given when it isn't the usual one.
    pub(super) fn repeated(&self, root: Option<&Path>) -> String {
        let mut options = String::new();
        if self.timeout != DEFAULT_TIME {
            add_option(&mut options, "timeout", &self.timeout);
        }
        if self.memory != DEFAULT_MEMORY {
            add_option(&mut options, "memory", &self.memory);
        }
        if self.profile != DEFAULT_PROFILE {
            add_option(&mut options, "profile", &self.profile);
        }
        if let Some(root) = root {
            add_option(&mut options, "root", &root.display());
        }
        for (option, paths) in [
            ("engine-path", &self.engine_path),
            ("compiler-path", &self.compiler_path),
        ] {
            for (name, path) in paths {
                add_option(&mut options, option, &format!("{name}={}", path.display()));
            }
        }
        options
    }

    /// The engines of these names, or all, built when they are of this workspace.
    pub(super) fn engines(&self, wanted: &[String], root: &Path) -> Result<Vec<Box<dyn Engine>>> {
        let launcher = env::current_exe().context("where is this program?")?;
        let named = by_name(&self.engine_path);
        let compilers = by_name(&self.compiler_path);
        let mut names: Vec<&str> = KNOWN.iter().map(|known| known.name).collect();
        names.extend(
            named
                .keys()
                .filter(|name| !KNOWN.iter().any(|known| known.name == **name)),
        );
        for name in wanted
            .iter()
            .map(String::as_str)
            .chain(compilers.keys().copied())
        {
            if !names.contains(&name) {
                bail!("there is no engine {name}; there are {}", names.join(", "));
            }
        }
        let is_wanted = |name: &str| wanted.is_empty() || wanted.iter().any(|one| one == name);

        let target = workspace::target_folder()?;
        let folder = workspace::program_folder(&target, &self.profile);
        let built: Vec<&Known> = KNOWN
            .iter()
            .filter(|known| is_wanted(known.name) && !named.contains_key(known.name))
            .collect();
        if !built.is_empty() && !self.no_build {
            let packages: Vec<&str> = built.iter().map(|known| known.package).collect();
            eprintln!("building {} ({})", packages.join(" and "), self.profile);
            workspace::build(root, &target, &self.profile, &packages)?;
        }

        let mut engines: Vec<Box<dyn Engine>> = Vec::new();
        for name in names.into_iter().filter(|name| is_wanted(name)) {
            let known = built.iter().find(|known| known.name == name);
            let compiler = match (compilers.get(name), known) {
                (Some(path), _) => Some(path.to_path_buf()),
                (None, Some(known)) => {
                    let path = folder.join(known.compiler);
                    // The oracle's has to be there; rilua may be built without one.
                    let present = name == ORACLE || path.exists();
                    if !present {
                        eprintln!(
                            "{}: no such file, so the bytecode of {name} is not compared",
                            path.display()
                        );
                    }
                    present.then_some(path)
                }
                (None, None) => None,
            };
            let interpreter = match (named.get(name), known) {
                (Some(path), _) => path.to_path_buf(),
                (None, Some(known)) => folder.join(known.interpreter),
                (None, None) => bail!("there is no interpreter for the engine {name}"),
            };
            engines.push(Box::new(ProgramEngine {
                name: name.to_owned(),
                interpreter,
                compiler,
                launcher: launcher.clone(),
            }));
        }
        Ok(engines)
    }
}

/// Adds ` --name value` to a command line.
pub(super) fn add_option(options: &mut String, name: &str, value: &dyn fmt::Display) {
    options.push_str(&format!(" --{name} {}", shell::quote(&value.to_string())));
}

fn by_name(paths: &[(String, PathBuf)]) -> BTreeMap<&str, &Path> {
    paths
        .iter()
        .map(|(name, path)| (name.as_str(), path.as_path()))
        .collect()
}
