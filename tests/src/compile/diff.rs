//! Where two precompiled chunks part: functions are aligned by nesting and line, and of each
//! the first place that differs is shown, by kind.

use std::fmt::Write as _;

use rilua::bytecode::instruction::Format;
use rilua::bytecode::listing::list;
use rilua::bytecode::undump::undump;
use rilua::bytecode::{Chunk, ConstantView, FunctionView, Instruction, ProtoView};
use rilua::syntax::SliceSource;
use similar::{Algorithm, DiffOp, capture_diff_slices};

use super::{C_DEPTH, divergence, refusal};
use crate::channel::{ChannelName, Stream};
use crate::divergence::{Cause, Divergence, Signature};
use crate::text;

/// Places shown of two chunks; a mistake in one function seldom comes alone.
const MOST_DIVERGENCES: usize = 6;
/// Items shown before and after one that differs.
const CONTEXT: usize = 2;

/// Every place where two chunks part; none only when they are the same.
pub fn chunks(left: &[u8], right: &[u8]) -> Vec<Divergence> {
    if left == right {
        return Vec::new();
    }
    let mut divergences = Vec::new();
    match (read(left), read(right)) {
        (Ok(left), Ok(right)) => {
            functions("main", left.view(), right.view(), &mut divergences);
        }
        // What the compilers make of `-nil` is refused: only the bytes are left to look at.
        (Err(_), Err(_)) => {}
        (left, right) => {
            let [left, right] = [left, right].map(|side| match side {
                Ok(_) => "(readable)".to_owned(),
                Err(message) => message,
            });
            return vec![divergence(Stream::Chunk, None, &left, &right)];
        }
    }
    if divergences.is_empty() {
        let at = left.iter().zip(right).take_while(|(a, b)| a == b).count();
        let [left, right] = [left, right].map(|side| {
            let bytes = side.get(at..).unwrap_or_default();
            text::hexadecimal(bytes.get(..8).unwrap_or(bytes))
        });
        let mut found = divergence(Stream::Chunk, None, "bytes", "other bytes");
        found.excerpt = vec![
            format!("  from byte {at}"),
            format!("- {left}"),
            format!("+ {right}"),
        ];
        divergences.push(found);
    }
    divergences.truncate(MOST_DIVERGENCES);
    divergences
}

/// A chunk, or the message with which it is refused.
fn read(chunk: &[u8]) -> Result<Chunk, String> {
    undump(SliceSource::new(chunk), b"=chunk", C_DEPTH)
        .map_err(|refused| text::escape(&refusal(refused.error.into()).message))
}

/// Compares two functions and those inside them.
fn functions(path: &str, left: ProtoView<'_>, right: ProtoView<'_>, found: &mut Vec<Divergence>) {
    let pair = Pair { path, left, right };
    found.extend(pair.code());
    found.extend(pair.constants());
    found.extend(pair.properties());
    found.extend(pair.lines());
    found.extend(pair.locals());
    found.extend(pair.upvalues());
    for (left_index, right_index) in pair.inner_functions(found) {
        if found.len() >= MOST_DIVERGENCES {
            return;
        }
        if let (Some(left), Some(right)) = (left.proto(left_index), right.proto(right_index)) {
            let path = format!("{path} > {}", name(&left));
            functions(&path, left, right, found);
        }
    }
}

fn name(function: &ProtoView<'_>) -> String {
    format!(
        "function <{},{}>",
        function.line_defined(),
        function.last_line_defined()
    )
}

/// Two functions that stand for the same one of the text.
struct Pair<'a> {
    path: &'a str,
    left: ProtoView<'a>,
    right: ProtoView<'a>,
}

