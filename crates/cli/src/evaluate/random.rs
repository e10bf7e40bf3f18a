//! Numbers that look random and are the same for the same seed, on every machine and version.
//!
//! The generator is splitmix64: a counter in steps of the golden ratio, mixed by two rounds of
//! shift and multiply. It is no source of secrets.

/// A sequence of numbers.
#[derive(Clone, Debug)]
pub struct Random(u64);

/// The step of the counter: 2^64 divided by the golden ratio, made odd.
const STEP: u64 = 0x9e37_79b9_7f4a_7c15;

impl Random {
    /// The sequence of a seed and of what it is drawn for, so that adding one use leaves the others as they are.
    pub fn new(seed: u64, purpose: &[u64]) -> Self {
        let mut random = Self(seed);
        for part in purpose {
            random = Self(random.next() ^ part);
        }
        random
    }

    /// The next number.
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(STEP);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `count`; 0 if there is none. The bias is below one in 2^50 for counts such as here.
    pub fn below(&mut self, count: usize) -> usize {
        let drawn = self.next().checked_rem(count as u64).unwrap_or(0);
        usize::try_from(drawn).unwrap_or(0)
    }

    /// One of some things.
    pub fn one_of<'a, T>(&mut self, things: &'a [T]) -> Option<&'a T> {
        things.get(self.below(things.len()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sequence_is_that_of_the_published_generator() {
        // The first outputs of splitmix64 with seed 0, as its authors give them.
        let mut random = Random::new(0, &[]);
        assert_eq!([random.next(), random.next()], [0xe220_a839_7b1d_cdaf, 0x6e78_9e6a_a1b9_65f4]);
        assert_eq!(Random::new(1, &[2, 3]).next(), Random::new(1, &[2, 3]).next());
        assert_ne!(Random::new(1, &[2, 3]).next(), Random::new(2, &[2, 3]).next());
        assert_eq!((Random::new(7, &[]).below(0), Random::new(7, &[]).below(1)), (0, 0));
    }
}
