//! Reading from streams: `getc`, `ungetc`, `fgets` and `fread`, and on top of them
//! the formats of `file:read` as 5.1.1 has them (`read_line`, `read_number`,
//! `read_chars` and `test_eof` of `liolib.c`).

use super::{MIN_BLOCK, Stream};
use crate::number::{NumberScanner, ScanStep};
use crate::stdlib::host::Errno;
use crate::stdlib::pattern::find_byte;

/// Bytes that one `fgets` of 5.1.1 asks for, its final zero included. It shows in
/// lines with zero bytes: see [`Stream::read_line`].
pub const FGETS_SIZE: usize = crate::limits::BUFFER_SIZE;

/// Bytes that one `fread` of 5.1.1 asks for. It decides what is left in the buffer.
pub const FREAD_SIZE: usize = crate::limits::BUFFER_SIZE;

/// What one step of reading a line led to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinePiece {
    /// The line is complete.
    Last,
    /// The line goes on.
    NotLast,
    /// There was nothing to read.
    None,
}

impl Stream {
    /// Reads one byte (`getc`); `None` at the end of the file or on an error.
    #[inline]
    pub fn read_byte(&mut self) -> Option<u8> {
        if self.read_at >= self.read_end && !self.fill() {
            return None;
        }
        let byte = self.buffer.get(self.read_at).copied();
        self.read_at += 1;
        byte
    }

    /// Puts the last byte back that [`Stream::read_byte`] has just returned.
    pub const fn unread_byte(&mut self) {
        self.read_at = self.read_at.saturating_sub(1);
        self.eof = false;
    }

    /// Whether there is something to read: `read(0)`.
    pub fn has_more(&mut self) -> bool {
        let more = self.read_byte().is_some();
        if more {
            self.unread_byte();
        }
        more
    }

    /// Appends the next line to `line`, without its end: `read("*l")`. False when
    /// there is nothing to read.
    ///
    /// As in 5.1.1 a zero byte hides what follows it, up to the end of the line or of
    /// the piece of `FGETS_SIZE - 1` bytes in which the line is read, and the next
    /// line (or piece) is joined to what stands before it.
    pub fn read_line(&mut self, line: &mut Vec<u8>) -> bool {
        let before = line.len();
        loop {
            match self.read_line_piece(line) {
                LinePiece::Last => return true,
                LinePiece::NotLast => {}
                LinePiece::None => return line.len() > before,
            }
        }
    }

    /// One step of [`Stream::read_line`]: a single `fgets`.
    pub fn read_line_piece(&mut self, line: &mut Vec<u8>) -> LinePiece {
        let start = line.len();
        if self.get_line(FGETS_SIZE, line) == 0 {
            line.truncate(start);
            return LinePiece::None;
        }
        let piece = line.get(start..).unwrap_or_default();
        if let Some(zero) = find_byte(piece, 0) {
            line.truncate(start + zero);
        } else if piece.last() == Some(&b'\n') {
            line.pop();
            return LinePiece::Last;
        }
        LinePiece::NotLast
    }

    /// The next line as [`Stream::read_line`] reads it, without a copy, if all of it is
    /// in the buffer; otherwise nothing is read.
    #[inline]
    pub fn buffered_line(&mut self) -> Option<&[u8]> {
        let buffered = self.buffer.get(self.read_at..self.read_end)?;
        let end = find_line_end(buffered).filter(|&end| end < FGETS_SIZE - 1)?;
        let (line, rest) = buffered.split_at_checked(end)?;
        if rest.first() != Some(&b'\n') {
            return None;
        }
        self.read_at += end + 1;
        Some(line)
    }

    /// The next `count` bytes, without a copy, if they are all in the buffer; otherwise
    /// nothing is read.
    #[inline]
    pub fn buffered_bytes(&mut self, count: usize) -> Option<&[u8]> {
        let buffered = self.buffer.get(self.read_at..self.read_end)?;
        let bytes = buffered.get(..count)?;
        self.read_at += count;
        Some(bytes)
    }

