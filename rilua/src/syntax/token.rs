//! Tokens and how messages name them. Mirrors the token table of `llex.c`.

use super::strings::StringId;

/// Number of reserved words.
pub const RESERVED_WORDS: usize = 21;

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
            word => word.reserved_word().unwrap_or_default().as_bytes(),
        };
        Some(text.to_vec())
    }

    /// A number for each reserved word, below [`RESERVED_WORDS`].
    #[inline]
    #[must_use]
    pub const fn reserved_index(self) -> Option<usize> {
        Some(match self {
            Self::And => 0,
            Self::Break => 1,
            Self::Do => 2,
            Self::Else => 3,
            Self::ElseIf => 4,
            Self::End => 5,
            Self::False => 6,
            Self::For => 7,
            Self::Function => 8,
            Self::If => 9,
            Self::In => 10,
            Self::Local => 11,
            Self::Nil => 12,
            Self::Not => 13,
            Self::Or => 14,
            Self::Repeat => 15,
            Self::Return => 16,
            Self::Then => 17,
            Self::True => 18,
            Self::Until => 19,
            Self::While => 20,
            _ => return None,
        })
    }

    /// The spelling of a reserved word.
    #[must_use]
    pub const fn reserved_word(self) -> Option<&'static str> {
        Some(match self {
            Self::And => "and",
            Self::Break => "break",
            Self::Do => "do",
            Self::Else => "else",
            Self::ElseIf => "elseif",
            Self::End => "end",
            Self::False => "false",
            Self::For => "for",
            Self::Function => "function",
            Self::If => "if",
            Self::In => "in",
            Self::Local => "local",
            Self::Nil => "nil",
            Self::Not => "not",
            Self::Or => "or",
            Self::Repeat => "repeat",
            Self::Return => "return",
            Self::Then => "then",
            Self::True => "true",
            Self::Until => "until",
            Self::While => "while",
            _ => return None,
        })
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
