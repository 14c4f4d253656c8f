//! The command line of the stand-alone interpreter. Mirrors `collectargs` and
//! `runargs` of `lua.c`.

/// What follows the program's name when the command line is wrong.
pub(super) const USAGE: &str = " [options] [script [args]].
Available options are:
  -e stat  execute string 'stat'
  -l name  require library 'name'
  -i       enter interactive mode after executing 'script'
  -v       show version information
  --       stop handling options
  -        execute stdin and stop handling options
";

/// Something to do before the script.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Step<'a> {
    Execute(&'a [u8]),
    Require(&'a [u8]),
}

/// Which argument names the script.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Script {
    pub(super) position: usize,
    /// It is `-`, and no `--` says that this is a file's name.
    pub(super) is_stdin: bool,
}

#[derive(PartialEq, Eq, Debug, Default)]
pub(super) struct Options<'a> {
    pub(super) interactive: bool,
    pub(super) version: bool,
    /// There is an option `-e`.
    pub(super) execute: bool,
    pub(super) steps: Vec<Step<'a>>,
    pub(super) script: Option<Script>,
}

impl<'a> Options<'a> {
    /// Reads the arguments, the first of which is the program's name; nothing if they
    /// make no sense.
    pub(super) fn parse(arguments: &'a [Vec<u8>]) -> Option<Options<'a>> {
        let mut options = Options::default();
        let mut rest = arguments.iter().map(Vec::as_slice).enumerate().skip(1);
        while let Some((position, argument)) = rest.next() {
            match argument {
                b"--" => {
                    options.script = rest.next().map(|(position, _)| Script {
                        position,
                        is_stdin: false,
                    });
                    break;
                }
                b"-i" => {
                    options.interactive = true;
                    options.version = true;
                }
                b"-v" => options.version = true,
                [b'-', kind @ (b'e' | b'l'), text @ ..] => {
                    let text = if text.is_empty() {
                        rest.next()?.1
                    } else {
                        text
                    };
                    options.steps.push(if *kind == b'e' {
                        options.execute = true;
                        Step::Execute(text)
                    } else {
                        Step::Require(text)
                    });
                }
                [b'-', _, ..] => return None,
                name => {
                    options.script = Some(Script {
                        position,
                        is_stdin: name == b"-",
                    });
                    break;
                }
            }
        }
        Some(options)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arguments(line: &str) -> Vec<Vec<u8>> {
        line.split(' ')
            .map(|word| word.as_bytes().to_vec())
            .collect()
    }

    #[test]
    fn options_end_at_the_script() {
        let line = arguments("lua -i -e x=1 -ly -lz f.lua -v");
        let options = Options::parse(&line).unwrap();
        assert!(options.interactive && options.version && options.execute);
        assert_eq!(
            options.steps,
            [
                Step::Execute(b"x=1"),
                Step::Require(b"y"),
                Step::Require(b"z")
            ]
        );
        let script = options.script.unwrap();
        assert_eq!((script.position, script.is_stdin), (6, false));
    }

    #[test]
    fn a_dash_is_standard_input_but_after_two() {
        let parse = |line: &str| Options::parse(&arguments(line)).unwrap().script;
        assert_eq!(
            parse("lua -").map(|s| (s.position, s.is_stdin)),
            Some((1, true))
        );
        assert_eq!(
            parse("lua -- -").map(|s| (s.position, s.is_stdin)),
            Some((2, false))
        );
        assert_eq!(parse("lua --"), None);
        assert_eq!(parse("lua"), None);
    }

    #[test]
    fn wrong_command_lines() {
        for line in [
            "lua -x", "lua -ii", "lua -vv", "lua -e", "lua -l", "lua --x",
        ] {
            assert_eq!(Options::parse(&arguments(line)), None, "{line}");
        }
    }
}