    /// Appends bytes up to and including the next line end, but at most `size - 1`.
    /// Returns how many, and 0 after an error (`fgets`).
    pub fn get_line(&mut self, size: usize, line: &mut Vec<u8>) -> usize {
        let mut wanted = size.saturating_sub(1);
        let mut count = 0;
        while wanted > 0 {
            if self.read_at >= self.read_end {
                let error_before = self.error.take();
                let filled = self.fill();
                let failed = self.error.is_some();
                self.error = self.error.or(error_before);
                if failed {
                    return 0;
                }
                if !filled {
                    break;
                }
            }
            let buffered = self
                .buffer
                .get(self.read_at..self.read_end)
                .unwrap_or_default();
            let buffered = buffered.get(..wanted).unwrap_or(buffered);
            let end = find_byte(buffered, b'\n').map(|at| at + 1);
            let taken = buffered
                .get(..end.unwrap_or(buffered.len()))
                .unwrap_or(buffered);
            line.extend_from_slice(taken);
            self.read_at += taken.len();
            count += taken.len();
            wanted -= taken.len();
            if end.is_some() {
                break;
            }
        }
        count
    }

    /// Reads a number: `read("*n")`. `None` when there is none, and then what looked
    /// like the beginning of one has been read nevertheless.
    pub fn read_number(&mut self) -> Option<f64> {
        let mut scanner = NumberScanner::new();
        while !self.scan_number(&mut scanner, usize::MAX) {}
        scanner.finish()
    }

    /// Reads up to `most` bytes of a number. Is that all of it?
    pub fn scan_number(&mut self, scanner: &mut NumberScanner, most: usize) -> bool {
        if !self.can_read {
            // `fscanf` refuses without setting the error indicator.
            return true;
        }
        for _ in 0..most {
            let Some(byte) = self.read_byte() else {
                return true;
            };
            match scanner.feed(byte) {
                ScanStep::More => {}
                ScanStep::Last => return true,
                ScanStep::Unread => {
                    self.unread_byte();
                    return true;
                }
            }
        }
        false
    }

    /// Appends `count` bytes to `text`, or as many as there are: `read(count)` for a
    /// count other than 0. False when there is nothing to read.
    pub fn read_bytes(&mut self, count: usize, text: &mut Vec<u8>) -> bool {
        let before = text.len();
        let mut missing = count;
        while missing > 0 {
            let wanted = missing.min(FREAD_SIZE);
            let got = self.get_block(wanted, text);
            missing -= got;
            if got < wanted {
                break;
            }
        }
        missing == 0 || text.len() > before
    }

    /// Appends everything up to the end of the file to `text`: `read("*a")`.
    pub fn read_all(&mut self, text: &mut Vec<u8>) {
        while self.get_block(FREAD_SIZE, text) == FREAD_SIZE {}
    }

    /// Appends up to `wanted` bytes; fewer only at the end of the file or after an
    /// error (`fread`).
    pub fn get_block(&mut self, wanted: usize, text: &mut Vec<u8>) -> usize {
        self.allocate();
        let mut missing = wanted;
        loop {
            let buffered = self
                .buffer
                .get(self.read_at..self.read_end)
                .unwrap_or_default();
            let taken = buffered.get(..missing).unwrap_or(buffered);
            text.extend_from_slice(taken);
            self.read_at += taken.len();
            missing -= taken.len();
            if missing == 0 {
                break;
            }
            let size = self.buffer.len();
            if missing < size || !self.reads_directly {
                if !self.fill() {
                    break;
                }
                continue;
            }
            // Whole blocks pass the buffer by. So does, unlike in `fill`, everything
            // that was written and not yet passed on: it is lost.
            self.forget_buffered();
            let ask = if size >= MIN_BLOCK {
                missing - missing % size
            } else {
                missing
            };
            match self.read_directly(ask, text) {
                Ok(0) => {
                    self.eof = true;
                    break;
                }
                Ok(count) => missing -= count,
                Err(error) => {
                    self.fail(error);
                    break;
                }
            }
        }
        wanted - missing
    }

