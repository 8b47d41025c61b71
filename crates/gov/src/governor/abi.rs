//! The ABI of the live GovernorAlpha, where it differs from BraintrustGovernor's.

#![allow(missing_docs, reason = "generated")]

alloy::sol! {
    #[sol(rpc)]
    interface GovernorAlpha {
        event VoteCast(address voter, uint256 proposalId, bool support, uint256 votes);

        struct Receipt {
            bool hasVoted;
            bool support;
            uint96 votes;
        }

        function castVote(uint256 proposalId, bool support) external;
        function castVoteBySig(uint256 proposalId, bool support, uint8 v, bytes32 r, bytes32 s) external;
        function guardian() external view returns (address);
        function getReceipt(uint256 proposalId, address voter) external view returns (Receipt memory);
        function proposals(uint256 proposalId)
            external
            view
            returns (
                uint256 id,
                address proposer,
                uint256 eta,
                uint256 startBlock,
                uint256 endBlock,
                uint256 forVotes,
                uint256 againstVotes,
                bool canceled,
                bool executed
            );
    }
}
