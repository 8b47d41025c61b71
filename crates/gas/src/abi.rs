//! The functions and events that the contracts have in common, and those of the peers. The suite's own are in
//! `btrst_bindings`.
#![allow(missing_docs, reason = "each function is documented where its contract comes from")]
#![allow(clippy::too_many_arguments, reason = "functions have the parameters that Solidity gave them")]

alloy::sol! {
    /// A token with votes. Every function but the two for current votes is common to all.
    #[derive(Debug)]
    interface IToken {
        event Transfer(address indexed from, address indexed to, uint256 amount);
        event Approval(address indexed owner, address indexed spender, uint256 amount);
        event DelegateChanged(address indexed delegator, address indexed fromDelegate, address indexed toDelegate);
        event DelegateVotesChanged(address indexed delegate, uint256 previousVotes, uint256 newVotes);

        function transfer(address to, uint256 amount) external returns (bool);
        function transferFrom(address from, address to, uint256 amount) external returns (bool);
        function approve(address spender, uint256 amount) external returns (bool);
        function permit(address owner, address spender, uint256 value, uint256 deadline, uint8 v, bytes32 r, bytes32 s) external;
        function delegate(address delegatee) external;
        function delegateBySig(address delegatee, uint256 nonce, uint256 expiry, uint8 v, bytes32 r, bytes32 s) external;
        function balanceOf(address account) external view returns (uint256);
        function allowance(address owner, address spender) external view returns (uint256);
        function delegates(address account) external view returns (address);
        function nonces(address account) external view returns (uint256);
        /// COMP and its descendants.
        function getCurrentVotes(address account) external view returns (uint96);
        /// ERC-5805.
        function getVotes(address account) external view returns (uint256);
    }

    /// What is signed for `permit`.
    #[derive(Debug)]
    struct Permit {
        address owner;
        address spender;
        uint256 value;
        uint256 nonce;
        uint256 deadline;
    }

    /// What is signed for `delegateBySig`.
    #[derive(Debug)]
    struct Delegation {
        address delegatee;
        uint256 nonce;
        uint256 expiry;
    }

    /// What every governor has, whatever its generation. The numbers of states are alike too.
    #[derive(Debug)]
    interface IGovernor {
        event ProposalCreated(
            uint256 id,
            address proposer,
            address[] targets,
            uint256[] values,
            string[] signatures,
            bytes[] calldatas,
            uint256 startBlock,
            uint256 endBlock,
            string description
        );
        event ProposalCanceled(uint256 id);
        event ProposalQueued(uint256 id, uint256 eta);
        event ProposalExecuted(uint256 id);
        function state(uint256 id) external view returns (uint8);
        function votingPeriod() external view returns (uint256);
    }

    /// Compound's GovernorAlpha.
    #[derive(Debug)]
    interface IAlpha {
        struct Receipt {
            bool hasVoted;
            bool support;
            uint96 votes;
        }

        event VoteCast(address voter, uint256 proposalId, bool support, uint256 votes);

        function propose(address[] targets, uint256[] values, string[] signatures, bytes[] calldatas, string description) external returns (uint256);
        function queue(uint256 id) external;
        function execute(uint256 id) external payable;
        function cancel(uint256 id) external;
        function castVote(uint256 id, bool support) external;
        function castVoteBySig(uint256 id, bool support, uint8 v, bytes32 r, bytes32 s) external;
        function getReceipt(uint256 id, address voter) external view returns (Receipt);
        function proposals(uint256 id) external view returns (
            uint256 proposalId,
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

    /// What GovernorBravo and OpenZeppelin's governor have in common.
    #[derive(Debug)]
    interface IBravo {
        event VoteCast(address indexed voter, uint256 proposalId, uint8 support, uint256 votes, string reason);

        function castVote(uint256 id, uint8 support) external;
        function castVoteWithReason(uint256 id, uint8 support, string reason) external;
        /// OpenZeppelin's views, which the suite has too.
        function hasVoted(uint256 id, address account) external view returns (bool);
        function proposalVotes(uint256 id) external view returns (uint256 againstVotes, uint256 forVotes, uint256 abstainVotes);
    }

    /// OpenZeppelin's governor, whose ids are hashes of the actions.
    #[derive(Debug)]
    interface IOpenZeppelin {
        function propose(address[] targets, uint256[] values, bytes[] calldatas, string description) external returns (uint256);
        function queue(address[] targets, uint256[] values, bytes[] calldatas, bytes32 descriptionHash) external returns (uint256);
        function execute(address[] targets, uint256[] values, bytes[] calldatas, bytes32 descriptionHash) external payable returns (uint256);
        function cancel(address[] targets, uint256[] values, bytes[] calldatas, bytes32 descriptionHash) external returns (uint256);
        function castVoteBySig(uint256 id, uint8 support, address voter, bytes signature) external returns (uint256);
    }

    /// The time lock of the Compound generation.
    #[derive(Debug)]
    interface ICompoundTimelock {
        event QueueTransaction(bytes32 indexed hash, address indexed target, uint256 value, string signature, bytes data, uint256 eta);
    }
}

/// What is signed for a ballot; EIP-712 takes the name of the struct, so each generation has a module.
pub mod ballot {
    /// Compound's GovernorAlpha.
    pub mod alpha {
        alloy::sol! {
            #[derive(Debug)]
            struct Ballot {
                uint256 proposalId;
                bool support;
            }
        }
    }

    /// GovernorBravo, and the suite.
    pub mod bravo {
        alloy::sol! {
            #[derive(Debug)]
            struct Ballot {
                uint256 proposalId;
                uint8 support;
            }
        }
    }

    /// OpenZeppelin's governor.
    pub mod open_zeppelin {
        alloy::sol! {
            #[derive(Debug)]
            struct Ballot {
                uint256 proposalId;
                uint8 support;
                address voter;
                uint256 nonce;
            }
        }
    }
}