    /// Reads from the file to the end of `text`.
    fn read_directly(&mut self, count: usize, text: &mut Vec<u8>) -> Result<usize, Errno> {
        let start = text.len();
        text.resize(start + count, 0);
        let area = text.get_mut(start..).unwrap_or_default();
        let result = self.file.read(area);
        let got = result.unwrap_or(0).min(count);
        text.truncate(start + got);
        self.offset = self.offset.map(|offset| offset.saturating_add(got as u64));
        result.map(|_| got)
    }

    /// Makes at least one byte of the file readable. False at its end and on errors.
    fn fill(&mut self) -> bool {
        if self.writing && self.start_reading().is_err() {
            return false;
        }
        if self.read_at < self.read_end {
            return true;
        }
        if self.eof {
            return false;
        }
        if !self.can_read {
            self.fail(Errno::BAD_FILE);
            return false;
        }
        self.allocate();
        self.forget_buffered();
        match self.file.read(&mut self.buffer) {
            Ok(0) => {
                self.eof = true;
                // Whoever writes to the file next may move the position.
                self.offset = None;
                false
            }
            Ok(count) => {
                let count = count.min(self.buffer.len());
                self.read_end = count;
                self.offset = self
                    .offset
                    .map(|offset| offset.saturating_add(count as u64));
                true
            }
            Err(error) => {
                self.fail(error);
                self.offset = None;
                false
            }
        }
    }
}

/// The first line end or zero byte, whichever comes first.
fn find_line_end(text: &[u8]) -> Option<usize> {
    const ONES: u64 = u64::MAX / 0xff;
    const HIGH: u64 = ONES << 7;
    // The lowest bit set belongs to a zero byte; higher ones may not.
    let zero_bytes = |word: u64| word.wrapping_sub(ONES) & !word & HIGH;
    let (words, rest) = text.as_chunks();
    for (n, word) in words.iter().enumerate() {
        let word = u64::from_le_bytes(*word);
        let found = zero_bytes(word) | zero_bytes(word ^ (ONES * 0x0a));
        if found != 0 {
            return Some(n * 8 + found.trailing_zeros() as usize / 8);
        }
    }
    let end = rest.iter().position(|&byte| byte == b'\n' || byte == 0)?;
    Some(words.len() * 8 + end)
}

#[cfg(test)]
mod tests {
    use crate::stdlib::host::{Errno, MemoryHost, StandardStream};
    use crate::stdlib::stdio::{Buffering, Stream, Whence};

    fn with(contents: &[u8]) -> (MemoryHost, Stream) {
        let mut host = MemoryHost::new();
        host.set_file(b"f", contents);
        let stream = Stream::open(&mut host, b"f", b"r+").unwrap();
        (host, stream)
    }

    fn line(stream: &mut Stream) -> Option<Vec<u8>> {
        let mut line = Vec::new();
        stream.read_line(&mut line).then_some(line)
    }

    fn all(stream: &mut Stream) -> Vec<u8> {
        let mut text = Vec::new();
        stream.read_all(&mut text);
        text
    }

    #[test]
    fn lines() {
        let (_, mut stream) = with(b"one\n\nthree");
        assert_eq!(line(&mut stream), Some(b"one".to_vec()));
        assert_eq!(line(&mut stream), Some(Vec::new()));
        assert_eq!(line(&mut stream), Some(b"three".to_vec()));
        assert_eq!(line(&mut stream), None);
        assert!(stream.at_eof() && stream.error().is_none());
    }

    #[test]
    fn line_ends() {
        for length in 0..40 {
            let mut text = vec![0x8b; length];
            assert_eq!(super::find_line_end(&text), None);
            for at in (0..length).rev() {
                text[at] = if at % 3 == 0 { 0 } else { b'\n' };
                assert_eq!(super::find_line_end(&text), Some(at));
            }
        }
    }

    #[test]
    fn zero_bytes_join_lines() {
        let (_, mut stream) = with(b"a\0b\nc\0\nno newline");
        assert_eq!(line(&mut stream), Some(b"acno newline".to_vec()));
        // Only the rest of the piece is lost, not of the line.
        let mut long = b"a\0".to_vec();
        long.extend([b'x'; 8192]);
        long.extend(b"\nz");
        let (_, mut stream) = with(&long);
        assert_eq!(line(&mut stream), Some(b"axxx".to_vec()));
    }

