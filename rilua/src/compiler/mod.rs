//! From syntax tree to function prototypes. Usable without a virtual machine.

mod constants;
mod descriptor;
mod expressions;
mod failure;
mod function;
mod generator;
mod operators;
mod scanner;
mod scope;
mod statements;
mod values;

pub(crate) use scanner::array_size;

use crate::bytecode::proto::{Chunk, Proto};
use crate::bytecode::undump::{Refused, UndumpError, undump};
use crate::syntax::ast::Moment;
use crate::syntax::parser::{Parser, SyntaxError};
use crate::syntax::source::{Source, Watch};
use crate::syntax::strings::{StringId, StringTable};
use failure::Failure;
use function::FunctionState;
use generator::{Generator, Workspace};

/// What the compiler has to know about its caller.
#[derive(Debug, Clone, Copy)]
pub struct CompileOptions<'a> {
    /// Name of the chunk: `@file`, `=name`, or the text itself.
    pub chunk_name: &'a [u8],
    /// Syntax levels already used: nested C calls of the running thread.
    pub c_depth: u32,
}

/// Why a chunk doesn't compile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CompileError<E> {
    /// The whole message, with position and `near` text.
    Syntax(Vec<u8>),
    /// An internal table is full (`constant table overflow`, `too many local
    /// variables`). 5.1.1 raises these like run-time errors: without position,
    /// and a handler set by `xpcall` sees them.
    Overflow(Vec<u8>),
    /// The reader failed.
    Source(E),
    /// A precompiled chunk announces more than there is memory for.
    Memory,
    /// The source's [watch](Source::watch) said so.
    Stopped,
}

/// A compilation that failed: why, and what 5.1.1 would have allocated until then.
#[derive(Debug, Clone)]
pub struct Failed<E> {
    /// The first error in the order of the text.
    pub error: CompileError<E>,
    /// What is left behind, for the collector.
    pub remains: Option<Box<Remains>>,
}

/// What a compilation that failed leaves behind. Nothing refers to it, but it counts
/// as memory in use until it is collected.
#[derive(Debug, Clone)]
pub struct Remains {
    /// Strings by their id. Some of them may come after the error.
    pub strings: StringTable,
    /// Those of them that 5.1.1 has made.
    pub read: Vec<StringId>,
    /// The functions that were being compiled, from the outside in; those inside
    /// them that were complete are among their `protos`. Of a precompiled chunk all that
    /// were begun, in the order of the chunk.
    pub functions: Vec<Unfinished>,
    /// As in a [`Chunk`]; nothing of a precompiled one.
    pub last_read: Option<Vec<Vec<StringId>>>,
}

/// A function that was being compiled.
#[derive(Debug, Clone)]
pub struct Unfinished {
    /// As far as it got.
    pub proto: Proto,
    /// Bytes that 5.1.1 has allocated for its vectors beyond what is in them.
    pub spare: usize,
}

impl<E> From<UndumpError<E>> for CompileError<E> {
    fn from(error: UndumpError<E>) -> Self {
        match error {
            UndumpError::Syntax(message) => Self::Syntax(message),
            UndumpError::Source(error) => Self::Source(error),
            UndumpError::Memory => Self::Memory,
        }
    }
}

impl<E> From<Refused<E>> for Failed<E> {
    fn from(refused: Refused<E>) -> Self {
        let functions = refused.functions.into_iter().map(|spare| Unfinished {
            proto: Proto::default(),
            spare,
        });
        let remains = Remains {
            read: refused.strings.iter().map(|(id, _, _)| id).collect(),
            strings: refused.strings,
            functions: functions.collect(),
            last_read: None,
        };
        Self {
            error: refused.error.into(),
            remains: Some(Box::new(remains)),
        }
    }
}

