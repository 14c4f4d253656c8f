//! Strings: interned, immutable byte sequences, and the hash table that finds
//! them. Mirrors `lstring.c`: bucket order, growth and shrinking are visible
//! through the pace of the collector, which sweeps bucket by bucket.
//!
//! A string of up to [`INLINE`] bytes lives in its slot, a longer one in a block
//! of its own. Marks are apart from the strings, one byte each: marking and sweeping a
//! million strings touch one megabyte.
//!
//! A sweep begins with one pass over the marks, which whitens what lives and notes
//! the buckets that hold something dead; only those are visited when their turn comes.
//! That a string is white before its bucket was swept is not visible: what asks for the
//! colour then (barriers) only makes an object that is yet to be swept gray.

use super::collect::{FIXED, SFIXED, WHITES, color};
use super::value::StringRef;
use crate::syntax::strings::lua_hash;

/// Longest string kept in the slot itself, in bytes.
const INLINE: usize = 22;
/// End of a bucket's chain.
const END: u32 = u32::MAX;
/// Size of the table of a new state, in buckets.
pub(crate) const MIN_BUCKETS: usize = 32;

enum Bytes {
    Inline {
        len: u8,
        bytes: [u8; INLINE],
    },
    /// A longer one, with its last bytes beside it: strings that the hash, which skips
    /// bytes of long ones, can't tell apart differ there most often.
    Boxed {
        tail: [u8; TAIL],
        bytes: Box<[u8]>,
    },
}

/// Bytes of a long string that are kept twice.
const TAIL: usize = 4;

/// The last bytes of a text, zeros where it is too short.
#[inline(always)]
fn tail_of(text: &[u8]) -> [u8; TAIL] {
    text.last_chunk().copied().unwrap_or_default()
}

impl Bytes {
    #[inline]
    fn new(text: &[u8]) -> Bytes {
        if text.len() <= INLINE {
            let mut bytes = [0; INLINE];
            bytes[..text.len()].copy_from_slice(text);
            Bytes::Inline {
                len: text.len() as u8,
                bytes,
            }
        } else {
            Bytes::of_block(text.into())
        }
    }

    #[inline(always)]
    fn of_block(bytes: Box<[u8]>) -> Bytes {
        let tail = tail_of(&bytes);
        Bytes::Boxed { tail, bytes }
    }

    #[inline(always)]
    fn get(&self) -> &[u8] {
        match self {
            Bytes::Inline { len, bytes } => &bytes[..(*len as usize).min(INLINE)],
            Bytes::Boxed { bytes, .. } => bytes,
        }
    }

    #[inline(always)]
    fn is(&self, text: &[u8]) -> bool {
        match self {
            Bytes::Inline { len, bytes } => bytes[..(*len as usize).min(INLINE)] == *text,
            Bytes::Boxed { tail, bytes } => *tail == tail_of(text) && **bytes == *text,
        }
    }
}

/// Where a string is in the hash table.
#[derive(Clone, Copy)]
struct Link {
    hash: u32,
    /// The next one in the bucket's chain.
    next: u32,
}

/// Mark of a slot without a string: looks alive, and is no colour.
const FREE: u8 = FIXED | SFIXED;

/// Bytes 5.1.1 allocates for a string of `len` bytes.
pub(crate) fn charge(len: usize) -> usize {
    24 + len + usize::from(!fault!(StringCharge))
}

/// Bytes a string of `len` bytes takes outside its slot.
pub(crate) fn block_bytes(len: usize) -> usize {
    if len > INLINE { len } else { 0 }
}

/// All strings of a state.
pub(crate) struct Strings {
    // Three arrays with an entry for each slot.
    items: Vec<Bytes>,
    links: Vec<Link>,
    marks: Vec<u8>,
    free: Vec<u32>,
    buckets: Vec<u32>,
    /// While strings are swept: a bit for each bucket that holds a dead one.
    dirty: Vec<u64>,
    /// Strings alive (or not yet swept).
    used: usize,
    /// What the numbers of objects are multiplied by where they are hashed: 1, or another odd
    /// number in runs that are to show what depends on the places of objects in tables.
    pub(crate) spread: u32,
}

