//! Tokens and how messages name them. Mirrors the token table of `llex.c`.

use super::strings::StringId;

/// A token with its value.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Token {
    /// A character that is a token of its own, or no token of Lua at all.
    Char(u8),
    /// `and`
    And,
    /// `break`
    Break,
    /// `do`
    Do,
    /// `else`
    Else,
    /// `elseif`
    ElseIf,
    /// `end`
    End,
    /// `false`
    False,
    /// `for`
    For,
    /// `function`
    Function,
    /// `if`
    If,
    /// `in`
    In,
    /// `local`
    Local,
    /// `nil`
    Nil,
    /// `not`
    Not,
    /// `or`
    Or,
    /// `repeat`
    Repeat,
    /// `return`
    Return,
    /// `then`
    Then,
    /// `true`
    True,
    /// `until`
    Until,
    /// `while`
    While,
    /// `..`
    Concat,
    /// `...`
    Dots,
    /// `==`
    Equal,
    /// `>=`
    GreaterEqual,
    /// `<=`
    LessEqual,
    /// `~=`
    NotEqual,
    /// A numeral.
    Number(f64),
    /// An identifier.
    Name(StringId),
    /// A literal string.
    String(StringId),
    /// End of the chunk.
    Eof,
}

impl Token {
    /// How a message names the token when it doesn't quote the text itself;
    /// nothing for the character 0, which 5.1.1 can't name.
    #[must_use]
    pub fn description(self) -> Option<Vec<u8>> {
        let text: &[u8] = match self {
            Self::Char(0) => return None,
            Self::Char(byte) if byte.is_ascii_control() => {
                return Some(format!("char({byte})").into_bytes());
            }
            Self::Char(byte) => return Some(vec![byte]),
            Self::And => b"and",
            Self::Break => b"break",
            Self::Do => b"do",
            Self::Else => b"else",
            Self::ElseIf => b"elseif",
            Self::End => b"end",
            Self::False => b"false",
            Self::For => b"for",
            Self::Function => b"function",
            Self::If => b"if",
            Self::In => b"in",
            Self::Local => b"local",
            Self::Nil => b"nil",
            Self::Not => b"not",
            Self::Or => b"or",
            Self::Repeat => b"repeat",
            Self::Return => b"return",
            Self::Then => b"then",
            Self::True => b"true",
            Self::Until => b"until",
            Self::While => b"while",
            Self::Concat => b"..",
            Self::Dots => b"...",
            Self::Equal => b"==",
            Self::GreaterEqual => b">=",
            Self::LessEqual => b"<=",
            Self::NotEqual => b"~=",
            Self::Number(_) => b"<number>",
            Self::Name(_) => b"<name>",
            Self::String(_) => b"<string>",
            Self::Eof => b"<eof>",
        };
        Some(text.to_vec())
    }

    /// The reserved word with this spelling.
    #[must_use]
    pub fn reserved(name: &[u8]) -> Option<Self> {
        Some(match name {
            b"and" => Self::And,
            b"break" => Self::Break,
            b"do" => Self::Do,
            b"else" => Self::Else,
            b"elseif" => Self::ElseIf,
            b"end" => Self::End,
            b"false" => Self::False,
            b"for" => Self::For,
            b"function" => Self::Function,
            b"if" => Self::If,
            b"in" => Self::In,
            b"local" => Self::Local,
            b"nil" => Self::Nil,
            b"not" => Self::Not,
            b"or" => Self::Or,
            b"repeat" => Self::Repeat,
            b"return" => Self::Return,
            b"then" => Self::Then,
            b"true" => Self::True,
            b"until" => Self::Until,
            b"while" => Self::While,
            _ => return None,
        })
    }

    /// Does the token end a block?
    #[must_use]
    pub const fn ends_block(self) -> bool {
        matches!(
            self,
            Self::Else | Self::ElseIf | Self::End | Self::Until | Self::Eof
        )
    }
}
