// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Actions} from "../../contracts/governance/ProposalRecord.sol";
import {Timelock} from "../../contracts/governance/Timelock.sol";
import {GovernanceTest} from "../base/GovernanceTest.sol";
import {ContractWallet} from "./ContractWallet.sol";
import {Vm} from "forge-std/Test.sol";

/// @title What tests of proposals and votes share: actions, signatures, contract wallets
abstract contract GovernorFixture is GovernanceTest {
    string internal constant DESCRIPTION = "# Title\n\nBody";

    /// Arrays of `count` actions, all empty.
    function blank(uint256 count) internal pure returns (Actions memory) {
        return Actions(new address[](count), new uint256[](count), new string[](count), new bytes[](count));
    }

    /// `count` different token transfers.
    function transfers(uint256 count) internal view returns (Actions memory actions) {
        actions = blank(count);
        for (uint256 i = 0; i < count; i++) {
            actions.targets[i] = address(token);
            actions.signatures[i] = "transfer(address,uint256)";
            actions.calldatas[i] = abi.encode(stranger, i + 1);
        }
    }

    /// Proposes as `account`.
    function propose(address account, Actions memory actions) internal returns (uint256 id) {
        vm.prank(account);
        return
            governor.propose(
                actions.targets, actions.values, actions.signatures, actions.calldatas, DESCRIPTION
            );
    }

    function expectRevertOnPropose(bytes memory reason, address account, Actions memory actions) internal {
        vm.expectRevert(reason);
        propose(account, actions);
    }

    function assertActions(uint256 id, Actions memory expected) internal view {
        (
            address[] memory targets,
            uint256[] memory values,
            string[] memory signatures,
            bytes[] memory calldatas
        ) = governor.getActions(id);
        assertEq(targets, expected.targets, "targets");
        assertEq(values, expected.values, "values");
        assertEq(signatures, expected.signatures, "signatures");
        assertEq(calldatas, expected.calldatas, "calldatas");
    }

    /// Signature in the form `r | s | v`.
    function sign(Vm.Wallet memory signer, bytes32 hash) internal pure returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(signer.privateKey, hash);
        return abi.encodePacked(r, s, v);
    }

    /// The other signature that the same key could have made, which anyone can compute.
    function malleate(uint8 v, bytes32 s) internal pure returns (uint8, bytes32) {
        return (v == 27 ? 28 : 27, bytes32(SECP256K1_ORDER - uint256(s)));
    }

    /// The contract wallet of `owner` with `amount` votes.
    function fundWallet(Vm.Wallet memory owner, uint256 amount) internal returns (ContractWallet wallet) {
        wallet = new ContractWallet(owner.addr);
        vm.prank(address(timelock));
        token.transfer(address(wallet), amount);
        wallet.delegate(token);
        skipBlocks(1);
    }

    /// Replaces the governor by one whose time lock has another admin, for the tests that follow.
    function useUninitiatedGovernor() internal {
        timelock = new Timelock(address(this), DELAY);
        governor =
            deployGovernor(address(timelock), address(token), guardian, guardianExpiry, liveParameters());
    }
}