impl Strings {
    pub(crate) fn new() -> Strings {
        Strings {
            items: Vec::new(),
            links: Vec::new(),
            marks: Vec::new(),
            free: Vec::new(),
            buckets: vec![END; MIN_BUCKETS],
            dirty: Vec::new(),
            used: 0,
            spread: 1,
        }
    }

    /// Bytes held for slots and buckets.
    pub(super) fn slot_bytes(&self) -> usize {
        self.items.capacity() * size_of::<Bytes>()
            + self.links.capacity() * size_of::<Link>()
            + self.marks.capacity()
            + 4 * (self.free.capacity() + self.buckets.capacity())
            + 8 * self.dirty.capacity()
    }

    /// Makes room for so many more strings, if none has been collected.
    pub(super) fn reserve(&mut self, more: usize) {
        self.items.reserve_exact(more);
        self.links.reserve_exact(more);
        self.marks.reserve_exact(more);
    }

    /// Makes room for more strings.
    pub(super) fn make_room(&mut self, more: usize) {
        super::accounting::make_room(&mut self.items, &mut self.free, more);
        let more = self.items.capacity() - self.items.len();
        self.links.reserve_exact(more);
        self.marks.reserve_exact(more);
    }

    /// Gives back the slots that are not needed.
    pub(super) fn trim(&mut self) {
        super::accounting::trim(&mut self.items, &mut self.free);
        self.links.truncate(self.items.len());
        self.links.shrink_to_fit();
        self.marks.truncate(self.items.len());
        self.marks.shrink_to_fit();
        self.dirty.shrink_to_fit();
    }

    /// The bytes of a string. The index comes from a live value, so that it is
    /// in range; a stale one would read another string, never panic.
    #[inline(always)]
    pub(crate) fn get(&self, s: StringRef) -> &[u8] {
        self.items.get(s.index()).map_or(&[], Bytes::get)
    }

    #[inline(always)]
    pub(crate) fn hash(&self, s: StringRef) -> u32 {
        self.links.get(s.index()).map_or(0, |s| s.hash)
    }

    #[inline(always)]
    pub(crate) fn mark(&self, s: StringRef) -> u8 {
        self.marks[s.index()]
    }

    /// Never collects the string.
    pub(crate) fn fix(&mut self, s: StringRef) {
        self.marks[s.index()] |= FIXED;
    }

    /// Takes the white bits away: the string survives this cycle.
    #[inline(always)]
    pub(crate) fn set_marked(&mut self, s: StringRef) {
        self.marks[s.index()] &= !WHITES;
    }

    pub(crate) fn bucket_count(&self) -> usize {
        self.buckets.len()
    }

    pub(crate) fn used(&self) -> usize {
        self.used
    }

    /// Finds a string; a dead one that has not been swept yet comes back to life.
    #[inline(always)]
    pub(crate) fn find(&mut self, text: &[u8], hash: u32, other_white: u8) -> Option<StringRef> {
        let mut i = self.buckets[hash as usize & (self.buckets.len() - 1)];
        while let Some(link) = self.links.get(i as usize) {
            if link.hash == hash && self.items.get(i as usize).is_some_and(|s| s.is(text)) {
                let mark = &mut self.marks[i as usize];
                if *mark & other_white & WHITES != 0 {
                    *mark ^= WHITES;
                }
                return Some(StringRef(i));
            }
            i = link.next;
        }
        None
    }

    /// Adds a string that [`Strings::find`] did not find. The second result says
    /// that the table is crowded and should be doubled.
    #[inline]
    pub(crate) fn add(&mut self, text: &[u8], hash: u32, white: u8) -> (StringRef, bool) {
        self.add_bytes(Bytes::new(text), hash, white)
    }

    /// The same with a long text that is there already.
    pub(crate) fn add_block(&mut self, text: Box<[u8]>, hash: u32, white: u8) -> (StringRef, bool) {
        if text.len() <= INLINE {
            return self.add(&text, hash, white);
        }
        self.add_bytes(Bytes::of_block(text), hash, white)
    }