impl Pair<'_> {
    /// A divergence in this pair. The sides of the signature are general, those shown are not.
    fn divergence(
        &self,
        stream: Stream,
        line: Option<i32>,
        general: [&str; 2],
        shown: [Option<String>; 2],
        context: Vec<String>,
    ) -> Divergence {
        let (channel, cause) = (ChannelName::Compiler, Cause::Differs);
        let mut excerpt = vec![format!("  in {}", self.path)];
        excerpt.extend(context);
        let [left, right] = shown;
        Divergence {
            channel,
            stream,
            cause,
            // The main function begins on no line, stripped code is on none.
            line: line
                .and_then(|line| usize::try_from(line).ok())
                .filter(|&line| line > 0),
            left,
            right,
            excerpt,
            signature: Signature::of_causes(channel, stream, general[0], general[1]),
        }
    }

    fn code(&self) -> Option<Divergence> {
        let pc = first_difference(self.left.code(), self.right.code())?;
        let sides = [&self.left, &self.right];
        let [left, right] = sides.map(|side| side.code().get(pc).copied());
        let [left_name, right_name] = [left, right].map(opcode);
        let general = if left_name == right_name {
            // The same operation on something else.
            [left, right].map(|side| operands_that_differ(left_name, side, left, right))
        } else {
            [left_name, right_name].map(str::to_owned)
        };
        let [left_line, right_line] = sides.map(|side| side.lines().get(pc).copied());
        Some(self.divergence(
            Stream::Code,
            left_line.or(right_line),
            [&general[0], &general[1]],
            sides.map(|side| listed(side, pc)),
            self.listing_from(pc),
        ))
    }

    fn lines(&self) -> Option<Divergence> {
        let pc = first_difference(self.left.lines(), self.right.lines())?;
        let sides = [&self.left, &self.right];
        let [left_line, right_line] = sides.map(|side| side.lines().get(pc).copied());
        let general = sides.map(|side| opcode(side.code().get(pc).copied()));
        Some(self.divergence(
            Stream::Lines,
            left_line.or(right_line),
            general,
            sides.map(|side| listed(side, pc)),
            self.listing_from(pc),
        ))
    }

    /// The listings of both from shortly before an instruction on, aligned.
    fn listing_from(&self, pc: usize) -> Vec<String> {
        let [left, right] = [&self.left, &self.right].map(|side| {
            let lines = listing(side);
            let start = position(&lines, pc)
                .unwrap_or(lines.len())
                .saturating_sub(CONTEXT);
            let mut text = Vec::new();
            for line in lines.get(start..).unwrap_or_default() {
                text.extend(
                    line.iter()
                        .map(|&byte| if byte == b'\t' { b' ' } else { byte }),
                );
                text.push(b'\n');
            }
            text
        });
        text::difference(&left, &right).map_or_else(Vec::new, |found| found.excerpt)
    }

    fn constants(&self) -> Option<Divergence> {
        let kind = |side: &ProtoView<'_>, index| match side.constant(index) {
            None => "(none)",
            Some(ConstantView::Nil) => "nil",
            Some(ConstantView::Boolean(_)) => "boolean",
            Some(ConstantView::Number(_)) => "number",
            Some(ConstantView::String(_)) => "string",
        };
        let shown = |side: &ProtoView<'_>, index| {
            Some(match side.constant(index)? {
                ConstantView::Nil => "nil".to_owned(),
                ConstantView::Boolean(value) => value.to_string(),
                ConstantView::Number(value) => format!("{value:e} ({:#018x})", value.to_bits()),
                ConstantView::String(value) => format!("\"{}\"", text::escape(value)),
            })
        };
        let count = |side: &ProtoView<'_>| side.constant_count();
        let (index, shown, context) = self.first_item("constant", count, shown)?;
        let general = [&self.left, &self.right].map(|side| kind(side, index));
        Some(self.divergence(Stream::Constants, None, general, shown, context))
    }

    fn locals(&self) -> Option<Divergence> {
        let count = |side: &ProtoView<'_>| side.local_count();
        let shown = |side: &ProtoView<'_>, index| {
            let local = side.local(index)?;
            let name = local.name.map_or_else(|| "(none)".to_owned(), text::escape);
            Some(format!(
                "{name}, active from {} to {}",
                local.start_pc + 1,
                local.end_pc + 1
            ))
        };
        let (index, shown, context) = self.first_item("local", count, shown)?;
        let parts = |side: &ProtoView<'_>| {
            side.local(index).map(|local| {
                let name = local.name.map(<[u8]>::to_vec);
                (name, local.start_pc, local.end_pc)
            })
        };
        let what = match (parts(&self.left), parts(&self.right)) {
            (Some((left, ..)), Some((right, ..))) if left != right => "name",
            (Some((_, left, _)), Some((_, right, _))) if left != right => "start",
            (Some(_), Some(_)) => "end",
            _ => "count",
        };
        Some(self.divergence(Stream::Locals, None, [what; 2], shown, context))
    }

    fn upvalues(&self) -> Option<Divergence> {
        let count = |side: &ProtoView<'_>| side.upvalue_name_count();
        let shown = |side: &ProtoView<'_>, index| Some(text::escape(side.upvalue_name(index)?));
        let (_, shown, context) = self.first_item("upvalue", count, shown)?;
        Some(self.divergence(Stream::Upvalues, None, ["name"; 2], shown, context))
    }

    /// The first of numbered items that differs, what is shown of it, and those around it.
    fn first_item(
        &self,
        what: &str,
        count: impl Fn(&ProtoView<'_>) -> usize,
        shown: impl Fn(&ProtoView<'_>, usize) -> Option<String>,
    ) -> Option<(usize, [Option<String>; 2], Vec<String>)> {
        let both = |index| [&self.left, &self.right].map(|side| shown(side, index));
        let total = count(&self.left).max(count(&self.right));
        let first = (0..total).find(|&index| {
            let [left, right] = both(index);
            left != right
        })?;
        let mut context = Vec::new();
        for index in first.saturating_sub(CONTEXT)..total.min(first + CONTEXT + 1) {
            let number = index + 1;
            match both(index) {
                [Some(left), Some(right)] if left == right => {
                    context.push(format!("  {what} {number}: {left}"));
                }
                sides => {
                    for (sign, side) in ["-", "+"].into_iter().zip(sides) {
                        if let Some(side) = side {
                            context.push(format!("{sign} {what} {number}: {side}"));
                        }
                    }
                }
            }
        }
        Some((first, both(first), context))
    }

    fn properties(&self) -> Option<Divergence> {
        let values = |side: &ProtoView<'_>| {
            [
                ("first line", side.line_defined()),
                ("last line", side.last_line_defined()),
                ("upvalues", side.upvalue_count().into()),
                ("parameters", side.parameter_count().into()),
                ("vararg flags", side.vararg().0.into()),
                ("frame size", side.max_stack_size().into()),
            ]
        };
        let pairs = values(&self.left).into_iter().zip(values(&self.right));
        let (mut names, mut shown) = (Vec::new(), [String::new(), String::new()]);
        for ((name, left), (_, right)) in pairs {
            if left != right {
                names.push(name);
                let _ = write!(shown[0], "{name} {left} ");
                let _ = write!(shown[1], "{name} {right} ");
            }
        }
        if self.left.source() != self.right.source() {
            names.push("source");
            for (text, side) in shown.iter_mut().zip([&self.left, &self.right]) {
                let source = side.source().map_or_else(String::new, text::escape);
                let _ = write!(text, "source {source} ");
            }
        }
        if names.is_empty() {
            return None;
        }
        let shown = shown.map(|text| text.trim_end().to_owned());
        let context = vec![format!("- {}", shown[0]), format!("+ {}", shown[1])];
        let general = names.join(", ");
        Some(self.divergence(
            Stream::Properties,
            Some(self.left.line_defined()),
            [&general; 2],
            shown.map(Some),
            context,
        ))
    }

    /// The functions inside that belong together, by index; those without a counterpart are
    /// findings.
    fn inner_functions(&self, found: &mut Vec<Divergence>) -> Vec<(usize, usize)> {
        let lines = |side: &ProtoView<'_>| -> Vec<i32> {
            let inner = (0..side.proto_count()).filter_map(|index| side.proto(index));
            inner.map(|inner| inner.line_defined()).collect()
        };
        let (left, right) = (lines(&self.left), lines(&self.right));
        if left.len() == right.len() {
            return (0..left.len()).zip(0..right.len()).collect();
        }
        let mut pairs = Vec::new();
        for operation in capture_diff_slices(Algorithm::Myers, &left, &right) {
            if let DiffOp::Equal {
                old_index,
                new_index,
                len,
            } = operation
            {
                pairs.extend((old_index..old_index + len).zip(new_index..new_index + len));
                continue;
            }
            let (old, new) = (operation.old_range(), operation.new_range());
            for (sign, side, range) in [("-", &self.left, old), ("+", &self.right, new)] {
                for inner in range.filter_map(|index| side.proto(index)) {
                    let shown = Some(name(&inner));
                    let (general, shown) = match sign {
                        "-" => (["function", "(none)"], [shown, None]),
                        _ => (["(none)", "function"], [None, shown]),
                    };
                    let context = vec![format!("{sign} {}", name(&inner))];
                    let line = Some(inner.line_defined());
                    found.push(self.divergence(Stream::Functions, line, general, shown, context));
                }
            }
        }
        pairs
    }
}

