//! The best way to lay two names side by side, and what it is worth.
//!
//! A name score is the best, over all sets of disjoint edges between the two names' tokens, of
//!
//! ```text
//!                    Σ c·s
//!   ─────────────────────────────────────────
//!   Σ c  +  PARTY·(Wq − Σ k)  +  LISTED·(Wr − Σ r)
//! ```
//!
//! where an edge has similarity `s`, weight `c`, and covers `k` of the party's and `r` of the
//! listing's weight. For a fixed threshold the ratio is at or above it exactly when a sum of
//! per-edge gains is (Dinkelbach): the bounds of retrieval rest on that.
//!
//! Promises: integers only; the same edges give the same result whatever their order; the number
//! of steps is bounded by [`MAX_STEPS`], and a pair that needs more is laid out greedily from
//! there on and can only lose score that no ordinary name has.
//!
//! Not here: where edges come from (`edges`), what lowers a name score afterwards (`name_score`).

/// Party's unmatched weight counts this much, in tenths: patronymics and second names come and go.
/// Both chosen by leave-one-alias-out over the OFAC and UN lists; see `docs/benchmarks.md`.
pub const PARTY_TENTHS: i64 = 3;
/// Listing's unmatched weight counts this much, in tenths: lists carry longer names than payments.
pub const LISTED_TENTHS: i64 = 2;
/// Ratios are in 1/65,536.
pub const ONE: i64 = 65_536;
/// Steps of the search; ordinary pairs need fewer than a hundred.
const MAX_STEPS: u32 = 1_500;

/// A possible agreement of one or more tokens on each side.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Edge {
    /// Bits of the party's tokens.
    pub party: u64,
    /// Bits of the listing's tokens.
    pub listed: u64,
    /// Similarity in 1/1024.
    pub share: u16,
    /// Weight of the agreement, in token weights.
    pub weight: u16,
    /// Party's weight it covers.
    pub party_cover: u16,
    /// Listing's weight it covers.
    pub listed_cover: u16,
    /// What kind it is, for the evidence; no part in the score.
    pub tag: u8,
}

impl Edge {
    /// What the edge adds towards a ratio of `ratio`: ten times `c(s−ratio) + ratio(PARTY·k + LISTED·r)`.
    pub fn gain(&self, ratio: i64) -> i64 {
        let cover = PARTY_TENTHS * i64::from(self.party_cover) + LISTED_TENTHS * i64::from(self.listed_cover);
        10 * i64::from(self.weight) * (i64::from(self.share) * 64 - ratio) + ratio * cover
    }
}

/// What all gains must reach for a ratio: ten times `ratio·(PARTY·Wq + LISTED·Wr)`.
pub fn requirement(ratio: i64, party_weight: i64, listed_weight: i64) -> i64 {
    ratio * (PARTY_TENTHS * party_weight + LISTED_TENTHS * listed_weight)
}

/// The best set of edges.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Layout {
    /// Chosen edges, by index, in the order of the party's tokens.
    pub chosen: Vec<u16>,
    /// Σ c·s in 1/1024 of a weight.
    pub agreed: i64,
    /// Σ c.
    pub compared: i64,
    /// Party's weight that no edge covers.
    pub party_left: i64,
    /// Listing's weight that no edge covers.
    pub listed_left: i64,
}

impl Layout {
    /// The ratio, in 1/65,536.
    pub fn ratio(&self) -> i64 {
        let den = 10 * self.compared + PARTY_TENTHS * self.party_left + LISTED_TENTHS * self.listed_left;
        if den <= 0 { 0 } else { 10 * self.agreed * 64 / den }
    }
}

/// Working memory of the search.
#[derive(Default)]
pub struct Search {
    gains: Vec<i64>,
    best_from: Vec<i64>,
    path: Vec<u16>,
    best_path: Vec<u16>,
    best: i64,
    steps: u32,
    /// Steps of all searches so far.
    pub total_steps: u64,
}

