//! The most plausible Latin forms of a native token.

use super::costs::{model, sequence_bits};
use super::{LONGEST, units};
use crate::script::Script;

/// Hypotheses kept at each position of the native token: more change one form in a hundred.
const WIDTH: usize = 12;

/// Alternatives of one native chunk that are tried.
const FAN: usize = 8;

/// Bits above the best alternative of a chunk from which one is not tried.
const FAR: f32 = 8.0;

/// Weight of the Latin letter sequence beside the letter costs, as tuned on the training half.
const SEQUENCE_WEIGHT: f32 = 0.55;

/// Letters of a form; longer ones are cut, as are the tokens they come from.
const ROOM: usize = LONGEST + 8;

/// The start of a form.
#[derive(Clone, Copy)]
struct Start {
    bits: f32,
    length: usize,
    text: [u8; ROOM],
}

impl Start {
    fn text(&self) -> &[u8] {
        self.text.get(..self.length).unwrap_or_default()
    }

    fn last_two(&self) -> (Option<u8>, Option<u8>) {
        let at = |back: usize| self.length.checked_sub(back).and_then(|i| self.text.get(i)).copied();
        (at(2), at(1))
    }
}

/// Up to `limit` Latin forms of a native token, the most plausible first: the learned letter costs
/// and the usual Latin letter sequences together. Empty for scripts without learned costs.
pub fn beam(script: Script, token: &str, limit: usize) -> Vec<String> {
    biased_beam(script, token, limit, |_, _, _| 0.0)
}

/// `beam` with bits added to a rendering of a chunk before the next letter, if any.
pub(crate) fn biased_beam(
    script: Script,
    token: &str,
    limit: usize,
    bias: impl Fn(&[char], &str, Option<char>) -> f32,
) -> Vec<String> {
    let Some(model) = model(script) else { return Vec::new() };
    let units = units(script, token);
    let mut at: Vec<Vec<Start>> = vec![Vec::new(); units.len() + 1];
    at[0].push(Start { bits: 0.0, length: 0, text: [0; ROOM] });
    for i in 0..units.len() {
        let mut here = std::mem::take(&mut at[i]);
        prune(&mut here, WIDTH);
        for length in 1..=2 {
            let Some(chunk) = units.get(i..i + length) else { continue };
            let renderings = model.renderings(script, chunk);
            let Some(there) = at.get_mut(i + length) else { continue };
            let after = units.get(i + length).copied();
            let mut tried: Vec<(f32, &str)> =
                renderings.iter().map(|r| (r.forward + bias(chunk, &r.latin, after), r.latin.as_ref())).collect();
            tried.sort_by(|a, b| a.0.total_cmp(&b.0));
            let Some(far) = tried.first().map(|t| t.0 + FAR) else { continue };
            for start in &here {
                for (bits, latin) in tried.iter().take(FAN).take_while(|t| t.0 <= far) {
                    let mut next = *start;
                    next.bits += bits;
                    for b in latin.bytes() {
                        next.bits += SEQUENCE_WEIGHT * sequence_bits(next.last_two(), Some(b));
                        if let Some(slot) = next.text.get_mut(next.length) {
                            *slot = b;
                            next.length += 1;
                        }
                    }
                    there.push(next);
                }
            }
        }
    }
    let mut done = at.pop().unwrap_or_default();
    for form in &mut done {
        form.bits += SEQUENCE_WEIGHT * sequence_bits(form.last_two(), None);
    }
    prune(&mut done, limit);
    done.iter()
        .filter_map(|f| std::str::from_utf8(f.text()).ok())
        .filter(|t| !t.is_empty())
        .map(str::to_string)
        .collect()
}

/// Best first, equal texts once.
fn prune(starts: &mut Vec<Start>, keep: usize) {
    let mut order: Vec<(f32, usize)> = starts.iter().enumerate().map(|(i, s)| (s.bits, i)).collect();
    order.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
    let mut kept: Vec<Start> = Vec::with_capacity(keep);
    for start in order.into_iter().filter_map(|(_, i)| starts.get(i)) {
        if kept.len() == keep {
            break;
        }
        if !kept.iter().any(|k| k.text() == start.text()) {
            kept.push(*start);
        }
    }
    *starts = kept;
}
