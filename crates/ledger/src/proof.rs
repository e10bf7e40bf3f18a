//! Proofs of RFC 9162, section 2.1: that an entry is in a tree, and that one tree continues another.
//!
//! Promises: a proof that is made here verifies here and with any verifier of transparency logs;
//! verifying reads the proof and two hashes, nothing else.
//!
//! Not here: where the hashes come from (`tile`), receipts as a whole (`receipt`).

use interdict_model::Digest;

use crate::LedgerError;
use crate::merkle::node_hash;

/// Where the roots of complete subtrees come from.
pub trait Nodes {
    /// The root over the entries `index * 2^height .. (index + 1) * 2^height`; none if it is not there.
    fn node(&self, height: u32, index: u64) -> Option<Digest>;
}

fn split(count: u64) -> u64 {
    // The largest power of two that is smaller than the count, which is two or more.
    1u64.checked_shl(63u32.saturating_sub(count.saturating_sub(1).leading_zeros())).unwrap_or(1)
}

fn range(nodes: &impl Nodes, start: u64, count: u64) -> Result<Digest, LedgerError> {
    if count.is_power_of_two() {
        let height = count.trailing_zeros();
        let index = start >> height;
        return nodes.node(height, index).ok_or(LedgerError::MissingNode { height, index });
    }
    let left = split(count);
    Ok(node_hash(&range(nodes, start, left)?, &range(nodes, start.saturating_add(left), count.saturating_sub(left))?))
}

/// The root of the first `size` entries.
///
/// # Errors
/// When a hash is missing.
pub fn root(nodes: &impl Nodes, size: u64) -> Result<Digest, LedgerError> {
    if size == 0 { Ok(Digest::of(&[])) } else { range(nodes, 0, size) }
}

/// The proof that an entry is among the first `size`, from its sibling upwards.
///
/// # Errors
/// When the entry is not among them, or a hash is missing.
pub fn inclusion(nodes: &impl Nodes, index: u64, size: u64) -> Result<Vec<Digest>, LedgerError> {
    if index >= size {
        return Err(LedgerError::BadProof(format!("entry {index} is not in a tree of {size}")));
    }
    let (mut start, mut count) = (0u64, size);
    let mut path = Vec::new();
    while count > 1 {
        let left = split(count);
        let middle = start.saturating_add(left);
        if index < middle {
            path.push(range(nodes, middle, count.saturating_sub(left))?);
            count = left;
        } else {
            path.push(range(nodes, start, left)?);
            start = middle;
            count = count.saturating_sub(left);
        }
    }
    path.reverse();
    Ok(path)
}

/// The proof that the tree of `new` entries begins with that of `old`.
///
/// # Errors
/// When `old` is larger, or a hash is missing.
pub fn consistency(nodes: &impl Nodes, old: u64, new: u64) -> Result<Vec<Digest>, LedgerError> {
    if old > new {
        return Err(LedgerError::BadProof(format!("a tree of {new} entries does not continue one of {old}")));
    }
    if old == 0 || old == new {
        return Ok(Vec::new());
    }
    let (mut start, mut count, mut inner) = (0u64, new, old);
    let mut whole = true;
    let mut path = Vec::new();
    while inner < count {
        let left = split(count);
        let middle = start.saturating_add(left);
        if inner <= left {
            path.push(range(nodes, middle, count.saturating_sub(left))?);
            count = left;
        } else {
            path.push(range(nodes, start, left)?);
            start = middle;
            count = count.saturating_sub(left);
            inner = inner.saturating_sub(left);
            whole = false;
        }
    }
    if !whole {
        path.push(range(nodes, start, count)?);
    }
    path.reverse();
    Ok(path)
}

/// Checks that a leaf is entry `index` of the tree with this root (RFC 9162, 2.1.3.2).
///
/// # Errors
/// When the proof does not lead there.
pub fn check_inclusion(leaf: Digest, index: u64, size: u64, proof: &[Digest], root: Digest) -> Result<(), LedgerError> {
    if index >= size {
        return Err(LedgerError::BadProof(format!("entry {index} is not in a tree of {size}")));
    }
    let (mut number, mut last, mut hash) = (index, size - 1, leaf);
    for step in proof {
        if last == 0 {
            return Err(LedgerError::BadProof("it has more hashes than the tree has levels".to_owned()));
        }
        if number & 1 == 1 || number == last {
            hash = node_hash(step, &hash);
            while number & 1 == 0 && number != 0 {
                number >>= 1;
                last >>= 1;
            }
        } else {
            hash = node_hash(&hash, step);
        }
        number >>= 1;
        last >>= 1;
    }
    if last != 0 {
        return Err(LedgerError::BadProof("it has fewer hashes than the tree has levels".to_owned()));
    }
    if hash == root { Ok(()) } else { Err(LedgerError::BadProof(format!("it leads to {hash}, the root is {root}"))) }
}

/// Checks that the tree of `new` entries begins with that of `old` (RFC 9162, 2.1.4.2).
///
/// # Errors
/// When the proof does not show it: a fork, or a proof of something else.
pub fn check_consistency(
    old: u64,
    old_root: Digest,
    new: u64,
    new_root: Digest,
    proof: &[Digest],
) -> Result<(), LedgerError> {
    let bad = |reason: &str| Err(LedgerError::BadProof(reason.to_owned()));
    if old > new {
        return Err(LedgerError::BadProof(format!("a tree of {new} entries does not continue one of {old}")));
    }
    if old == 0 {
        return match proof {
            [] if old_root == Digest::of(&[]) => Ok(()),
            [] => bad("the root of no entries is the hash of nothing"),
            _ => bad("an empty tree needs none"),
        };
    }
    if old == new {
        return match proof {
            [] if old_root == new_root => Ok(()),
            [] => Err(LedgerError::Fork { size: old, one: old_root, other: new_root }),
            _ => bad("trees of one size need none"),
        };
    }
    let mut steps = proof.iter();
    let (mut number, mut last) = (old - 1, new - 1);
    while number & 1 == 1 {
        number >>= 1;
        last >>= 1;
    }
    let first = if old.is_power_of_two() { Some(&old_root) } else { steps.next() };
    let Some(first) = first else { return bad("it is empty") };
    let (mut of_old, mut of_new) = (*first, *first);
    for step in steps {
        if last == 0 {
            return bad("it has more hashes than the tree has levels");
        }
        if number & 1 == 1 || number == last {
            of_old = node_hash(step, &of_old);
            of_new = node_hash(step, &of_new);
            while number & 1 == 0 && number != 0 {
                number >>= 1;
                last >>= 1;
            }
        } else {
            of_new = node_hash(&of_new, step);
        }
        number >>= 1;
        last >>= 1;
    }
    if last != 0 {
        return bad("it has fewer hashes than the tree has levels");
    }
    if of_old != old_root {
        return Err(LedgerError::Fork { size: old, one: old_root, other: of_old });
    }
    if of_new != new_root {
        return Err(LedgerError::Fork { size: new, one: new_root, other: of_new });
    }
    Ok(())
}