fn first_difference<T: PartialEq>(left: &[T], right: &[T]) -> Option<usize> {
    let equal = left.iter().zip(right).take_while(|(a, b)| a == b).count();
    (equal < left.len() || equal < right.len()).then_some(equal)
}

fn opcode(instruction: Option<Instruction>) -> &'static str {
    match instruction.map(Instruction::opcode) {
        None => "(end)",
        Some(None) => "(unknown)",
        Some(Some(op)) => op.name(),
    }
}

/// The name of an operation with those operands in which two instructions differ.
fn operands_that_differ(
    name: &str,
    side: Option<Instruction>,
    left: Option<Instruction>,
    right: Option<Instruction>,
) -> String {
    let operands = |instruction: Option<Instruction>| {
        instruction.map_or([0; 3], |one| [one.a(), one.b(), one.c()])
    };
    let mut text = name.to_owned();
    let op = side.and_then(Instruction::opcode);
    if op.is_some_and(|op| op.properties().format != Format::Abc) {
        let is_a = left.map(Instruction::a) != right.map(Instruction::a);
        text.push_str(if is_a { " A" } else { " Bx" });
        return text;
    }
    let (own, left, right) = (operands(side), operands(left), operands(right));
    for (index, letter) in ["A", "B", "C"].into_iter().enumerate() {
        if left.get(index) != right.get(index) {
            let value = own.get(index).copied().unwrap_or_default();
            let class = if value >= 256 { "constant" } else { "register" };
            let _ = write!(text, " {letter} {class}");
        }
    }
    text
}

