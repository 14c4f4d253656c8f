//! Positions of streams: `fseek` and `ftell`.

use std::io::SeekFrom;

use super::{Stream, distance};
use crate::stdlib::host::Errno;

/// What an offset of a seek counts from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whence {
    /// The start of the file.
    Start,
    /// The place where the stream is.
    Current,
    /// The end of the file.
    End,
}

impl Stream {
    /// Moves the stream (`fseek`). Clears the end-of-file indicator.
    ///
    /// # Errors
    /// `EINVAL` for a place before the start, `ESPIPE` for a file without positions,
    /// and what writing the buffer reports.
    pub fn seek(&mut self, offset: i64, whence: Whence) -> Result<(), Errno> {
        // After `fflush` the file has to be left exactly where the stream is.
        let exact = self.read_start == self.read_end && self.write_start == self.write_at;
        if self.writing || self.write_at > self.write_start {
            self.start_reading()?;
        }
        if self.buffer.is_empty() {
            self.allocate();
            self.forget_buffered();
        }
        // Sums wrap around as in C; the file refuses what is negative then.
        let target = match whence {
            Whence::Start => offset,
            Whence::Current => {
                let offset = offset.wrapping_add(distance(self.read_end, self.read_at));
                let Some(known) = self.offset else {
                    return self.seek_file(SeekFrom::Current(offset));
                };
                let target = known.cast_signed().wrapping_add(offset);
                if target < 0 {
                    return Err(Errno::INVALID);
                }
                target
            }
            Whence::End => match self.file.regular_size() {
                Some(size) => size.cast_signed().wrapping_add(offset),
                None => return self.seek_file(SeekFrom::End(offset)),
            },
        };
        if self.seek_in_buffer(target) {
            Ok(())
        } else if self.can_read {
            self.seek_block(target.cast_unsigned(), exact)
        } else {
            self.seek_file(SeekFrom::Start(target.cast_unsigned()))
        }
    }

    /// Moves inside the bytes that have been read. They are not read again, even if
    /// the file has changed.
    fn seek_in_buffer(&mut self, target: i64) -> bool {
        let Some(offset) = self.offset else {
            return false;
        };
        let start = offset
            .cast_signed()
            .wrapping_sub(distance(0, self.read_end));
        let place = target
            .checked_sub(start)
            .and_then(|place| usize::try_from(place).ok());
        let Some(place) = place.filter(|place| *place < self.read_end) else {
            return false;
        };
        self.set_read_area(place, self.read_end);
        self.write_start = 0;
        self.write_at = 0;
        self.write_end = 0;
        self.eof = false;
        // Another handle of the same open file may have moved it.
        let _ = self.file.seek(SeekFrom::Start(offset));
        true
    }

    /// Moves to the start of the block around `target` and reads up to it, or when
    /// `exact` is false, the whole block.
    fn seek_block(&mut self, target: u64, exact: bool) -> Result<(), Errno> {
        let size = self.buffer.len();
        let skipped = match size as u64 {
            block if block.is_power_of_two() => target & (block - 1),
            _ => 0,
        };
        let start = self.file.seek(SeekFrom::Start(target - skipped))?;
        let skipped = usize::try_from(skipped).unwrap_or(0);
        let mut count = 0;
        if skipped > 0 {
            let wanted = if exact { skipped } else { size };
            let area = self.buffer.get_mut(..wanted).unwrap_or_default();
            count = self.file.read(area).unwrap_or(0);
            if count < skipped {
                return self.seek_file(SeekFrom::Current(distance(count, skipped)));
            }
        }
        self.forget_buffered();
        self.set_read_area(skipped, count);
        self.offset = Some(start.saturating_add(count as u64));
        self.eof = false;
        Ok(())
    }

    /// Moves the file itself and empties the buffer.
    fn seek_file(&mut self, to: SeekFrom) -> Result<(), Errno> {
        self.offset = Some(self.file.seek(to)?);
        self.eof = false;
        self.forget_buffered();
        Ok(())
    }

    /// The place where the stream is, in bytes from the start (`ftell`).
    ///
    /// # Errors
    /// `ESPIPE` for a file without positions.
    pub fn tell(&mut self) -> Result<u64, Errno> {
        let unwritten = self.write_at > self.write_start;
        let ahead = if !unwritten {
            distance(self.read_end, self.read_at)
        } else if self.append {
            self.offset = Some(self.file.seek(SeekFrom::End(0))?);
            distance(self.write_start, self.write_at)
        } else {
            distance(self.read_end, self.write_at)
        };
        let base = match self.offset {
            Some(offset) => offset,
            None => self.file.seek(SeekFrom::Current(0))?,
        };
        base.checked_add_signed(ahead).ok_or(Errno::INVALID)
    }
}
