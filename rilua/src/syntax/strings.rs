//! The strings of one chunk, interned once and named by small numbers until a
//! heap takes them over. `lua_hash` mirrors `luaS_newlstr` of `lstring.c`.

/// Number of a string in the [`StringTable`] of its chunk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct StringId(u32);

impl StringId {
    /// Position in [`StringTable::iter`].
    #[must_use]
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

/// Lua's own hash of a string: 32 bits, no seed; strings of 32 bytes and more
/// are sampled from their end.
#[must_use]
pub fn lua_hash(bytes: &[u8]) -> u32 {
    // Only the low 32 bits of the length enter the hash, as in C.
    let mut hash = (bytes.len() & 0xffff_ffff) as u32;
    let mut mix = |byte: u8| {
        hash ^= (hash << 5)
            .wrapping_add(hash >> 2)
            .wrapping_add(u32::from(byte));
    };
    let step = (bytes.len() >> (5 - u32::from(fault!(StringHash)))) + 1;
    if step == 1 {
        bytes.iter().rev().copied().for_each(&mut mix);
    } else {
        // The last byte of each piece, from the end on.
        let pieces = bytes.rchunks_exact(step);
        pieces
            .filter_map(|piece| piece.last())
            .copied()
            .for_each(&mut mix);
    }
    hash
}

#[derive(Debug, Clone, Copy)]
struct Entry {
    /// Where the string begins in `StringTable::bytes`; it ends where the next begins.
    start: usize,
    hash: u32,
}

/// Interned strings; equal strings have equal ids.
#[derive(Debug, Clone)]
pub struct StringTable {
    bytes: Vec<u8>,
    entries: Vec<Entry>,
    /// Open addressing over `entries`. The length is a power of two and at least a
    /// quarter is free.
    slots: Vec<Slot>,
}

/// A place for a string that is looked for.
#[derive(Debug, Clone, Copy, Default)]
struct Slot {
    /// Its [`quick_hash`].
    hash: u32,
    /// Its id + 1, or 0 when the slot is free.
    stored: u32,
}

/// A hash by which a table finds its strings. Lua's own takes a step for each byte;
/// it is computed only for those that are new.
#[inline]
fn quick_hash(bytes: &[u8]) -> u32 {
    const FACTOR: u64 = 0x9e37_79b9_7f4a_7c15;
    let mix = |hash: u64, word: u64| (hash.rotate_left(23) ^ word).wrapping_mul(FACTOR);
    let mut hash = (bytes.len() as u64).wrapping_mul(FACTOR);
    if let Some(&last) = bytes.last_chunk() {
        for chunk in bytes.as_chunks().0 {
            hash = mix(hash, u64::from_le_bytes(*chunk));
        }
        hash = mix(hash, u64::from_le_bytes(last));
    } else if let (Some(&first), Some(&last)) = (bytes.first_chunk(), bytes.last_chunk()) {
        let (first, last) = (u32::from_le_bytes(first), u32::from_le_bytes(last));
        hash = mix(hash, u64::from(first) | u64::from(last) << 32);
    } else if let [first, .., last] = *bytes {
        let middle = bytes.get(bytes.len() / 2).copied().unwrap_or(0);
        let all = u32::from_le_bytes([first, middle, last, 0]);
        hash = mix(hash, all.into());
    } else if let [only] = *bytes {
        hash = mix(hash, only.into());
    }
    (hash >> 32) as u32
}

/// `left == right` without a call for the short texts that names are.
#[inline]
fn is_same(left: &[u8], right: &[u8]) -> bool {
    if left.len() != right.len() {
        return false;
    }
    match left.len() {
        0..4 => {
            let middle = left.len() / 2;
            left.first() == right.first()
                && left.get(middle) == right.get(middle)
                && left.last() == right.last()
        }
        4..=8 => {
            left.first_chunk::<4>() == right.first_chunk::<4>()
                && left.last_chunk::<4>() == right.last_chunk::<4>()
        }
        9..=16 => {
            left.first_chunk::<8>() == right.first_chunk::<8>()
                && left.last_chunk::<8>() == right.last_chunk::<8>()
        }
        _ => left == right,
    }
}

impl Default for StringTable {
    fn default() -> Self {
        Self::new()
    }
}

impl StringTable {
    /// An empty table.
    #[must_use]
    pub fn new() -> Self {
        Self {
            // For as many strings as there are slots for.
            bytes: Vec::with_capacity(256),
            entries: Vec::with_capacity(24),
            slots: vec![Slot::default(); 32],
        }
    }

