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
    let step = (bytes.len() >> 5) + 1;
    if step == 1 {
        bytes.iter().rev().copied().for_each(&mut mix);
    } else {
        bytes
            .iter()
            .rev()
            .step_by(step)
            .copied()
            .take(bytes.len() / step)
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
    /// Open addressing over `entries`: id + 1, or 0 for a free slot. The length
    /// is a power of two and at least a quarter is free.
    slots: Vec<u32>,
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
            bytes: Vec::new(),
            entries: Vec::new(),
            slots: vec![0; 32],
        }
    }

    /// Id of the string with these bytes, which is added when it is new.
    pub fn intern(&mut self, bytes: &[u8]) -> StringId {
        let hash = lua_hash(bytes);
        let mask = self.slots.len() - 1;
        let mut slot = hash as usize & mask;
        loop {
            match self.slots.get(slot).copied() {
                None | Some(0) => break,
                Some(stored) => {
                    let id = StringId(stored - 1);
                    if self.hash(id) == hash && self.get(id) == bytes {
                        return id;
                    }
                }
            }
            slot = (slot + 1) & mask;
        }
        self.insert(bytes, hash, slot)
    }

    fn insert(&mut self, bytes: &[u8], hash: u32, slot: usize) -> StringId {
        // Ids run out only after some 64 GiB of table; the last one is then shared.
        let id = StringId(u32::try_from(self.entries.len()).unwrap_or(u32::MAX - 1));
        self.entries.push(Entry {
            start: self.bytes.len(),
            hash,
        });
        self.bytes.extend_from_slice(bytes);
        if let Some(free) = self.slots.get_mut(slot) {
            *free = id.0 + 1;
        }
        if self.entries.len() * 4 > self.slots.len() * 3 {
            self.grow();
        }
        id
    }

    #[cold]
    fn grow(&mut self) {
        let size = self.slots.len() * 4;
        let mask = size - 1;
        let mut slots = vec![0u32; size];
        for (stored, entry) in (1u32..).zip(&self.entries) {
            let mut slot = entry.hash as usize & mask;
            while slots.get(slot).is_some_and(|&taken| taken != 0) {
                slot = (slot + 1) & mask;
            }
            if let Some(free) = slots.get_mut(slot) {
                *free = stored;
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