/// Compiles a chunk of program text.
///
/// # Errors
///
/// The first error in the order of the text, be it of syntax or of a limit.
pub fn compile<S: Source>(
    source: S,
    options: &CompileOptions<'_>,
) -> Result<Chunk, Failed<S::Error>> {
    let mut workspace = Workspace::watched(source.watch());
    let mut parser = Parser::new(source, options.chunk_name, options.c_depth);
    let (_, strings) = parser.parts();
    let name = strings.intern(options.chunk_name);
    let mut main = workspace.open_main(name);
    loop {
        let statement = parser.next_statement();
        let end = match statement {
            Some(_) => Moment(0),
            None => parser.finish(),
        };
        let stop = parser.error_moment();
        let (ast, strings) = parser.parts();
        let mut generator = Generator::new(ast, strings, &mut workspace, main, stop);
        let done = match &statement {
            Some(statement) => generator.statement(statement),
            // Whatever is wrong behind the last statement is found before it ends.
            None if stop != Moment(u32::MAX) => Err(Failure::SyntaxError),
            None => generator.finish_main(end),
        };
        let now = generator.now();
        let read = match done {
            Ok(()) | Err(Failure::SyntaxError) => Moment(u32::MAX),
            Err(_) => now,
        };
        generator.read_texts(read);
        let (function, outer) = (generator.function, generator.outer);
        let error = match done {
            Ok(()) | Err(Failure::SyntaxError) => parser.take_error().map(|error| match error {
                SyntaxError::Message(message) => CompileError::Syntax(message),
                SyntaxError::Source(error) => CompileError::Source(error),
            }),
            Err(Failure::Stopped) => Some(CompileError::Stopped),
            Err(Failure::Overflow(text)) => Some(CompileError::Overflow(text.into())),
            Err(failure) => {
                let (text, near) = failure.text();
                let message = parser.message_at(now, text.as_bytes(), near);
                Some(CompileError::Syntax(message))
            }
        };
        if let Some(error) = error {
            if matches!(error, CompileError::Stopped) || workspace.is_stopped() {
                return Err(Failed {
                    error: CompileError::Stopped,
                    remains: None,
                });
            }
            let functions: Vec<_> = outer.into_iter().chain([function]).collect();
            let tables: Vec<_> = functions.iter().map(|f| f.scanner_table).collect();
            let last_read = Some(workspace.scanner.last_read(&tables));
            let functions: Vec<_> = functions.into_iter().map(FunctionState::abandon).collect();
            let strings = parser.into_strings();
            let ids = strings.iter().map(|(id, _, _)| id);
            let read = ids.filter(|&id| id == name || workspace.scanner.has_read(id));
            let remains = Some(Box::new(Remains {
                read: read.collect(),
                strings,
                functions,
                last_read,
            }));
            return Err(Failed { error, remains });
        }
        main = function;
        if statement.is_none() {
            break;
        }
    }
    Ok(Chunk {
        last_read: workspace.scanner.last_read(&[main.scanner_table]),
        strings: parser.into_strings(),
        main: main.take_proto(),
    })
}

/// Loads a chunk, text or precompiled: the first byte tells.
///
/// # Errors
///
/// See [`compile`] and [`undump`].
pub fn load<S: Source>(source: S, options: &CompileOptions<'_>) -> Result<Chunk, Failed<S::Error>> {
    let mut source = Peeked {
        first: Vec::new(),
        source,
    };
    if let Err(error) = source.source.refill(&mut source.first) {
        return Err(Failed {
            error: CompileError::Source(error),
            remains: None,
        });
    }
    if source.first.first() == Some(&0x1b) {
        Ok(undump(source, options.chunk_name, options.c_depth)?)
    } else {
        compile(source, options)
    }
}

/// A source of which the first piece has been taken already.
struct Peeked<S> {
    first: Vec<u8>,
    source: S,
}

impl<S: Source> Source for Peeked<S> {
    type Error = S::Error;

    fn refill(&mut self, buffer: &mut Vec<u8>) -> Result<bool, S::Error> {
        if self.first.is_empty() {
            return self.source.refill(buffer);
        }
        let first = std::mem::take(&mut self.first);
        if buffer.is_empty() {
            *buffer = first;
        } else {
            buffer.extend_from_slice(&first);
        }
        Ok(true)
    }

    fn set_levels(&mut self, levels: u32) {
        self.source.set_levels(levels);
    }

    fn hold(&mut self, slots: usize) {
        self.source.hold(slots);
    }

    fn give_back(&mut self, slots: usize) {
        self.source.give_back(slots);
    }

