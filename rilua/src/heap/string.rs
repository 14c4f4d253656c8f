//! Strings: interned, immutable byte sequences, and the hash table that finds
//! them. Mirrors `lstring.c`: bucket order, growth and shrinking are visible
//! through the pace of the collector, which sweeps bucket by bucket.
//!
//! A string of up to [`INLINE`] bytes lives in its slot, a longer one in a block
//! of its own.

use super::collect::{WHITES, color};
use super::value::StringRef;
use crate::syntax::strings::lua_hash;

/// Longest string kept in the slot itself, in bytes.
const INLINE: usize = 22;
/// End of a bucket's chain.
const END: u32 = u32::MAX;
/// Size of the table of a new state, in buckets.
pub(crate) const MIN_BUCKETS: usize = 32;

enum Bytes {
    Inline { len: u8, bytes: [u8; INLINE] },
    Boxed(Box<[u8]>),
}

impl Bytes {
    #[inline]
    fn new(text: &[u8]) -> Bytes {
        if text.len() <= INLINE {
            let mut bytes = [0; INLINE];
            bytes[..text.len()].copy_from_slice(text);
            Bytes::Inline { len: text.len() as u8, bytes }
        } else {
            Bytes::Boxed(text.into())
        }
    }

    #[inline(always)]
    fn get(&self) -> &[u8] {
        match self {
            Bytes::Inline { len, bytes } => &bytes[..(*len as usize).min(INLINE)],
            Bytes::Boxed(bytes) => bytes,
        }
    }
}

pub(crate) struct Str {
    bytes: Bytes,
    pub(crate) hash: u32,
    next: u32,
    pub(crate) mark: u8,
}

/// Bytes 5.1.1 allocates for a string of `len` bytes.
pub(crate) fn charge(len: usize) -> usize {
    24 + len + 1
}

/// All strings of a state.
pub(crate) struct Strings {
    items: Vec<Str>,
    free: Vec<u32>,
    buckets: Vec<u32>,
    /// Strings alive (or not yet swept).
    used: usize,
}

impl Strings {
    pub(crate) fn new() -> Strings {
        Strings { items: Vec::new(), free: Vec::new(), buckets: vec![END; MIN_BUCKETS], used: 0 }
    }

    /// The bytes of a string. The index comes from a live value, so that it is
    /// in range; a stale one would read another string, never panic.
    #[inline(always)]
    pub(crate) fn get(&self, s: StringRef) -> &[u8] {
        self.items.get(s.index()).map_or(&[], |s| s.bytes.get())
    }

    #[inline(always)]
    pub(crate) fn hash(&self, s: StringRef) -> u32 {
        self.items.get(s.index()).map_or(0, |s| s.hash)
    }

    #[inline(always)]
    pub(crate) fn item_mut(&mut self, s: StringRef) -> &mut Str {
        &mut self.items[s.index()]
    }

    #[inline(always)]
    pub(crate) fn mark(&self, s: StringRef) -> u8 {
        self.items[s.index()].mark
    }

    /// Takes the white bits away: the string survives this cycle.
    #[inline(always)]
    pub(crate) fn set_marked(&mut self, s: StringRef) {
        self.items[s.index()].mark &= !WHITES;
    }

    pub(crate) fn bucket_count(&self) -> usize {
        self.buckets.len()
    }

    pub(crate) fn used(&self) -> usize {
        self.used
    }

    /// Finds a string; a dead one that has not been swept yet comes back to life.
    #[inline]
    pub(crate) fn find(&mut self, text: &[u8], hash: u32, other_white: u8) -> Option<StringRef> {
        let mut i = self.buckets[hash as usize & (self.buckets.len() - 1)];
        while let Some(s) = self.items.get_mut(i as usize) {
            if s.hash == hash && s.bytes.get() == text {
                if s.mark & other_white & WHITES != 0 {
                    s.mark ^= WHITES;
                }
                return Some(StringRef(i));
            }
            i = s.next;
        }
        None
    }

    /// Adds a string that [`Strings::find`] did not find. The second result says
    /// that the table is crowded and should be doubled.
    #[inline]
    pub(crate) fn add(&mut self, text: &[u8], hash: u32, white: u8) -> (StringRef, bool) {
        let b = hash as usize & (self.buckets.len() - 1);
        let s = Str { bytes: Bytes::new(text), hash, next: self.buckets[b], mark: white };
        let i = match self.free.pop() {
            Some(i) => {
                self.items[i as usize] = s;
                i
            }
            None => {
                self.items.push(s);
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
            while let Some(s) = self.items.get_mut(i as usize) {
                let next = s.next;
                let b = s.hash as usize & (size - 1);
                s.next = self.buckets[b];
                self.buckets[b] = i;
                i = next;
            }
        }
    }

    /// Frees the dead strings of one bucket and whitens the others; the bytes freed.
    pub(crate) fn sweep_bucket(&mut self, bucket: usize, dead_mask: u8, white: u8) -> usize {
        let mut freed = 0;
        let mut previous = END;
        let mut i = self.buckets[bucket];
        while i != END {
            let s = &mut self.items[i as usize];
            let next = s.next;
            if (s.mark ^ WHITES) & dead_mask != 0 {
                s.mark = color(s.mark, white);
                previous = i;
            } else {
                freed += charge(s.bytes.get().len());
                s.bytes = Bytes::Inline { len: 0, bytes: [0; INLINE] };
                self.used -= 1;
                self.free.push(i);
                if previous == END {
                    self.buckets[bucket] = next;
                } else {
                    self.items[previous as usize].next = next;
                }
            }
            i = next;
        }
        freed
    }

    /// The Lua hash of a text.
    #[inline(always)]
    pub(crate) fn hash_of(text: &[u8]) -> u32 {
        lua_hash(text)
    }
}
