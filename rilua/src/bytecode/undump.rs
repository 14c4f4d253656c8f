//! Reads precompiled chunks; mirrors `lundump.c`. Nothing in a chunk is trusted:
//! memory is taken only for what has been read, and every function is checked
//! before it can be run.

use super::dump::{BOOLEAN, HEADER, NIL, NUMBER, STRING};
use super::instruction::Instruction;
use super::proto::{Chunk, Constant, LocalVariable, Proto, VarargFlags};
use super::verify::is_sound;
use super::view::ProtoView;
use crate::limits::MAX_C_CALLS;
use crate::syntax::lexer::c_string;
use crate::syntax::source::{Source, UNDUMPED_SLOTS};
use crate::syntax::strings::{StringId, StringTable};

/// How every message about a damaged chunk ends.
pub(crate) const IN_CHUNK: &[u8] = b" in precompiled chunk";

/// Why a precompiled chunk can't be loaded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UndumpError<E> {
    /// The whole message, such as `x: bad header in precompiled chunk`.
    Syntax(Vec<u8>),
    /// The reader failed.
    Source(E),
    /// The chunk announces more than there is memory for.
    Memory,
}

/// A chunk that wasn't loaded: why, and what 5.1.1 has allocated for it until then.
#[derive(Debug, Clone)]
pub struct Refused<E> {
    /// What is wrong with it.
    pub error: UndumpError<E>,
    /// The strings that were read.
    pub strings: StringTable,
    /// Bytes of the vectors of each function that was begun, in the order of the chunk.
    pub functions: Vec<usize>,
}

/// Reads a precompiled chunk. `c_depth` is the number of nested C calls of the
/// running thread; it counts against the depth of nested functions.
///
/// # Errors
///
/// What is damaged, truncated or unsound is refused; see [`Refused`].
pub fn undump<S: Source>(
    source: S,
    chunk_name: &[u8],
    c_depth: u32,
) -> Result<Chunk, Refused<S::Error>> {
    let mut reader = Reader {
        source,
        text: Vec::new(),
        position: 0,
        ended: false,
        strings: StringTable::new(),
        depth: c_depth,
        functions: Vec::new(),
    };
    let error = match reader.chunk() {
        Ok(main) => {
            return Ok(Chunk {
                strings: reader.strings,
                main,
                last_read: Vec::new(),
            });
        }
        Err(Failure::Source(error)) => UndumpError::Source(error),
        Err(Failure::Memory) => UndumpError::Memory,
        Err(Failure::Damaged(why)) => {
            let name = match chunk_name.split_first() {
                Some((b'@' | b'=', rest)) => rest,
                Some((0x1b, _)) => b"binary string",
                _ => chunk_name,
            };
            let message = [c_string(name), b": ", why.as_bytes(), IN_CHUNK];
            UndumpError::Syntax(message.concat())
        }
    };
    Err(Refused {
        error,
        strings: reader.strings,
        functions: reader.functions,
    })
}

enum Failure<E> {
    Damaged(&'static str),
    Source(E),
    Memory,
}

type Read<T, E> = Result<T, Failure<E>>;

/// What a chunk announces is asked of the memory from this number of bytes on.
const MODEST: usize = 1 << 20;

/// 5.1.1 makes room for all of a sequence or string before it reads the first item,
/// and fails if it can't, although the chunk may end long before. So it is asked
/// for, but not kept.
fn ask_for_memory<E>(bytes: usize) -> Read<(), E> {
    if bytes <= MODEST || Vec::<u8>::new().try_reserve_exact(bytes).is_ok() {
        Ok(())
    } else {
        Err(Failure::Memory)
    }
}

/// Bytes that 5.1.1 takes for one item of a sequence.
mod item_size {
    /// An instruction or a line.
    pub(super) const WORD: usize = 4;
    pub(super) const CONSTANT: usize = 16;
    pub(super) const PROTO: usize = 8;
    pub(super) const LOCAL: usize = 16;
    pub(super) const NAME: usize = 8;
}

struct Reader<S> {
    source: S,
    text: Vec<u8>,
    position: usize,
    ended: bool,
    strings: StringTable,
    depth: u32,
    /// Bytes of the vectors made for each function begun.
    functions: Vec<usize>,
}

impl<S: Source> Reader<S> {
    fn chunk(&mut self) -> Read<Proto, S::Error> {
        if self.array()? != HEADER {
            return Err(Failure::Damaged("bad header"));
        }
        let unknown = self.strings.intern(b"=?");
        self.function(unknown)
    }