/// The lines of a function's listing, instructions only.
fn listing(function: &ProtoView<'_>) -> Vec<Vec<u8>> {
    let text = list(*function, false, &|_| 0);
    // An empty line comes before every function.
    let own = text.get(1..).unwrap_or_default();
    let end = own.windows(2).position(|pair| pair == b"\n\n");
    let own = own.get(..end.unwrap_or(own.len())).unwrap_or_default();
    own.split(|&byte| byte == b'\n')
        .filter(|line| line.starts_with(b"\t"))
        .map(<[u8]>::to_vec)
        .collect()
}

/// Where in a listing an instruction stands. What follows a `SETLIST` may be a number, not an
/// instruction, and has no line.
fn position(lines: &[Vec<u8>], pc: usize) -> Option<usize> {
    let start = format!("\t{}\t", pc + 1);
    lines
        .iter()
        .position(|line| line.starts_with(start.as_bytes()))
}

/// The line of the listing for an instruction.
fn listed(function: &ProtoView<'_>, pc: usize) -> Option<String> {
    let lines = listing(function);
    let line = lines.get(position(&lines, pc)?)?;
    Some(text::escape(line.trim_ascii()).replace("\\t", " "))
}

#[cfg(test)]
mod tests {
    use super::super::rilua;
    use super::*;

