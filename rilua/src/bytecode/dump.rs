//! Writes a function as precompiled chunk; mirrors `ldump.c`.

use super::view::{ConstantView, FunctionView};

/// What every precompiled chunk of 5.1.1 on x86-64 begins with: `ESC Lua`,
/// version, format, byte order, and the sizes of C's `int`, `size_t`,
/// instructions and numbers, which are not integral.
pub const HEADER: [u8; 12] = *b"\x1bLua\x51\x00\x01\x04\x08\x04\x08\x00";

/// Type bytes of constants.
pub(super) const NIL: u8 = 0;
pub(super) const BOOLEAN: u8 = 1;
pub(super) const NUMBER: u8 = 3;
pub(super) const STRING: u8 = 4;

/// The precompiled chunk of `function`, without debug information if `strip`.
#[must_use]
pub fn dump<F: FunctionView>(function: F, strip: bool) -> Vec<u8> {
    let mut writer = Writer {
        out: Vec::with_capacity(1024),
        strip,
    };
    writer.out.extend_from_slice(&HEADER);
    writer.function(&function, None);
    writer.out
}

struct Writer {
    out: Vec<u8>,
    strip: bool,
}

impl Writer {
    fn int(&mut self, value: i32) {
        self.out.extend_from_slice(&value.to_le_bytes());
    }

    /// A count, which in C is an `int`.
    fn count(&mut self, count: usize) {
        self.int(i32::try_from(count).unwrap_or(i32::MAX));
    }

    fn string(&mut self, string: Option<&[u8]>) {
        let size = string.map_or(0, |string| string.len() as u64 + 1);
        self.out.extend_from_slice(&size.to_le_bytes());
        if let Some(string) = string {
            self.out.extend_from_slice(string);
            self.out.push(0);
        }
    }

    /// `outer` is the source of the enclosing function, which isn't repeated.
    fn function<F: FunctionView>(&mut self, function: &F, outer: Option<&[u8]>) {
        let source = function.source();
        let is_known = self.strip || source == outer;
        self.string(if is_known { None } else { source });
        self.int(function.line_defined());
        self.int(function.last_line_defined() - i32::from(fault!(DumpedLastLine)));
        self.out.extend_from_slice(&[
            function.upvalue_count(),
            function.parameter_count(),
            function.vararg().0,
            function.max_stack_size(),
        ]);
        let code = function.code();
        self.count(code.len());
        for instruction in code {
            self.out.extend_from_slice(&instruction.0.to_le_bytes());
        }
        self.constants(function);
        self.count(function.proto_count());
        for inner in (0..function.proto_count()).filter_map(|index| function.proto(index)) {
            self.function(&inner, source);
        }
        if self.strip {
            for _ in 0..3 {
                self.count(0);
            }
        } else {
            self.debug(function);
        }
    }

    fn constants<F: FunctionView>(&mut self, function: &F) {
        self.count(function.constant_count());
        for constant in (0..function.constant_count()).filter_map(|index| function.constant(index))
        {
            match constant {
                ConstantView::Nil => self.out.push(NIL),
                ConstantView::Boolean(value) => {
                    self.out.extend_from_slice(&[BOOLEAN, u8::from(value)])
                }
                ConstantView::Number(value) => {
                    self.out.push(NUMBER);
                    self.out.extend_from_slice(&value.to_bits().to_le_bytes());
                }
                ConstantView::String(value) => {
                    self.out.push(STRING);
                    self.string(Some(value));
                }
            }
        }
    }

    fn debug<F: FunctionView>(&mut self, function: &F) {
        self.count(function.lines().len());
        for &line in function.lines() {
            self.int(line);
        }
        self.count(function.local_count());
        for local in (0..function.local_count()).filter_map(|index| function.local(index)) {
            self.string(local.name);
            self.out.extend_from_slice(&local.start_pc.to_le_bytes());
            self.out.extend_from_slice(&local.end_pc.to_le_bytes());
        }
        self.count(function.upvalue_name_count());
        for index in 0..function.upvalue_name_count() {
            self.string(function.upvalue_name(index));
        }
    }
}
