// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Test} from "forge-std/Test.sol";

/// @title What every proof has
/// @dev The functions `check_*` are proofs for halmos, run by `make prove`; for forge they are no tests. Their
/// arguments are arbitrary. A path that reverts proves nothing and violates nothing, except by Panic(1).
abstract contract Proof is Test {
    /// @dev On demand, claims that the end of the proof is never reached: script/prove demands that this is refuted,
    /// or the proof would be about nothing.
    modifier proof() {
        _;
        if (vm.envOr("BTRST_PROVE_REACH", false)) assert(false);
    }
}
