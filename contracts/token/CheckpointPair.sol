// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @dev Two consecutive checkpoints and a count in one word, from the lowest bit:
/// `newer votes 88 | newer block 32 | older votes 88 | older block 32 | count 16`.
/// Votes are base units, below 2^88 because the supply is. Block 0 marks an absent checkpoint: no transaction runs
/// in the genesis block. A pair with one checkpoint holds it as the newer one.
type CheckpointPair is uint256;

using {newerVotes, newerBlock, olderVotes, olderBlock, count, withNewer, appended, uncounted} for CheckpointPair
    global;

/// @dev Bits of the votes of one checkpoint.
uint256 constant VOTES_BITS = 88;
/// @dev Bits of one checkpoint, votes and block; hence the position of the older one.
uint256 constant CHECKPOINT_BITS = 120;
/// @dev Position of the older block: above a checkpoint and the older votes.
uint256 constant OLDER_BLOCK_POSITION = 208;
/// @dev Position of the count: above two checkpoints.
uint256 constant COUNT_POSITION = 240;

/// @dev Votes of the newer checkpoint, in base units.
function newerVotes(CheckpointPair self) pure returns (uint256) {
    return CheckpointPair.unwrap(self) & type(uint88).max;
}

/// @dev Block of the newer checkpoint; zero when the pair is empty.
function newerBlock(CheckpointPair self) pure returns (uint256) {
    return CheckpointPair.unwrap(self) >> VOTES_BITS & type(uint32).max;
}

/// @dev Votes of the older checkpoint, in base units.
function olderVotes(CheckpointPair self) pure returns (uint256) {
    return CheckpointPair.unwrap(self) >> CHECKPOINT_BITS & type(uint88).max;
}

/// @dev Block of the older checkpoint; zero when the pair holds less than two.
function olderBlock(CheckpointPair self) pure returns (uint256) {
    return CheckpointPair.unwrap(self) >> OLDER_BLOCK_POSITION & type(uint32).max;
}

/// @dev The 16-bit count beside the checkpoints.
function count(CheckpointPair self) pure returns (uint256) {
    return CheckpointPair.unwrap(self) >> COUNT_POSITION;
}

/// @dev The pair with its newer checkpoint replaced by `votes` from `blockNumber` on.
function withNewer(CheckpointPair self, uint256 votes, uint256 blockNumber) pure returns (CheckpointPair) {
    uint256 rest = CheckpointPair.unwrap(self) >> CHECKPOINT_BITS << CHECKPOINT_BITS;
    return CheckpointPair.wrap(rest | blockNumber << VOTES_BITS | votes);
}

/// @dev A pair without older checkpoint after a further one: what was its newer checkpoint, if any, is now the older.
function appended(CheckpointPair self, uint256 votes, uint256 blockNumber) pure returns (CheckpointPair) {
    // The shift moves the count out of the word.
    uint256 older = CheckpointPair.unwrap(self) << CHECKPOINT_BITS;
    return CheckpointPair.wrap(
        self.count() << COUNT_POSITION | older | blockNumber << VOTES_BITS | votes
    );
}

/// @dev The two checkpoints without the count.
function uncounted(CheckpointPair self) pure returns (CheckpointPair) {
    return CheckpointPair.wrap(CheckpointPair.unwrap(self) & type(uint240).max);
}
