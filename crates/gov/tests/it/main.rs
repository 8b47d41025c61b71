//! Against real contracts on anvil.

mod alpha;