/// Finds the best layout. `edges` must be sorted by the lowest party token, then as the caller
/// likes. `twins[j]` is the listing's token before `j` that is the same word, or 255; it must be
/// empty if any edge covers several of the listing's tokens.
pub fn lay_out(edges: &[Edge], party_weight: i64, listed_weight: i64, twins: &[u8], search: &mut Search) -> Layout {
    let mut layout = measure(edges, &[], party_weight, listed_weight);
    let mut ratio = 0;
    // Dinkelbach: each round's best set has a higher ratio or is the last; three rounds are usual.
    for _ in 0..16 {
        search.run(edges, ratio, twins);
        let next = measure(edges, &search.best_path, party_weight, listed_weight);
        if next.ratio() <= ratio {
            break;
        }
        ratio = next.ratio();
        layout = next;
    }
    layout
}

fn measure(edges: &[Edge], chosen: &[u16], party_weight: i64, listed_weight: i64) -> Layout {
    let mut layout = Layout {
        chosen: chosen.to_vec(),
        agreed: 0,
        compared: 0,
        party_left: party_weight,
        listed_left: listed_weight,
    };
    for edge in chosen.iter().filter_map(|&i| edges.get(usize::from(i))) {
        layout.agreed += i64::from(edge.weight) * i64::from(edge.share);
        layout.compared += i64::from(edge.weight);
        layout.party_left -= i64::from(edge.party_cover);
        layout.listed_left -= i64::from(edge.listed_cover);
    }
    layout
}

impl Search {
    fn run(&mut self, edges: &[Edge], ratio: i64, twins: &[u8]) {
        self.gains.clear();
        self.gains.extend(edges.iter().map(|e| e.gain(ratio)));
        // best_from[i]: the most that edges from i on can add, one an own first token each
        self.best_from.clear();
        self.best_from.resize(edges.len() + 1, 0);
        let mut i = edges.len();
        while i > 0 {
            let token = edges[i - 1].party.trailing_zeros();
            let mut start = i;
            let mut most = 0;
            while start > 0 && edges[start - 1].party.trailing_zeros() == token {
                start -= 1;
                most = most.max(self.gains[start]);
            }
            let beyond = self.best_from[i];
            // edges of one token: any of them may be taken, so all carry the same bound
            for cell in &mut self.best_from[start..i] {
                *cell = beyond + most;
            }
            i = start;
        }
        self.path.clear();
        self.best_path.clear();
        self.best = 0;
        self.steps = 0;
        self.descend(edges, 0, 0, 0, 0, twins);
        self.total_steps += u64::from(self.steps);
    }

    fn descend(&mut self, edges: &[Edge], from: usize, party: u64, listed: u64, sum: i64, twins: &[u8]) {
        if sum > self.best {
            self.best = sum;
            self.best_path.clone_from(&self.path);
        }
        self.steps += 1;
        if from >= edges.len() || self.steps > MAX_STEPS || sum + self.best_from[from] <= self.best {
            return;
        }
        let token = edges[from].party.trailing_zeros();
        let mut end = from;
        while end < edges.len() && edges[end].party.trailing_zeros() == token {
            end += 1;
        }
        if party & (1 << token) == 0 {
            for i in from..end {
                let edge = edges[i];
                if self.gains[i] <= 0 || edge.party & party != 0 || edge.listed & listed != 0 {
                    continue;
                }
                // of several equal words only the first that is free: the others are the same choice
                if edge.listed.is_power_of_two() {
                    let twin = twins.get(edge.listed.trailing_zeros() as usize).copied().unwrap_or(u8::MAX);
                    if twin != u8::MAX && listed & (1 << twin) == 0 {
                        continue;
                    }
                }
                self.path.push(i as u16);
                self.descend(edges, end, party | edge.party, listed | edge.listed, sum + self.gains[i], twins);
                self.path.pop();
            }
        }
        self.descend(edges, end, party, listed, sum, twins);
    }
}