    // ----- pieces -----

    /// Makes sure that `size` bytes can be taken.
    #[inline]
    fn fill(&mut self, size: usize) -> Read<(), S::Error> {
        if self.text.len() - self.position >= size {
            return Ok(());
        }
        self.ask_for(size)
    }

    #[cold]
    #[inline(never)]
    fn ask_for(&mut self, size: usize) -> Read<(), S::Error> {
        while self.text.len() - self.position < size {
            if self.position > 0 {
                self.text.drain(..self.position);
                self.position = 0;
            }
            if self.ended {
                return Err(Failure::Damaged("unexpected end"));
            }
            let before = self.text.len();
            let more = self.source.refill(&mut self.text);
            self.ended = !more.map_err(Failure::Source)? || self.text.len() == before;
        }
        Ok(())
    }

    #[inline]
    fn array<const N: usize>(&mut self) -> Read<[u8; N], S::Error> {
        self.fill(N)?;
        let bytes = self
            .text
            .get(self.position..)
            .and_then(|rest| rest.first_chunk());
        self.position += N;
        bytes.copied().ok_or(Failure::Damaged("unexpected end"))
    }

    fn byte(&mut self) -> Read<u8, S::Error> {
        let [byte] = self.array()?;
        Ok(byte)
    }

    /// A C `int` that can't be negative.
    fn int(&mut self) -> Read<i32, S::Error> {
        let value = i32::from_le_bytes(self.array()?);
        if value < 0 {
            return Err(Failure::Damaged("bad integer"));
        }
        Ok(value)
    }

    /// The number of items of a sequence. 5.1.1 makes room for all of them at once, in
    /// the name of `function`, its place among those begun; `size` is that of [`item_size`].
    fn count(&mut self, function: usize, size: usize) -> Read<usize, S::Error> {
        let count = self.int()?.unsigned_abs() as usize;
        let bytes = count.saturating_mul(size);
        ask_for_memory(bytes)?;
        if let Some(sum) = self.functions.get_mut(function) {
            *sum = sum.saturating_add(bytes);
        }
        Ok(count)
    }

    /// A sequence with its length before it.
    fn sequence<T>(
        &mut self,
        function: usize,
        size: usize,
        mut item: impl FnMut(&mut Self) -> Read<T, S::Error>,
    ) -> Read<Vec<T>, S::Error> {
        let count = self.count(function, size)?;
        // More only as they come: the count may be wrong.
        let mut items = Vec::with_capacity(count.min(16));
        for _ in 0..count {
            items.push(item(self)?);
        }
        Ok(items)
    }

    /// A sequence of words of four bytes. The source is asked for more only when less
    /// than one word is left, as for other items.
    fn words<T>(&mut self, function: usize, item: impl Fn(u32) -> T) -> Read<Vec<T>, S::Error> {
        let count = self.count(function, item_size::WORD)?;
        let mut items = Vec::new();
        while items.len() < count {
            let rest = self.text.get(self.position..).unwrap_or(&[]);
            let (words, _) = rest.as_chunks();
            let words = words.get(..count - items.len()).unwrap_or(words);
            items.extend(words.iter().map(|&word| item(u32::from_le_bytes(word))));
            self.position += words.len() * item_size::WORD;
            if items.len() < count {
                items.push(item(u32::from_le_bytes(self.array()?)));
            }
        }
        Ok(items)
    }

