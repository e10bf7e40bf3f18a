//! Merkle tree hashes of RFC 6962, section 2.1, computed while leaves arrive.

use interdict_model::Digest;
use sha2::{Digest as _, Sha256};

use crate::LedgerError;
use crate::proof::Nodes;
use crate::tile::HEIGHT;

/// The hash of an entry: SHA-256 of a zero byte and the entry.
pub fn leaf_hash(entry: &[u8]) -> Digest {
    let mut hasher = Sha256::new();
    hasher.update([0]);
    hasher.update(entry);
    Digest(hasher.finalize().into())
}

/// The hash of a node: SHA-256 of a one byte and the hashes of its children.
pub fn node_hash(left: &Digest, right: &Digest) -> Digest {
    // In one piece: three updates cost more than they hash.
    let mut node = [1; 65];
    node[1..33].copy_from_slice(&left.0);
    node[33..].copy_from_slice(&right.0);
    Digest::of(&node)
}

/// The root over hashes whose number is a power of two; of no hashes, the empty tree's.
pub fn perfect(mut hashes: Vec<Digest>) -> Digest {
    while hashes.len() > 1 {
        hashes = hashes
            .chunks(2)
            .map(|pair| match pair {
                [left, right] => node_hash(left, right),
                [alone, ..] => *alone,
                [] => Digest::of(&[]),
            })
            .collect();
    }
    hashes.first().copied().unwrap_or_else(|| Digest::of(&[]))
}

/// A growing tree that keeps only the roots of its complete subtrees: 64 hashes at most.
#[derive(Clone, Debug, Default)]
pub struct Tree {
    /// Height and root of each complete subtree, largest first.
    subtrees: Vec<(u32, Digest)>,
    size: u64,
}

impl Tree {
    /// The tree of the first `size` entries of a log, to be continued.
    ///
    /// # Errors
    /// When a hash is missing.
    pub fn resume(nodes: &impl Nodes, size: u64) -> Result<Self, LedgerError> {
        let mut subtrees = Vec::new();
        let mut start = 0u64;
        for height in (0..64).rev().filter(|height| size >> height & 1 == 1) {
            let index = start >> height;
            let root = nodes.node(height, index).ok_or(LedgerError::MissingNode { height, index })?;
            subtrees.push((height, root));
            start = start.saturating_add(1 << height);
        }
        Ok(Self { subtrees, size })
    }

    /// Adds the hash of one entry.
    pub fn push(&mut self, leaf: Digest) {
        self.push_full(leaf);
    }

    /// Adds the hash of one entry; gives the hash of the tile that it fills, if it does.
    pub fn push_full(&mut self, leaf: Digest) -> Option<Digest> {
        let (mut height, mut root, mut full) = (0, leaf, None);
        while let Some((_, left)) = self.subtrees.pop_if(|(h, _)| *h == height) {
            root = node_hash(&left, &root);
            height += 1;
            if height == HEIGHT {
                full = Some(root);
            }
        }
        self.subtrees.push((height, root));
        self.size = self.size.saturating_add(1);
        full
    }

    /// How many entries it holds.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The tree's hash: that of no bytes for an empty tree.
    pub fn root(&self) -> Digest {
        let mut subtrees = self.subtrees.iter().rev().map(|(_, root)| *root);
        let Some(last) = subtrees.next() else { return Digest::of(&[]) };
        subtrees.fold(last, |right, left| node_hash(&left, &right))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // The recursive definition of the RFC, as the judge of the incremental one.
    fn reference(leaves: &[Digest]) -> Digest {
        match leaves {
            [] => Digest::of(&[]),
            [leaf] => *leaf,
            _ => {
                let cut = leaves.len().next_power_of_two() / 2;
                node_hash(&reference(&leaves[..cut]), &reference(&leaves[cut..]))
            }
        }
    }

    #[test]
    fn agrees_with_the_definition() {
        let leaves: Vec<Digest> = (0u32..70).map(|i| leaf_hash(&i.to_be_bytes())).collect();
        let mut tree = Tree::default();
        assert_eq!(tree.root(), reference(&[]));
        for (i, leaf) in leaves.iter().enumerate() {
            tree.push(*leaf);
            assert_eq!(tree.root(), reference(&leaves[..=i]), "{} leaves", i + 1);
        }
        assert_eq!(tree.size(), 70);
    }

    #[test]
    fn a_full_tile_is_told() {
        let leaves: Vec<Digest> = (0u32..600).map(|i| leaf_hash(&i.to_be_bytes())).collect();
        let mut tree = Tree::default();
        let full: Vec<(usize, Digest)> =
            (1..).zip(&leaves).filter_map(|(n, leaf)| Some((n, tree.push_full(*leaf)?))).collect();
        assert_eq!(full, [(256, perfect(leaves[..256].to_vec())), (512, perfect(leaves[256..512].to_vec()))]);
    }

    #[test]
    fn hashes_what_other_logs_hash() {
        // The empty leaf and the two-leaf tree of the test vectors in use by Certificate Transparency.
        assert_eq!(leaf_hash(b"").to_string(), "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d");
        let mut tree = Tree::default();
        tree.push(leaf_hash(b""));
        tree.push(leaf_hash(b"\0"));
        assert_eq!(tree.root().to_string(), "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125");
    }
}
