//! Other forms of a program that have to do what the program does: its chunk dumped and read again,
//! stripped, in a coroutine, in a protected call, laid out anew.
//!
//! A program can tell some forms from itself (it asks for a traceback, or for its line), so a form
//! is not compared with the program but with the same form in the other engine: if the one agrees
//! with the program and the other doesn't, the two differ.

use crate::compile::{self, Compilers};
use crate::mutate::tokens::{self, Kind};
use crate::program::Program;

/// A form of a program, for each side.
#[derive(Debug, Clone)]
pub struct Form {
    /// What was done.
    pub name: &'static str,
    /// What the oracle runs.
    pub left: Program,
    /// What rilua runs.
    pub right: Program,
}

/// All forms of a program. A text that can't be compiled has none of its own.
pub fn forms(program: &Program) -> Vec<Form> {
    let mut forms = Vec::new();
    let text = compile::without_first_line(&program.source);
    let name = program.chunk_name();
    let mut compilers = Compilers::new();
    for (form, strip) in [("dumped", false), ("stripped", true)] {
        if let (Ok(Ok(left)), Ok(right)) = (
            compilers.oracle(text, &name, strip),
            compile::rilua(text, &name, strip),
        ) {
            forms.push(Form {
                name: form,
                left: with_source(program, left),
                right: with_source(program, right),
            });
        }
    }
    if forms.is_empty() || text.first() == Some(&0x1b) {
        return forms;
    }
    let mut same = |name, source: Vec<u8>| {
        forms.push(Form {
            name,
            left: with_source(program, source.clone()),
            right: with_source(program, source),
        });
    };
    same(
        "coroutine",
        wrapped(b"return coroutine.wrap(function(...) ", text, b" end)(...)"),
    );
    same(
        "pcall",
        wrapped(
            b"return (function(...) return ... end)(pcall(function(...) ",
            text,
            b" end, ...))",
        ),
    );
    same("reformatted", reformatted(text));
    forms
}

fn with_source(program: &Program, source: Vec<u8>) -> Program {
    Program {
        source,
        ..program.clone()
    }
}

/// The text between two others. A line end keeps a comment at its end from swallowing what follows.
fn wrapped(before: &[u8], text: &[u8], after: &[u8]) -> Vec<u8> {
    [before, text, b"\n", after].concat()
}

/// Without comments, and with two blanks or a line end and a blank where there was a space.
fn reformatted(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    for token in tokens::split(text) {
        match token.kind {
            Kind::Comment => out.push(b' '),
            // A call whose parenthesis stands on the next line is refused, so lines stay lines.
            Kind::Space => {
                for &byte in token.text.iter() {
                    out.push(byte);
                    out.push(if byte == b'\n' { b'\t' } else { b' ' });
                }
            }
            _ => out.extend_from_slice(&token.text),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::program::Origin;

    fn names(source: &str) -> Vec<&'static str> {
        let program = Program::from_source("p.lua", Origin::Text, source);
        forms(&program).iter().map(|form| form.name).collect()
    }

    #[test]
    fn a_program_has_every_form_and_nonsense_none() {
        let all = ["dumped", "stripped", "coroutine", "pcall", "reformatted"];
        assert_eq!(names("print(1) -- one"), all);
        assert_eq!(names("print("), [""; 0]);
    }

    #[test]
    fn forms_still_compile() {
        let source = "local a --[[ x ]] = 1 -- comment\nprint(a) return ... -- last";
        let program = Program::from_source("p.lua", Origin::Text, source);
        for form in forms(&program) {
            let compiled = compile::rilua(&form.right.source, b"=x", false);
            assert!(compiled.is_ok(), "{}: {compiled:?}", form.name);
        }
        assert_eq!(
            reformatted(b"a = 1 --x\n--[[y]]b=2"),
            b"a  =  1   \n\t b=2".to_vec()
        );
    }
}