    fn watch(&self) -> Option<Watch> {
        self.source.watch()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bytecode::listing::list;
    use crate::syntax::source::SliceSource;

    fn try_compile(text: &str) -> Result<Chunk, String> {
        let options = CompileOptions {
            chunk_name: b"=c",
            c_depth: 1,
        };
        load(SliceSource::new(text.as_bytes()), &options).map_err(|failed| match failed.error {
            CompileError::Syntax(message) => String::from_utf8(message).unwrap(),
            CompileError::Overflow(message) => format!("({})", message.escape_ascii()),
            CompileError::Source(never) => match never {},
            CompileError::Memory => "not enough memory".to_owned(),
            CompileError::Stopped => "stopped".to_owned(),
        })
    }

    fn error(text: &str) -> String {
        try_compile(text).err().unwrap_or_else(|| "ok".to_owned())
    }

    /// Line, opcode and operands of the instructions of the main function.
    fn code(text: &str) -> Vec<String> {
        let chunk = try_compile(text).unwrap();
        let listing = String::from_utf8(list(chunk.view(), false, &|_| 0)).unwrap();
        let functions = listing.split("\n\n").next().unwrap().lines();
        let lines = functions.filter_map(|line| line.strip_prefix('\t'));
        lines
            .map(|line| {
                let line = line
                    .split('\t')
                    .skip(1)
                    .take(3)
                    .collect::<Vec<_>>()
                    .join(" ");
                line.split_whitespace().collect::<Vec<_>>().join(" ")
            })
            .collect()
    }

    fn repeat(item: impl Fn(usize) -> String, count: usize, separator: &str) -> String {
        (1..=count).map(item).collect::<Vec<_>>().join(separator)
    }

    #[test]
    fn code_is_that_of_5_1_1() {
        assert_eq!(
            code("return -true"),
            ["[1] UNM 0 -1", "[1] RETURN 0 2", "[1] RETURN 0 1"]
        );
        assert_eq!(
            code("return 1/0, 1 + nil, 0/0"),
            [
                "[1] DIV 0 -1 -2",
                "[1] ADD 1 -1 -3",
                "[1] DIV 2 -2 -2",
                "[1] RETURN 0 4",
                "[1] RETURN 0 1",
            ]
        );
        assert_eq!(code("repeat until false"), ["[1] JMP -1", "[1] RETURN 0 1"]);
        assert_eq!(
            code("local x = (y or false) and true"),
            [
                "[1] GETGLOBAL 0 -1",
                "[1] TEST 0 0 1",
                "[1] JMP 1",
                "[1] JMP 2",
                "[1] LOADBOOL 0 1 0",
                "[1] JMP 2",
                "[1] LOADBOOL 0 0 1",
                "[1] LOADBOOL 0 1 0",
                "[1] RETURN 0 1",
            ]
        );
        assert_eq!(
            code("return 1 == x.y"),
            [
                "[1] GETGLOBAL 0 -1",
                "[1] GETTABLE 0 0 -2",
                "[1] EQ 1 -3 0",
                "[1] JMP 1",
                "[1] LOADBOOL 0 0 1",
                "[1] LOADBOOL 0 1 0",
                "[1] RETURN 0 2",
                "[1] RETURN 0 1",
            ]
        );
    }

    #[test]
    fn instructions_carry_the_line_of_the_last_token_used() {
        assert_eq!(
            code("local t =\n{a\n\n, b\n}\nt.x(\n1) "),
            [
                "[1] NEWTABLE 0 2 0",
                "[4] GETGLOBAL 1 -1",
                "[5] GETGLOBAL 2 -2",
                "[5] SETLIST 0 2 1",
                "[6] GETTABLE 1 0 -3",
                "[7] LOADK 2 -4",
                "[6] CALL 1 2 1",
                "[7] RETURN 0 1",
            ]
        );
    }

    #[test]
    fn zero_and_minus_zero_are_one_constant() {
        let chunk = try_compile("return -0, 0").unwrap();
        let [crate::bytecode::Constant::Number(zero)] = chunk.main.constants[..] else {
            panic!("{:?}", chunk.main.constants);
        };
        assert!(zero == 0.0 && zero.is_sign_negative());
    }

    #[test]
    fn the_first_error_is_reported() {
        let locals = repeat(|n| format!("local a{n}"), 201, "\n");
        let limit = "c:201: main function has more than 200 local variables";
        assert_eq!(error(&locals), limit);
        assert_eq!(error(&[&locals, " = ="].concat()), limit);
        let early = locals.replace("local a150", "local = a150");
        assert_eq!(error(&early), "c:150: '<name>' expected near '='");
        let arguments = repeat(|_| "x".to_owned(), 249, ",");
        let complex = "c:1: function or expression too complex near";
        assert_eq!(
            error(&format!("f({arguments})")),
            format!("{complex} '<eof>'")
        );
        assert_eq!(
            error(&format!("f({arguments},'a' = ")),
            format!("{complex} ''a''")
        );
        assert_eq!(
            error(&format!("f({arguments} 'a")),
            "c:1: unfinished string near '<eof>'"
        );
        let names = repeat(|n| format!("local a{n}"), 61, " ");
        let sum = repeat(|n| format!("a{n}"), 61, "+");
        assert_eq!(
            error(&format!("{names}\nreturn function()\n return {sum} + +")),
            "c:3: function at line 2 has more than 60 upvalues"
        );
    }

    #[test]
    fn full_tables_are_no_syntax_errors() {
        let constants = repeat(|n| format!("x={n}"), 262_143, "\n");
        assert_eq!(error(&constants), "(constant table overflow)");
        let locals = "do local a end ".repeat(32_768);
        assert_eq!(error(&locals), "(too many local variables)");
        assert_eq!(
            error(&["return {", &"1,".repeat(262_145), "}"].concat()),
            "c:1: main function has more than 262143 items in a constructor"
        );
        assert_eq!(
            error(&["while x do ", &"f()".repeat(65_536), "\nend"].concat()),
            "c:2: control structure too long near 'end'"
        );
    }

    /// A text, and how often it was asked whether to stop before the answer is yes.
    struct Impatient<'a> {
        text: SliceSource<'a>,
        left: std::rc::Rc<std::cell::Cell<usize>>,
    }