    /// Id of the string with these bytes, which is added when it is new.
    #[inline]
    pub fn intern(&mut self, bytes: &[u8]) -> StringId {
        let hash = quick_hash(bytes);
        let mask = self.slots.len() - 1;
        let mut place = hash as usize & mask;
        while let Some(&slot) = self.slots.get(place)
            && slot.stored != 0
        {
            let id = StringId(slot.stored - 1);
            if slot.hash == hash && is_same(self.get(id), bytes) {
                return id;
            }
            place = (place + 1) & mask;
        }
        self.insert(bytes, hash, place)
    }

    #[cold]
    #[inline(never)]
    fn insert(&mut self, bytes: &[u8], hash: u32, place: usize) -> StringId {
        // Ids run out only after some 64 GiB of table; the last one is then shared.
        let id = StringId(u32::try_from(self.entries.len()).unwrap_or(u32::MAX - 1));
        self.entries.push(Entry {
            start: self.bytes.len(),
            hash: lua_hash(bytes),
        });
        self.bytes.extend_from_slice(bytes);
        if let Some(free) = self.slots.get_mut(place) {
            *free = Slot {
                hash,
                stored: id.0 + 1,
            };
        }
        if self.entries.len() * 4 > self.slots.len() * 3 {
            self.grow();
        }
        id
    }

    #[cold]
    fn grow(&mut self) {
        let size = self.slots.len() * 2;
        let mask = size - 1;
        let mut slots = vec![Slot::default(); size];
        for slot in self.slots.iter().filter(|slot| slot.stored != 0) {
            let mut place = slot.hash as usize & mask;
            while slots.get(place).is_some_and(|taken| taken.stored != 0) {
                place = (place + 1) & mask;
            }
            if let Some(free) = slots.get_mut(place) {
                *free = *slot;
            }
        }
        self.slots = slots;
    }

    /// The bytes of a string; empty for an id of another table.
    #[must_use]
    pub fn get(&self, id: StringId) -> &[u8] {
        let Some(entry) = self.entries.get(id.index()) else {
            return &[];
        };
        let end = match self.entries.get(id.index() + 1) {
            Some(next) => next.start,
            None => self.bytes.len(),
        };
        self.bytes.get(entry.start..end).unwrap_or(&[])
    }

    /// [`lua_hash`] of a string, remembered from when it was interned.
    #[must_use]
    pub fn hash(&self, id: StringId) -> u32 {
        self.entries.get(id.index()).map_or(0, |entry| entry.hash)
    }

    /// Number of different strings.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// True before the first [`intern`](Self::intern).
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// All strings in the order of their ids, with their hashes.
    pub fn iter(&self) -> impl Iterator<Item = (StringId, &[u8], u32)> {
        (0u32..)
            .zip(&self.entries)
            .map(|(id, entry)| (StringId(id), self.get(StringId(id)), entry.hash))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_are_those_of_5_1_1() {
        let cases: [(&[u8], u32); 10] = [
            (b"", 0),
            (b"a", 0x80),
            (b"ab", 0x1429),
            (b"print", 0x11ba_ae46),
            (b"string", 0x81f9_8b41),
            (b"__index", 0x761d_f46e),
            (b"hello world", 0xab2d_3b75),
            (&[b'x'; 31], 0x1a92_4eb0),
            (&[b'x'; 32], 0xacb7_057a),
            (b"\xff\xff", 0x29d3),
        ];
        for (text, hash) in cases {
            assert_eq!(lua_hash(text), hash, "{text:?}");
        }
        assert_eq!(lua_hash(&[b'x'; 33]), 0xa054_5646);
        assert_eq!(lua_hash(&[b'x'; 64]), 0x1a49_5528);
        assert_eq!(lua_hash(&[b'x'; 1000]), 0xdb6c_3fa2);
    }

    #[test]
    fn strings_that_differ_in_one_byte_are_two() {
        let mut table = StringTable::new();
        for length in 0..40 {
            let text = vec![b'x'; length];
            let id = table.intern(&text);
            for position in 0..length {
                let mut other = text.clone();
                other[position] = b'y';
                assert_ne!(table.intern(&other), id, "{length} {position}");
                assert!(!is_same(&other, &text));
            }
            assert_eq!(table.intern(&text), id);
        }
    }

    #[test]
    fn equal_strings_share_an_id() {
        let mut table = StringTable::new();
        let ids: Vec<_> = (0..1000)
            .map(|n| table.intern(format!("k{n}").as_bytes()))
            .collect();
        assert_eq!(table.len(), 1000);
        for (n, id) in ids.iter().enumerate() {
            assert_eq!(table.get(*id), format!("k{n}").as_bytes());
            assert_eq!(table.intern(format!("k{n}").as_bytes()), *id);
        }
        assert_eq!(table.len(), 1000);
    }
}