    fn string(&mut self) -> Read<Option<StringId>, S::Error> {
        let size = u64::from_le_bytes(self.array()?);
        let size = usize::try_from(size).map_err(|_| Failure::Memory)?;
        ask_for_memory(size)?;
        self.fill(size)?;
        let end = self.position.saturating_add(size);
        let string = match self
            .text
            .get(self.position..end)
            .and_then(|bytes| bytes.split_last())
        {
            // The last byte stands for C's terminator, whatever it is.
            Some((_, bytes)) => Some(self.strings.intern(bytes)),
            None => None,
        };
        self.position = end;
        Ok(string)
    }

    // ----- functions -----

    /// A function; `outer` is the source of the one around it.
    fn function(&mut self, outer: StringId) -> Read<Proto, S::Error> {
        self.depth += 1;
        if self.depth > MAX_C_CALLS {
            return Err(Failure::Damaged("code too deep"));
        }
        let place = self.functions.len();
        self.functions.push(0);
        self.source.hold(UNDUMPED_SLOTS);
        let source = self.string()?.unwrap_or(outer);
        let line_defined = self.int()?;
        let last_line_defined = self.int()?;
        let [upvalue_count, parameter_count, vararg, max_stack_size] = self.array()?;
        let code = self.words(place, Instruction)?;
        let mut has_null = false;
        let constants = self.sequence(place, item_size::CONSTANT, |reader| {
            let constant = reader.constant()?;
            has_null |= constant.is_none();
            Ok(constant.unwrap_or(Constant::Nil))
        })?;
        let protos = self.sequence(place, item_size::PROTO, |reader| reader.function(source))?;
        let lines = self.words(place, u32::cast_signed)?;
        let locals = self.sequence(place, item_size::LOCAL, |reader| {
            Ok(LocalVariable {
                name: reader.string()?,
                start_pc: reader.int()?.unsigned_abs(),
                end_pc: reader.int()?.unsigned_abs(),
            })
        })?;
        let upvalue_names = self.sequence(place, item_size::NAME, Self::string)?;
        let proto = Proto {
            source: Some(source),
            line_defined,
            last_line_defined,
            upvalue_count,
            parameter_count,
            vararg: VarargFlags(vararg),
            max_stack_size,
            code,
            constants,
            protos,
            lines,
            locals,
            upvalue_names,
            scanner_table: None,
        };
        let view = ProtoView {
            strings: &self.strings,
            proto: &proto,
        };
        if has_null || !is_sound(&view) {
            return Err(Failure::Damaged("bad code"));
        }
        self.depth -= 1;
        self.source.give_back(UNDUMPED_SLOTS);
        Ok(proto)
    }

