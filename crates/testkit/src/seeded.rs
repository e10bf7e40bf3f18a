//! Numbers from a seed, for tests that must be the same on every run.
//!
//! Promises: the same seed gives the same numbers on every machine.
//!
//! Not here: secrets.

/// A small generator (splitmix64): good enough to spread kills over time.
#[derive(Clone, Debug)]
pub struct Seeded(pub u64);

impl Seeded {
    /// The next number.
    pub fn number(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A share of 0..1.
    pub fn share(&mut self) -> f64 {
        (self.number() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// A number below a bound.
    pub fn below(&mut self, bound: u64) -> u64 {
        self.number() % bound
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_gives_the_published_numbers() {
        // As the reference implementation of splitmix64 gives them.
        let mut seeded = Seeded(1_234_567);
        let expected = [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423];
        assert_eq!([seeded.number(), seeded.number(), seeded.number()], expected);
        let mut seeded = Seeded(0);
        assert!((0..1_000).all(|_| (0.0..1.0).contains(&seeded.share()) && seeded.below(7) < 7));
    }
}
