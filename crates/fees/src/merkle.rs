//! The Merkle tree of a batch, node by node that of OpenZeppelin's `StandardMerkleTree`.
//!
//! A leaf is `keccak256(keccak256(abi.encode(…)))`, see [`crate::invoice::Billed::leaf`]. A node is the hash of its two
//! children, the lesser first. Nobody can pass a node off as a leaf: a node is the hash of 64 bytes, a leaf that of 32.
//! So a contract checks a proof with OpenZeppelin's `MerkleProof.verify(proof, root, leaf)`.

use alloy::primitives::{B256, Keccak256};

/// A complete binary tree over sorted leaves.
#[derive(Clone, Debug)]
pub struct Tree {
    /// The root first; the children of `i` are `2i + 1` and `2i + 2`. The leaves come last, in descending order.
    nodes: Vec<B256>,
    leaves: usize,
}

impl Tree {
    /// The tree over `leaves`, whose order does not matter. `None` without leaves. Takes 64 bytes per leaf.
    #[must_use]
    pub fn new(mut leaves: Vec<B256>) -> Option<Self> {
        let count = leaves.len();
        let inner = count.checked_sub(1)?;
        leaves.sort_unstable_by(|left, right| right.cmp(left));
        // In place, because a second list would be the greatest part of the memory.
        leaves.reserve_exact(inner);
        leaves.resize(count + inner, B256::ZERO);
        leaves.rotate_right(inner);
        let mut tree = Self { nodes: leaves, leaves: count };
        for index in (0..inner).rev() {
            let parent = parent(tree.node(2 * index + 1), tree.node(2 * index + 2));
            if let Some(node) = tree.nodes.get_mut(index) {
                *node = parent;
            }
        }
        Some(tree)
    }

    /// The root.
    #[must_use]
    pub fn root(&self) -> B256 {
        self.node(0)
    }

    /// The siblings on the way from `leaf` to the root. `None` when it is not in the tree.
    #[must_use]
    pub fn proof(&self, leaf: B256) -> Option<Vec<B256>> {
        let first = self.nodes.len() - self.leaves;
        let place = self.nodes.get(first..)?.binary_search_by(|other| leaf.cmp(other)).ok()?;
        let mut index = first + place;
        let mut proof = Vec::new();
        while index > 0 {
            let sibling = if index.is_multiple_of(2) { index - 1 } else { index + 1 };
            proof.push(self.node(sibling));
            index = (index - 1) / 2;
        }
        Some(proof)
    }

    fn node(&self, index: usize) -> B256 {
        self.nodes.get(index).copied().unwrap_or_default()
    }
}

/// The root of the tree in which `proof` leads up from `leaf`.
#[must_use]
pub fn root_of(leaf: B256, proof: &[B256]) -> B256 {
    proof.iter().fold(leaf, |node, sibling| parent(node, *sibling))
}

fn parent(left: B256, right: B256) -> B256 {
    let mut hasher = Keccak256::new();
    hasher.update(left.min(right));
    hasher.update(left.max(right));
    hasher.finalize()
}

#[cfg(test)]
mod tests {
    use alloy::primitives::{U256, keccak256};
    use proptest::prelude::*;

    use super::*;

    fn leaves(count: u64) -> Vec<B256> {
        (0..count).map(|number| keccak256(U256::from(number).to_be_bytes::<32>())).collect()
    }

    #[test]
    fn nothing_has_no_root_and_one_leaf_is_it() {
        assert!(Tree::new(Vec::new()).is_none());
        let leaf = B256::repeat_byte(7);
        let tree = Tree::new(vec![leaf]).unwrap();
        assert_eq!((tree.root(), tree.proof(leaf)), (leaf, Some(Vec::new())));
    }

    proptest! {
        #[test]
        fn every_leaf_has_a_proof_and_nothing_else_has(count in 1_u64..80, stranger: [u8; 32]) {
            let tree = Tree::new(leaves(count)).unwrap();
            for leaf in leaves(count) {
                prop_assert_eq!(root_of(leaf, &tree.proof(leaf).unwrap()), tree.root());
            }
            let stranger = B256::from(stranger);
            prop_assert_eq!(tree.proof(stranger), None);
            for leaf in leaves(count) {
                prop_assert_ne!(root_of(stranger, &tree.proof(leaf).unwrap()), tree.root());
            }
        }

        #[test]
        fn a_changed_proof_leads_elsewhere(count in 2_u64..80, at: usize, byte in 0_usize..32) {
            let tree = Tree::new(leaves(count)).unwrap();
            let leaf = leaves(count)[at % count as usize];
            let mut proof = tree.proof(leaf).unwrap();
            let step = at % proof.len();
            proof[step].0[byte] ^= 1;
            prop_assert_ne!(root_of(leaf, &proof), tree.root());
        }

        #[test]
        fn order_does_not_matter(count in 1_u64..80, seed: u64) {
            let mut shuffled = leaves(count);
            shuffled.rotate_left((seed % count) as usize);
            prop_assert_eq!(Tree::new(shuffled).unwrap().root(), Tree::new(leaves(count)).unwrap().root());
        }
    }
}
