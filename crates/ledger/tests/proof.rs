//! Trees and proofs against the plain definitions of RFC 6962, and against published roots.

use interdict_ledger::merkle::node_hash;
use interdict_ledger::proof::{self, Nodes, check_consistency, check_inclusion};
use interdict_ledger::tile::{Level, TileNodes, tiles};
use interdict_ledger::{Tile, Tree, leaf_hash};
use interdict_model::Digest;
use proptest::prelude::*;

/// The definitions of RFC 6962, section 2.1, as they stand there: the judge.
mod reference {
    use super::*;

    fn cut(leaves: &[Digest]) -> usize {
        leaves.len().next_power_of_two() / 2
    }

    pub fn root(leaves: &[Digest]) -> Digest {
        match leaves {
            [] => Digest::of(&[]),
            [leaf] => *leaf,
            _ => node_hash(&root(&leaves[..cut(leaves)]), &root(&leaves[cut(leaves)..])),
        }
    }

    pub fn path(index: usize, leaves: &[Digest]) -> Vec<Digest> {
        if leaves.len() == 1 {
            return Vec::new();
        }
        let (left, right) = leaves.split_at(cut(leaves));
        let (mut path, sibling) = if index < left.len() {
            (path(index, left), root(right))
        } else {
            (path(index - left.len(), right), root(left))
        };
        path.push(sibling);
        path
    }

    pub fn consistency(old: usize, leaves: &[Digest], whole: bool) -> Vec<Digest> {
        if old == leaves.len() {
            return if whole { Vec::new() } else { vec![root(leaves)] };
        }
        let (left, right) = leaves.split_at(cut(leaves));
        let (mut path, sibling) = if old <= left.len() {
            (consistency(old, left, whole), root(right))
        } else {
            (consistency(old - left.len(), right, false), root(left))
        };
        path.push(sibling);
        path
    }
}

fn leaves(count: u64) -> Vec<Digest> {
    (0..count).map(|i| leaf_hash(&i.to_be_bytes())).collect()
}

struct Plain(Vec<Digest>);

impl Nodes for Plain {
    fn node(&self, height: u32, index: u64) -> Option<Digest> {
        let (count, index) = (1usize << height, usize::try_from(index).ok()?);
        self.0.get(index * count..(index + 1) * count).map(reference::root)
    }
}

/// The tile's bytes as the specification defines them, from all leaves.
fn tile_bytes(leaves: &[Digest], tile: Tile) -> Vec<u8> {
    let Level::Hashes(level) = tile.level else { unreachable!("only tiles of hashes are read") };
    let span = 256usize.pow(u32::from(level));
    let first = tile.index as usize * 256;
    let roots = (first..first + usize::from(tile.width)).map(|n| reference::root(&leaves[n * span..(n + 1) * span]));
    roots.flat_map(|root| root.0).collect()
}

