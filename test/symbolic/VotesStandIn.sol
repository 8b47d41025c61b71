// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title A token of which only the history of votes is known
/// @dev With arbitrary storage it answers anything for any account and block, as long as it answers the same again.
/// What is proven with it holds for every token that answers at all.
contract VotesStandIn {
    mapping(address account => mapping(uint256 blockNumber => uint96 votes)) public getPriorVotes;
}
