//! Adds up, row by row, what the lists that are read say.
//!
//! Promises: a row is given out once, when its sum reaches the bar; sums never overflow, they stop
//! at the top, which is above every bar.
//!
//! Not here: what is added and which bar is sound (`plan`).

/// Sums by row, a byte each: a quarter of a million rows stay in the cache of a core.
#[derive(Default)]
pub struct Tally {
    sums: Vec<u8>,
    reached: Vec<u32>,
}

impl Tally {
    /// Begins a count over so many rows. The last one must have been ended.
    pub fn begin(&mut self, rows: usize) {
        if self.sums.len() < rows {
            self.sums.resize(rows, 0);
        }
        self.reached.clear();
    }

    /// Adds to every row of a list.
    #[inline]
    pub fn add(&mut self, rows: &[u32], steps: u8, bar: u8) {
        for &row in rows {
            let Some(sum) = self.sums.get_mut(row as usize) else { continue };
            let before = *sum;
            *sum = before.saturating_add(steps);
            if *sum >= bar && before < bar {
                self.reached.push(row);
            }
        }
    }

    /// Ends a count for the rows of a list that were added to.
    #[inline]
    pub fn forget(&mut self, rows: &[u32]) {
        for &row in rows {
            if let Some(sum) = self.sums.get_mut(row as usize) {
                *sum = 0;
            }
        }
    }

    /// The rows that reached the bar.
    pub fn reached(&mut self) -> Vec<u32> {
        std::mem::take(&mut self.reached)
    }

    /// Gives the list of [`Tally::reached`] back to be used again.
    pub fn give_back(&mut self, rows: Vec<u32>) {
        self.reached = rows;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gives_a_row_once_and_forgets() {
        let mut tally = Tally::default();
        tally.begin(4);
        tally.add(&[0, 1, 3], 2, 3);
        tally.add(&[1, 1, 2], 1, 3);
        assert_eq!(tally.reached(), [1]);
        tally.forget(&[0, 1, 2, 3]);
        tally.begin(4);
        tally.add(&[1, 3], 2, 3);
        assert!(tally.reached().is_empty());
        tally.add(&[3], u8::MAX, 3);
        tally.add(&[3], u8::MAX, 3);
        assert_eq!(tally.reached(), [3]);
    }
}