    #[test]
    fn numbers_take_what_looks_like_one() {
        let (_, mut stream) = with(b" 12 0x1F -7.5e2abc 1e+ x");
        assert_eq!(stream.read_number(), Some(12.0));
        assert_eq!(stream.read_number(), Some(31.0));
        assert_eq!(stream.read_number(), Some(-750.0));
        assert_eq!(stream.read_number(), None);
        assert_eq!(all(&mut stream), b"abc 1e+ x");
    }

    #[test]
    fn reading_and_writing_take_turns() {
        let (host, mut stream) = with(b"hello world");
        let mut text = Vec::new();
        assert!(stream.read_bytes(3, &mut text));
        stream.write(b"XX").unwrap();
        stream.seek(0, Whence::Start).unwrap();
        assert_eq!(all(&mut stream), b"helXX world");
        assert_eq!(host.file(b"f").unwrap(), b"helXX world");
    }

    #[test]
    fn reading_blocks_loses_what_was_not_passed_on() {
        let (host, mut stream) = with(b"");
        stream.write(b"abc").unwrap();
        assert_eq!(all(&mut stream), b"");
        stream.close().unwrap();
        assert_eq!(host.file(b"f").unwrap(), b"");
    }

    #[test]
    fn a_seek_inside_the_buffer_does_not_read_again() {
        let (mut host, mut stream) = with(b"old text");
        stream.seek(0, Whence::Start).unwrap();
        assert_eq!(stream.read_byte(), Some(b'o'));
        let mut other = Stream::open(&mut host, b"f", b"r+").unwrap();
        other.write(b"new").unwrap();
        other.close().unwrap();
        stream.seek(0, Whence::Start).unwrap();
        assert_eq!(all(&mut stream), b"old text");
        stream.seek(0, Whence::Start).unwrap();
        assert_eq!(all(&mut stream), b"new text");
    }

    #[test]
    fn wrong_direction() {
        let mut host = MemoryHost::new();
        host.set_file(b"f", "x");
        let mut stream = Stream::open(&mut host, b"f", b"r").unwrap();
        assert_eq!(stream.write(b""), Ok(()));
        assert_eq!(stream.write(b"x"), Err(Errno::BAD_FILE));
        assert_eq!(stream.error(), Some(Errno::BAD_FILE));
        let mut output = Stream::standard(&mut host, StandardStream::Output);
        assert_eq!(output.read_number(), None);
        assert_eq!(output.error(), None);
        assert_eq!(line(&mut output), None);
        assert_eq!(output.error(), Some(Errno::BAD_FILE));
    }

    #[test]
    fn buffering() {
        let mut host = MemoryHost::new();
        let captured = host.stream(StandardStream::Output);
        let mut output = Stream::standard(&mut host, StandardStream::Output);
        output.write(b"a\nb").unwrap();
        assert_eq!(*captured.borrow(), b"");
        output.set_buffering(Buffering::Line).unwrap();
        output.write(b"c\nd").unwrap();
        assert_eq!(*captured.borrow(), b"a\nbc\n");
        output.set_buffering(Buffering::None).unwrap();
        output.write(b"e").unwrap();
        assert_eq!(*captured.borrow(), b"a\nbc\nde");
        output.set_buffering(Buffering::Full).unwrap();
        output.write(b"f").unwrap();
        drop(output);
        assert_eq!(*captured.borrow(), b"a\nbc\ndef");
    }

    #[test]
    fn positions() {
        let (_, mut stream) = with(b"0123456789");
        assert_eq!(stream.tell(), Ok(0));
        stream.seek(-3, Whence::End).unwrap();
        assert_eq!(stream.read_byte(), Some(b'7'));
        assert_eq!(stream.tell(), Ok(8));
        stream.seek(-1, Whence::Current).unwrap();
        assert_eq!(stream.read_byte(), Some(b'7'));
        assert_eq!(stream.seek(-1, Whence::Start), Err(Errno::INVALID));
        assert_eq!(stream.tell(), Ok(8));
    }
}