#[test]
fn roots_are_those_of_certificate_transparency() {
    // Entries and roots of the test vectors that the implementations of RFC 6962 share.
    let entries: [&[u8]; 8] = [
        b"",
        &[0x00],
        &[0x10],
        &[0x20, 0x21],
        &[0x30, 0x31],
        &[0x40, 0x41, 0x42, 0x43],
        &[0x50, 0x51, 0x52, 0x53, 0x54, 0x55, 0x56, 0x57],
        &[0x60, 0x61, 0x62, 0x63, 0x64, 0x65, 0x66, 0x67, 0x68, 0x69, 0x6a, 0x6b, 0x6c, 0x6d, 0x6e, 0x6f],
    ];
    let roots = [
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
        "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    ];
    let mut tree = Tree::default();
    for (entry, root) in entries.iter().zip(roots) {
        tree.push(leaf_hash(entry));
        assert_eq!(tree.root().to_string(), root);
    }
    let nodes = Plain(entries.iter().map(|entry| leaf_hash(entry)).collect());
    let hex = |proof: Vec<Digest>| proof.iter().map(ToString::to_string).collect::<Vec<_>>();
    // Among the same vectors: entry 5 of 8, counted from 0, and 6 to 8.
    assert_eq!(
        hex(proof::inclusion(&nodes, 5, 8).unwrap()),
        [
            "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
            "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        ]
    );
    assert_eq!(
        hex(proof::consistency(&nodes, 6, 8).unwrap()),
        [
            "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
            "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        ]
    );
}

#[test]
fn every_proof_of_every_small_tree_is_the_definitions() {
    let all = leaves(40);
    let nodes = Plain(all.clone());
    for size in 1..=40 {
        let (now, root) = (&all[..size], reference::root(&all[..size]));
        assert_eq!(proof::root(&nodes, size as u64).unwrap(), root);
        for index in 0..size {
            let proof = proof::inclusion(&nodes, index as u64, size as u64).unwrap();
            assert_eq!(proof, reference::path(index, now));
            check_inclusion(all[index], index as u64, size as u64, &proof, root).unwrap();
            // The same proof shows no other entry, place, size or root.
            check_inclusion(all[index], index as u64, size as u64 * 2, &proof, root).unwrap_err();
            for other in 0..=size {
                if other != index {
                    assert!(check_inclusion(all[index], other as u64, size as u64, &proof, root).is_err());
                    let another = all.get(other).copied().unwrap_or(root);
                    assert!(check_inclusion(another, index as u64, size as u64, &proof, root).is_err());
                }
            }
        }
        for old in 1..=size {
            let proof = proof::consistency(&nodes, old as u64, size as u64).unwrap();
            assert_eq!(proof, reference::consistency(old, now, true));
            let old_root = reference::root(&all[..old]);
            check_consistency(old as u64, old_root, size as u64, root, &proof).unwrap();
            let forked = reference::root(&[&all[1..old], &all[..1]].concat());
            if old > 1 {
                assert!(check_consistency(old as u64, forked, size as u64, root, &proof).is_err());
                assert!(check_consistency(old as u64, old_root, size as u64, forked, &proof).is_err());
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn tiles_give_the_same_proofs(size in 1u64..1200, a in any::<prop::sample::Index>(), b in any::<prop::sample::Index>()) {
        let all = leaves(size);
        let nodes = TileNodes::new(size, |tile| Some(tile_bytes(&all, tile)));
        let mut tree = Tree::default();
        all.iter().for_each(|leaf| tree.push(*leaf));
        prop_assert_eq!(proof::root(&nodes, size).unwrap(), tree.root());
        let resumed = Tree::resume(&nodes, size).unwrap();
        prop_assert_eq!((resumed.root(), resumed.size()), (tree.root(), size));
        let count = usize::try_from(size).unwrap();
        let index = a.index(count);
        let proof = proof::inclusion(&nodes, index as u64, size).unwrap();
        prop_assert_eq!(&proof, &reference::path(index, &all));
        let old = b.index(count) + 1;
        prop_assert_eq!(proof::consistency(&nodes, old as u64, size).unwrap(), reference::consistency(old, &all, true));
        // No altered bit of a proof verifies.
        if let Some(step) = proof.first().copied() {
            let mut altered = proof.clone();
            altered[0] = Digest(step.0.map(|byte| byte ^ 0x10));
            prop_assert!(check_inclusion(all[index], index as u64, size, &altered, tree.root()).is_err());
            prop_assert!(check_inclusion(all[index], index as u64, size, &proof[1..], tree.root()).is_err());
        }
        prop_assert!(tiles(size).all(|tile| Tile::parse(&tile.path()) == Ok(tile)));
    }

    #[test]
    fn any_path_that_is_read_is_written_alike(path in "tile/(entries|[0-9]{1,2})/(x[0-9]{3}/){0,3}[0-9]{3}(\\.p/[0-9]{1,3})?") {
        if let Ok(tile) = Tile::parse(&path) {
            prop_assert_eq!(tile.path(), path);
        }
    }
}