    /// A constant; nothing for a string without bytes, not even a terminator, which is
    /// a null pointer in C.
    fn constant(&mut self) -> Read<Option<Constant>, S::Error> {
        Ok(Some(match self.byte()? {
            NIL => Constant::Nil,
            BOOLEAN => Constant::Boolean((self.byte()? != 0) ^ fault!(UndumpedBoolean)),
            NUMBER => Constant::Number(f64::from_bits(u64::from_le_bytes(self.array()?))),
            STRING => return Ok(self.string()?.map(Constant::String)),
            _ => return Err(Failure::Damaged("bad constant")),
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bytecode::dump::dump;
    use crate::bytecode::instruction::OpCode;
    use crate::syntax::source::SliceSource;

    /// `return 1, "a"` as luac 5.1.1 writes it, stripped.
    const RETURN: &[u8] = b"\x1bLua\x51\0\x01\x04\x08\x04\x08\0\
        \0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x02\x02\
        \x04\0\0\0\x01\0\0\0\x41\x40\0\0\x1e\0\x80\x01\x1e\0\x80\0\
        \x02\0\0\0\x03\0\0\0\0\0\0\xf0\x3f\x04\x02\0\0\0\0\0\0\0a\0\
        \0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0";

    fn read(bytes: &[u8]) -> Result<Chunk, String> {
        undump(SliceSource::new(bytes), b"@m", 1).map_err(|refused| match refused.error {
            UndumpError::Syntax(message) => String::from_utf8(message).unwrap(),
            UndumpError::Source(never) => match never {},
            UndumpError::Memory => "not enough memory".to_owned(),
        })
    }

    #[test]
    fn a_chunk_of_luac_is_read_and_written_again() {
        let chunk = read(RETURN).unwrap();
        assert_eq!(chunk.main.constants.len(), 2);
        assert_eq!(chunk.main.vararg, VarargFlags(VarargFlags::IS_VARARG));
        assert_eq!(chunk.strings.get(chunk.main.source.unwrap()), b"=?");
        assert_eq!(dump(chunk.view(), true), RETURN);
    }

    #[test]
    fn pieces_make_no_difference() {
        struct Pieces<'a>(&'a [u8], usize);
        impl Source for Pieces<'_> {
            type Error = std::convert::Infallible;

            fn refill(&mut self, buffer: &mut Vec<u8>) -> Result<bool, Self::Error> {
                let (piece, rest) = self.0.split_at(self.1.min(self.0.len()));
                buffer.extend_from_slice(piece);
                self.0 = rest;
                Ok(!piece.is_empty())
            }
        }
        let whole = read(RETURN).unwrap().main;
        for size in 1..RETURN.len() {
            let pieces = undump(Pieces(RETURN, size), b"@m", 1);
            assert_eq!(pieces.ok().unwrap().main, whole, "{size}");
        }
    }

    #[test]
    fn damage_is_named() {
        assert_eq!(
            read(b"\x1bLuaR\0").unwrap_err(),
            "m: unexpected end in precompiled chunk"
        );
        let damaged = |position: usize, bytes: &[u8]| {
            let mut chunk = RETURN.to_vec();
            chunk[position..position + bytes.len()].copy_from_slice(bytes);
            read(&chunk).unwrap_err()
        };
        assert_eq!(damaged(4, b"R"), "m: bad header in precompiled chunk");
        assert_eq!(damaged(23, b"\x80"), "m: bad integer in precompiled chunk");
        assert_eq!(
            damaged(32, b"\xff\xff\xff\x7f"),
            "m: unexpected end in precompiled chunk"
        );
        assert_eq!(
            damaged(12, b"\xff\xff\xff\xff\xff\xff\xff\xff"),
            "not enough memory"
        );
        assert_eq!(damaged(56, b"\x05"), "m: bad constant in precompiled chunk");
        // One instruction writes to a register outside the frame.
        assert_eq!(damaged(37, b"\x10"), "m: bad code in precompiled chunk");
        for end in 0..RETURN.len() {
            assert_eq!(
                read(&RETURN[..end]).unwrap_err(),
                "m: unexpected end in precompiled chunk"
            );
        }
    }

    #[test]
    fn functions_nest_200_levels_deep() {
        let nested = |depth: usize| {
            let mut strings = StringTable::new();
            let source = Some(strings.intern(b"=s"));
            let code = vec![Instruction::abc(OpCode::Return, 0, 1, 0)];
            let mut main = Proto {
                source,
                code,
                max_stack_size: 2,
                ..Proto::default()
            };
            for _ in 1..depth {
                let inner = main.clone();
                main.protos = vec![inner];
            }
            let chunk = Chunk {
                strings,
                main,
                last_read: Vec::new(),
            };
            read(&dump(chunk.view(), false))
        };
        assert!(nested(199).is_ok());
        assert_eq!(
            nested(200).unwrap_err(),
            "m: code too deep in precompiled chunk"
        );
    }
}