    impl Source for Impatient<'_> {
        type Error = std::convert::Infallible;

        fn refill(&mut self, buffer: &mut Vec<u8>) -> Result<bool, Self::Error> {
            self.text.refill(buffer)
        }

        fn watch(&self) -> Option<Watch> {
            let left = std::rc::Rc::clone(&self.left);
            Some(Box::new(move || {
                let before = left.get();
                left.set(before.saturating_sub(1));
                before == 0
            }))
        }
    }

    /// One statement of 400,000 tokens is compiled in many steps, and left after any of them.
    #[test]
    fn a_long_statement_can_be_stopped() {
        for (first, item, last) in [
            ("x = a", " + a", ""),
            ("x = {", "{},", "}"),
            ("do ", "f() ", "end"),
            ("local function f() ", "a = 1 ", "end"),
        ] {
            let text = [first, &item.repeat(130_000), last].concat();
            let compile = |patience| {
                let left = std::rc::Rc::new(std::cell::Cell::new(patience));
                let source = Impatient {
                    text: SliceSource::new(text.as_bytes()),
                    left: std::rc::Rc::clone(&left),
                };
                let options = CompileOptions {
                    chunk_name: b"=c",
                    c_depth: 1,
                };
                (load(source, &options).map(|_| ()), left.get())
            };
            let (compiled, left) = compile(1000);
            assert!(compiled.is_ok(), "{item}");
            let asked = 1000 - left;
            assert!((20..200).contains(&asked), "{item}: {asked}");
            for patience in [0, asked / 2, asked - 1] {
                let (compiled, _) = compile(patience);
                let failed = compiled.unwrap_err();
                assert!(matches!(failed.error, CompileError::Stopped), "{item}");
                assert!(failed.remains.is_none());
            }
        }
    }

    #[test]
    fn long_chains_need_no_deep_stack() {
        let count = 300_000;
        for (first, next, last) in [
            ("x = a", "+a", ""),
            ("x = a", ".b", ""),
            ("f", "()", ""),
            ("x = a", "[1]", ""),
            ("x = a", ":b{}", ""),
            ("a", ",a", " = 1"),
            ("", "x=1 ", ""),
        ] {
            let text = [first, &next.repeat(count), last].concat();
            let expected = if last.is_empty() {
                "ok"
            } else {
                "c:1: function or expression too complex near '<eof>'"
            };
            assert_eq!(error(&text), expected, "{first}{next}");
        }
        assert_eq!(error(&["x = a", &" and a".repeat(40_000)].concat()), "ok");
        let clauses = "elseif a then ".repeat(20_000);
        assert_eq!(error(&["if a then ", &clauses, "end"].concat()), "ok");
    }

    #[test]
    fn the_deepest_nesting_fits_a_small_stack() {
        let compile_all = || {
            for (first, open, inner, close, count) in [
                ("x = ", "(", "a", ")", 190),
                ("x = ", "{", "a", "}", 190),
                ("x = ", "{[", "a", "]=1}", 190),
                ("", "f(", "a", ")", 190),
                ("x = a", "[a", "", "]", 190),
                ("x = ", "not ", "a", "", 190),
                ("x = ", "a..", "a", "", 190),
                ("x = ", "function() return ", "a", " end", 95),
                ("", "f{function() return ", "a", " end}", 63),
                ("", "if a then ", "", " end", 190),
                ("", "repeat ", "", " until a", 190),
                ("", "for i in a do ", "", " end", 45),
                ("", "function f() ", "", " end", 190),
            ] {
                let text = [first, &open.repeat(count), inner, &close.repeat(count)].concat();
                assert_eq!(error(&text), "ok", "{open}");
            }
        };
        let thread = std::thread::Builder::new().stack_size(512 * 1024);
        thread.spawn(compile_all).unwrap().join().unwrap();
    }
}