    fn compare(left: &str, right: &str) -> Vec<Divergence> {
        let compile = |text: &str| rilua(text.as_bytes(), b"@x.lua", false).unwrap();
        chunks(&compile(left), &compile(right))
    }

    fn streams(found: &[Divergence]) -> Vec<Stream> {
        found.iter().map(|found| found.stream).collect()
    }

    #[test]
    fn same_chunks_have_no_difference() {
        assert!(compare("f(1)", "f(1)").is_empty());
    }

    #[test]
    fn shows_the_instruction_with_its_line_and_what_is_around() {
        let found = compare("local a\n\na = b + 1\nf(a)", "local a\n\na = b - 1\nf(a)");
        assert_eq!(streams(&found), [Stream::Code]);
        let found = &found[0];
        assert_eq!(found.line, Some(3));
        assert_eq!(found.left.as_deref(), Some("2 [3] ADD       0 1 -2 ; - 1"));
        assert_eq!(found.excerpt[0], "  in main");
        assert!(
            found
                .excerpt
                .iter()
                .any(|line| line.starts_with("- ") && line.contains("ADD"))
        );
        assert!(
            found
                .excerpt
                .iter()
                .any(|line| line.starts_with("  ") && line.contains("CALL"))
        );
        assert_eq!(found.signature.message, "compiler/code: ADD | SUB");
    }

    #[test]
    fn inner_functions_are_found_by_line() {
        let text = "function a() return 1 end\nfunction b() return 2 end\n";
        let found = compare(text, &text.replace("return 2", "return 3"));
        assert_eq!(streams(&found), [Stream::Constants]);
        assert_eq!(found[0].excerpt[0], "  in main > function <2,2>");
        assert_eq!(found[0].left.as_deref(), Some("2e0 (0x4000000000000000)"));
        let less = text.replace("function b() return 2 end", "b = 1 ");
        let found = compare(text, &less);
        let missing = found.iter().find(|found| found.stream == Stream::Functions);
        assert_eq!(missing.unwrap().left.as_deref(), Some("function <2,2>"));
    }

    #[test]
    fn debug_information_and_properties_are_compared() {
        assert_eq!(streams(&compare("f()", "\nf()")), [Stream::Lines]);
        assert_eq!(
            streams(&compare("local a = f()", "local b = f()")),
            [Stream::Locals]
        );
        let upvalue = "local a, b\nreturn function() return a end";
        let found = compare(upvalue, &upvalue.replace("local a, b", "local c, b"));
        assert!(streams(&found).contains(&Stream::Locals), "{found:?}");
        let found = compare("return function(a) end", "return function(a, ...) end");
        assert!(streams(&found).contains(&Stream::Properties), "{found:?}");
    }

    #[test]
    fn what_cannot_be_read_is_said() {
        let chunk = rilua(b"f()", b"=x", false).unwrap();
        let found = chunks(&chunk, &chunk[..20]);
        assert_eq!(streams(&found), [Stream::Chunk]);
        let refused = |name: &str| rilua(b"return -nil", name.as_bytes(), false).unwrap();
        let unreadable = chunks(&refused("=x"), &refused("=y"));
        assert!(unreadable[0].excerpt[0].starts_with("  from byte "));
        assert!(
            found[0]
                .right
                .as_deref()
                .unwrap()
                .contains("unexpected end")
        );
    }
}
