//! Error messages of two compilers, where they aren't the same.
//!
//! A message is `NAME:LINE: TEXT near 'TOKEN'`. The signature is made from those parts that
//! differ, and the token only counts by being there: which one it is depends on the program.

use super::{Compiled, Refusal};
use crate::channel::{ChannelName, Stream};
use crate::divergence::{Cause, Divergence, Signature};
use crate::text;

const CHANNEL: ChannelName = ChannelName::Compiler;

/// How two results differ of which at least one is a refusal; `None` when they don't.
pub(super) fn compare(left: &Compiled, right: &Compiled) -> Option<Divergence> {
    if left == right {
        return None;
    }
    let parts = [left, right].map(Parts::new);
    let [left_general, right_general] = match &parts {
        [left, right] if left.text != right.text || left.kind != right.kind => {
            [left, right].map(|side| format!("{}{}", side.kind, side.text))
        }
        [left, right] if left.line != right.line => {
            ["a line", "another line"].map(|what| format!("{what}: {}", left.text))
        }
        [left, right] if left.near != right.near => ["a token", "another token"].map(|what| {
            let both = left.near.is_some() && right.near.is_some();
            format!(
                "{what}: {}{}",
                left.text,
                if both { "" } else { " or none" }
            )
        }),
        [left, _] => ["a name", "another name"].map(|what| format!("{what}: {}", left.text)),
    };
    let [left, right] = [left, right].map(shown);
    Some(Divergence {
        channel: CHANNEL,
        stream: Stream::Message,
        cause: Cause::Differs,
        line: parts[0].line.or(parts[1].line),
        excerpt: vec![format!("- {left}"), format!("+ {right}")],
        signature: Signature::of_causes(CHANNEL, Stream::Message, &left_general, &right_general),
        left: Some(left),
        right: Some(right),
    })
}

fn shown(compiled: &Compiled) -> String {
    match compiled {
        Ok(_) => "(compiles)".to_owned(),
        Err(Refusal {
            is_syntax: true,
            message,
        }) => text::escape(message),
        Err(Refusal { message, .. }) => format!("(raised) {}", text::escape(message)),
    }
}

/// A message taken apart.
struct Parts {
    kind: &'static str,
    line: Option<usize>,
    text: String,
    near: Option<String>,
}

impl Parts {
    fn new(compiled: &Compiled) -> Self {
        let Err(refusal) = compiled else {
            return Self {
                kind: "",
                line: None,
                text: "(compiles)".to_owned(),
                near: None,
            };
        };
        let message = text::escape(&refusal.message);
        let (line, rest) = position(&message);
        let (text, near) = match rest.split_once(" near '") {
            Some((text, near)) => (text, Some(near.to_owned())),
            None => (rest, None),
        };
        Self {
            kind: if refusal.is_syntax { "" } else { "(raised) " },
            line,
            text: text.to_owned(),
            near,
        }
    }
}

/// The line in a message, and what follows it. A name may have colons and numbers itself, but
/// hardly a colon, a number, a colon and a space.
fn position(message: &str) -> (Option<usize>, &str) {
    for (at, _) in message.match_indices(':') {
        let rest = message.get(at + 1..).unwrap_or_default();
        if let Some((number, text)) = rest.split_once(": ")
            && let Ok(line) = number.parse()
        {
            return (Some(line), text);
        }
    }
    (None, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn syntax(message: &str) -> Compiled {
        Err(Refusal {
            is_syntax: true,
            message: message.into(),
        })
    }

    fn signature(left: &str, right: &str) -> Signature {
        compare(&syntax(left), &syntax(right)).unwrap().signature
    }

    #[test]
    fn a_cause_is_what_differs() {
        let near = signature("a.lua:1: no near 'x'", "a.lua:1: no near 'y'");
        assert_eq!(
            near,
            signature(
                "[string \"x:\"]:7: no near '1'",
                "[string \"x:\"]:7: no near 'z'"
            )
        );
        let line = signature("a.lua:1: no near 'x'", "a.lua:2: no near 'y'");
        assert_ne!(near, line);
        assert_eq!(line, signature("b:3: no", "b:2: no"));
        let text = signature("a.lua:1: no near 'x'", "a.lua:2: yes near 'y'");
        assert_eq!(text.message, "compiler/message: no | yes");
        let absent = signature("a.lua:1: no near 'x'", "a.lua:1: no");
        assert_ne!(near, absent);
    }

    #[test]
    fn how_it_is_raised_counts() {
        let raised = Err(Refusal {
            is_syntax: false,
            message: b"full".to_vec(),
        });
        let found = compare(&raised, &syntax("full")).unwrap();
        assert_eq!(found.left.as_deref(), Some("(raised) full"));
        assert_eq!(compare(&raised, &raised), None);
        let found = compare(&syntax("a:12: no"), &Ok(Vec::new())).unwrap();
        assert_eq!(
            (found.line, found.right.as_deref()),
            (Some(12), Some("(compiles)"))
        );
    }
}
