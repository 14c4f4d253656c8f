//! glibc's `rand` and `srand`, which `math.random` and `math.randomseed` are made
//! of (`lmathlib.c`): the additive feedback generator that `initstate` calls
//! TYPE_3, x^31 + x^3 + 1.

/// Words of state.
const DEGREE: usize = 31;
/// Distance of the two words that are added.
const SEPARATION: usize = 3;
/// Results thrown away after seeding.
const WARM_UP: usize = 10 * DEGREE;
/// Largest result (`RAND_MAX`).
const MAX: u32 = 0x7fff_ffff;

/// The generator: plain data, which can be copied to repeat a sequence.
///
/// ```
/// use rilua::number::Random;
///
/// let mut random = Random::default();
/// let mut again = random.clone();
/// assert_eq!(random.next_int(), 1_804_289_383);
/// assert_eq!(again.next_int(), 1_804_289_383);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Random {
    state: [u32; DEGREE],
    /// Index of the word that the next result replaces.
    front: usize,
}

impl Random {
    /// The generator as `srand(seed)` leaves it. Seed 0 is the same as 1.
    #[must_use]
    pub fn new(seed: u32) -> Random {
        // A multiplicative generator modulo 2^31 - 1 fills the words. Schrage's
        // method keeps it within 32 bits, and its results for a negative seed are
        // those of C's division, which rounds towards zero.
        let mut word = if seed == 0 { 1 } else { seed.cast_signed() };
        let mut state = [word.cast_unsigned(); DEGREE];
        for place in state.iter_mut().skip(1) {
            word = 16_807 * (word % 127_773) - 2_836 * (word / 127_773);
            if word < 0 {
                word += MAX.cast_signed();
            }
            *place = word.cast_unsigned();
        }
        let mut random = Random {
            state,
            front: SEPARATION,
        };
        for _ in 0..WARM_UP {
            random.next_int();
        }
        random
    }

    /// The next result of `rand()`: 0 to 2^31 - 1.
    pub fn next_int(&mut self) -> u32 {
        // The words form a ring; the remainders also tell the compiler that no index
        // can be out of range.
        let front = self.front % DEGREE;
        let rear = (front + DEGREE - SEPARATION) % DEGREE;
        let sum = self.state[front].wrapping_add(self.state[rear]);
        self.state[front] = sum;
        self.front = (front + 1) % DEGREE;
        sum >> 1
    }

    /// The number from 0 to below 1 that `math.random()` returns and from which it
    /// computes its integers.
    pub fn next_fraction(&mut self) -> f64 {
        f64::from(self.next_int() % MAX) / f64::from(MAX)
    }
}

impl Default for Random {
    /// The state of a new process: seed 1.
    fn default() -> Random {
        Random::new(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::number::write_number;

    /// `math.random(1000000)` three times after `math.randomseed(seed)`.
    #[test]
    fn recorded_sequences() {
        let recorded = [
            (0, [840_188, 394_383, 783_100]),
            (1, [840_188, 394_383, 783_100]),
            (42, [33_470, 329_965, 690_636]),
            (-1, [118_709, 561_210, 170_492]),
            (123_456_789, [915_073, 763_557, 329_076]),
        ];
        for (seed, expected) in recorded {
            let mut random = Random::new(i32::cast_unsigned(seed));
            let numbers = expected.map(|_| (random.next_fraction() * 1e6).floor() as i32 + 1);
            assert_eq!(numbers, expected, "seed {seed}");
        }
    }

    #[test]
    fn new_process() {
        let mut text = Vec::new();
        write_number(Random::default().next_fraction(), &mut text);
        assert_eq!(text, b"0.84018771715471");
    }

    /// `rand()` a thousand times in a new process, then twice after
    /// `srand(0x80000000)`.
    #[test]
    fn far_along_and_negative_seed() {
        let mut random = Random::default();
        assert_eq!(
            (0..1000).map(|_| random.next_int()).last(),
            Some(1_143_565_421)
        );
        let mut random = Random::new(0x8000_0000);
        assert_eq!(
            [random.next_int(), random.next_int()],
            [1_336_741_213, 1_210_407_648]
        );
    }

    #[test]
    fn copies_repeat() {
        let mut random = Random::new(7);
        random.next_int();
        let mut saved = random.clone();
        let first: Vec<u32> = (0..100).map(|_| random.next_int()).collect();
        let second: Vec<u32> = (0..100).map(|_| saved.next_int()).collect();
        assert_eq!(first, second);
        assert_eq!(random, saved);
    }
}