    #[inline(always)]
    fn add_bytes(&mut self, bytes: Bytes, hash: u32, white: u8) -> (StringRef, bool) {
        let b = hash as usize & (self.buckets.len() - 1);
        let link = Link {
            hash,
            next: self.buckets[b],
        };
        let i = match self.free.pop() {
            Some(i) => {
                self.items[i as usize] = bytes;
                self.links[i as usize] = link;
                self.marks[i as usize] = white;
                i
            }
            None => {
                self.items.push(bytes);
                self.links.push(link);
                self.marks.push(white);
                (self.items.len() - 1) as u32
            }
        };
        self.buckets[b] = i;
        self.used += 1;
        (StringRef(i), self.used > self.buckets.len())
    }

    /// Moves every string to a table of `size` buckets (a power of two), bucket by
    /// bucket and from the head of each chain, which reverses chains as 5.1.1 does.
    pub(crate) fn resize(&mut self, size: usize) {
        let old = core::mem::replace(&mut self.buckets, vec![END; size]);
        for head in old {
            let mut i = head;
            while let Some(link) = self.links.get_mut(i as usize) {
                let next = link.next;
                let b = link.hash as usize & (size - 1);
                link.next = self.buckets[b];
                self.buckets[b] = i;
                i = next;
            }
        }
    }

    /// Prepares a sweep: whitens the strings that live, and notes the buckets of those
    /// that don't.
    pub(crate) fn begin_sweep(&mut self, dead_mask: u8, white: u8) {
        const BLOCK: usize = 64;
        self.dirty.clear();
        self.dirty.resize(self.buckets.len().div_ceil(64), 0);
        let last_bucket = self.buckets.len() - 1;
        let lives = |mark: u8| (mark ^ WHITES) & dead_mask != 0;
        for (block, marks) in self.marks.chunks_mut(BLOCK).enumerate() {
            // A block without dead strings is done eight or more marks at a time.
            let dead = marks.iter().fold(0, |n, &mark| n + u8::from(!lives(mark)));
            for mark in &mut *marks {
                let color = if *mark == FREE {
                    FREE
                } else {
                    color(*mark, white)
                };
                *mark = if lives(*mark) { color } else { *mark };
            }
            if dead == 0 {
                continue;
            }
            for (i, &mark) in marks.iter().enumerate() {
                if !lives(mark)
                    && let Some(link) = self.links.get(block * BLOCK + i)
                {
                    let bucket = link.hash as usize & last_bucket;
                    self.dirty[bucket / 64] |= 1 << (bucket % 64);
                }
            }
        }
    }

    /// How many buckets from this one on, up to `most`, hold nothing dead.
    pub(crate) fn clean_buckets(&self, from: usize, most: usize) -> usize {
        let end = self.buckets.len().min(from.saturating_add(most));
        let mut at = from;
        while at < end {
            let rest = self.dirty.get(at / 64).map_or(0, |word| word >> (at % 64));
            if rest != 0 {
                return (at + rest.trailing_zeros() as usize).min(end) - from;
            }
            at = (at / 64 + 1) * 64;
        }
        end.saturating_sub(from)
    }

    /// Frees the dead strings of one bucket; the bytes no longer
    /// charged, and those no longer held outside slots.
    pub(crate) fn sweep_bucket(
        &mut self,
        bucket: usize,
        dead_mask: u8,
        white: u8,
    ) -> (usize, usize) {
        let (mut freed, mut blocks) = (0, 0);
        let mut previous = END;
        let mut i = self.buckets[bucket];
        while i != END {
            let next = self.links[i as usize].next;
            let mark = &mut self.marks[i as usize];
            if (*mark ^ WHITES) & dead_mask != 0 {
                *mark = color(*mark, white);
                previous = i;
            } else {
                *mark = FREE;
                let bytes = &mut self.items[i as usize];
                let length = bytes.get().len();
                freed += charge(length);
                blocks += block_bytes(length);
                *bytes = Bytes::Inline {
                    len: 0,
                    bytes: [0; INLINE],
                };
                self.used -= 1;
                self.free.push(i);
                if previous == END {
                    self.buckets[bucket] = next;
                } else {
                    self.links[previous as usize].next = next;
                }
            }
            i = next;
        }
        (freed, blocks)
    }

    /// The Lua hash of a text.
    #[inline(always)]
    pub(crate) fn hash_of(text: &[u8]) -> u32 {
        lua_hash(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_string_takes_33_bytes() {
        assert_eq!(size_of::<Bytes>() + size_of::<Link>(), 32);
    }
}
