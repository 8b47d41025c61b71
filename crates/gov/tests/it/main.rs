//! Against real contracts on anvil.

#![allow(clippy::indexing_slicing, reason = "a test that cannot go on has failed")]

mod alpha;
