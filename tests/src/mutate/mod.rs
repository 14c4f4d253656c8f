//! Mutants: programs changed in places, as whoever writes programs would not. Each follows from
//! a seed, its number and the programs; both compilers must make the same of it.

use std::borrow::Cow;

pub mod campaign;
mod operators;
mod palette;
pub mod random;
pub mod tokens;

use random::Random;
use tokens::Token;

/// Programs of more tokens are not mutated as a whole: what comes after the first error is
/// never looked at.
const MOST_TOKENS: usize = 1500;
/// Lines of a part of a program.
const MOST_LINES: usize = 120;
/// Bytes of a mutant; only those that go for the limits of operands have so many.
const MOST_BYTES: usize = 8 << 20;
/// Changes made to one mutant.
const MOST_CHANGES: usize = 6;
/// Changes made to one that is meant to compile.
const MOST_GENTLE_CHANGES: usize = 12;

/// A mutant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mutant {
    /// The chunk's name.
    pub name: Vec<u8>,
    /// The text.
    pub text: Vec<u8>,
}

/// The programs that mutants are made from.
#[derive(Debug)]
pub struct Stock<'a> {
    programs: Vec<Vec<Token<'a>>>,
}

impl<'a> Stock<'a> {
    /// Takes the texts of programs apart.
    pub fn new(texts: impl IntoIterator<Item = &'a [u8]>) -> Self {
        let programs = texts.into_iter().map(tokens::split);
        Self {
            programs: programs.collect(),
        }
    }

    /// The mutant that has this number.
    pub fn mutant(&self, seed: u64, number: u64) -> Mutant {
        let mut random = Random::new(seed, number);
        let mut tokens = self.part(&mut random);
        if random.once_in(3) {
            // One that probably compiles: what comes out of a compiler are mostly chunks.
            for _ in 0..=random.below(MOST_GENTLE_CHANGES) {
                operators::change_gently(&mut tokens, &mut random);
            }
            let text = tokens::join(&tokens);
            let name = name(&text, &mut random);
            return Mutant { name, text };
        }
        for change in 0..MOST_CHANGES {
            if change > 0 && !random.once_in(2) {
                break;
            }
            operators::change(&mut tokens, self, &mut random);
        }
        let mut text = tokens::join(&tokens);
        if random.once_in(4) {
            operators::change_bytes(&mut text, &mut random);
        }
        text.truncate(MOST_BYTES);
        let name = name(&text, &mut random);
        Mutant { name, text }
    }

    /// A program, or some lines of one.
    fn part(&self, random: &mut Random) -> Vec<Token<'a>> {
        let Some(program) = random.pick(&self.programs) else {
            return Vec::new();
        };
        if program.len() <= MOST_TOKENS && random.once_in(3) {
            return program.clone();
        }
        let lines: Vec<usize> = operators::line_starts(program);
        let first = random.below(lines.len());
        let count = 1 + random.below(MOST_LINES);
        let start = lines.get(first).copied().unwrap_or(0);
        let end = lines.get(first + count).copied().unwrap_or(program.len());
        let end = end.min(start + MOST_TOKENS);
        program.get(start..end).unwrap_or_default().to_vec()
    }
}

/// A name for the chunk: of a file, with and without room for it in a message, or the text.
fn name(text: &[u8], random: &mut Random) -> Vec<u8> {
    match random.below(16) {
        0 => {
            // A name ends at its first zero byte.
            let end = text.iter().position(|&byte| byte == 0);
            let whole = text.get(..end.unwrap_or(text.len())).unwrap_or_default();
            whole.get(..200).unwrap_or(whole).to_vec()
        }
        1 => ["@", &"folder/".repeat(5 + random.below(8)), "mutant.lua"]
            .concat()
            .into(),
        2 => ["=", &"n".repeat(50 + random.below(40))].concat().into(),
        3 => random.text(&["=stdin", "=", "@", "", "x"]).into(),
        _ => b"@mutant.lua".into(),
    }
}

/// A piece that was not in any program.
fn token(kind: tokens::Kind, text: impl Into<Vec<u8>>) -> Token<'static> {
    Token {
        kind,
        text: Cow::Owned(text.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &[u8] = b"local t = {1, 'a'}\nfor i = 1, #t do\n  print(t[i])\nend\n-- end\n";

    #[test]
    fn mutants_follow_from_seed_and_number() {
        let stock = Stock::new([TEXT]);
        assert_eq!(stock.mutant(1, 5), stock.mutant(1, 5));
        let mut texts: Vec<Vec<u8>> = (0..100)
            .map(|number| stock.mutant(1, number).text)
            .collect();
        texts.sort();
        texts.dedup();
        assert!(texts.len() > 70, "only {} are different", texts.len());
        assert_ne!(stock.mutant(1, 5), stock.mutant(2, 5));
    }

    #[test]
    fn any_stock_gives_mutants() {
        for texts in [vec![], vec![b"".as_slice()], vec![b"x"], vec![b"\xff\0"]] {
            let stock = Stock::new(texts);
            for number in 0..300 {
                stock.mutant(3, number);
            }
        }
    }

    #[test]
    fn a_name_has_no_zero() {
        let stock = Stock::new([b"\0x = '\0'\n".as_slice()]);
        for number in 0..300 {
            assert!(!stock.mutant(4, number).name.contains(&0));
        }
    }
}
