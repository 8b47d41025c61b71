// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {ERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Permit.sol";
import {ERC20Votes} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Votes.sol";
import {Nonces} from "@openzeppelin/contracts/utils/Nonces.sol";
import {Test, Vm} from "forge-std/Test.sol";

import {IBTRST} from "../../contracts/interfaces/IBTRST.sol";
import {BTRST} from "../../contracts/token/BTRST.sol";

/// @dev OpenZeppelin's vote token with its default clock, the block number, and the supply of BTRST.
contract VoteToken is ERC20, ERC20Permit, ERC20Votes {
    constructor(address account) ERC20("BTRST", "BTRST") ERC20Permit("BTRST") {
        _mint(account, 250_000_000e18);
    }

    function nonces(address owner) public view override(ERC20Permit, Nonces) returns (uint256) {
        return super.nonces(owner);
    }

    function _update(address from, address to, uint256 value) internal override(ERC20, ERC20Votes) {
        super._update(from, to, value);
    }
}

/// @title BTRST against OpenZeppelin's ERC20Votes
/// @notice The same random calls to both must succeed or fail alike, with the same revert data and events, and leave
/// the same balances, delegates, votes and history. BTRST means to differ where it keeps what integrations of COMP
/// rely on; each difference has a test of its own and is kept out of the random calls:
/// - the largest finite allowance has 96 bits, and `type(uint96).max` is unlimited as `type(uint256).max` is;
/// - `transferFrom` out of a finite allowance emits Approval with what is left;
/// - an owner needs no allowance to `transferFrom` its own balance;
/// - the zero address may be approved, and sends nothing even when the amount is zero or the allowance short;
/// - the EIP-712 domain has no version, so the same message has another digest.
contract BTRSTOpenZeppelinDifferentialTest is Test {
    uint256 private constant FIRST_BLOCK = 1000;
    uint256 private constant BLOCKS = 24;
    uint256 private constant HOLDERS = 4;
    uint256 private constant FIRST_KEY = 0xB0B;

    IBTRST private token;
    IBTRST private openZeppelin;
    address[HOLDERS] private holders;

    function setUp() public {
        vm.roll(FIRST_BLOCK);
        vm.warp(1_600_000_000);
        for (uint256 i = 0; i < HOLDERS; ++i) {
            holders[i] = vm.addr(FIRST_KEY + i);
        }
        token = new BTRST(holders[0]);
        openZeppelin = IBTRST(address(new VoteToken(holders[0])));
    }

    function testFuzz_differential_equalsOpenZeppelin(uint256 seed) public {
        for (uint256 b = 0; b < BLOCKS; ++b) {
            vm.roll(FIRST_BLOCK + b);
            seed = uint256(keccak256(abi.encode(seed)));
            for (uint256 operations = seed % 5; operations > 0; --operations) {
                seed = uint256(keccak256(abi.encode(seed)));
                act(seed);
                assertEqualState();
            }
        }
        vm.roll(FIRST_BLOCK + BLOCKS);
        for (uint256 i = 0; i < HOLDERS; ++i) {
            assertEqualHistory(holders[i]);
        }
    }

    function test_deviation_allowancesHave96Bits() public {
        uint256 tooLarge = uint256(type(uint96).max) + 1;
        vm.startPrank(holders[0]);
        assertTrue(openZeppelin.approve(holders[1], tooLarge));
        vm.expectRevert(abi.encodeWithSelector(IBTRST.AmountExceeds96Bits.selector, tooLarge));
        token.approve(holders[1], tooLarge);

        token.approve(holders[1], type(uint96).max);
        openZeppelin.approve(holders[1], type(uint96).max);
        vm.startPrank(holders[1]);
        token.transferFrom(holders[0], holders[2], 1);
        openZeppelin.transferFrom(holders[0], holders[2], 1);
        assertEq(token.allowance(holders[0], holders[1]), type(uint96).max);
        assertEq(openZeppelin.allowance(holders[0], holders[1]), type(uint96).max - 1);
    }

    function test_deviation_transferFromEmitsApproval() public {
        vm.startPrank(holders[0]);
        token.approve(holders[1], 10);
        openZeppelin.approve(holders[1], 10);
        vm.startPrank(holders[1]);
        vm.recordLogs();
        token.transferFrom(holders[0], holders[2], 3);
        Vm.Log[] memory logs = vm.getRecordedLogs();
        assertEq(logs.length, 2);
        assertEq(logs[0].topics[0], IBTRST.Approval.selector);
        assertEq(abi.decode(logs[0].data, (uint256)), 7);
        openZeppelin.transferFrom(holders[0], holders[2], 3);
        logs = vm.getRecordedLogs();
        assertEq(logs.length, 1);
        assertEq(logs[0].topics[0], IBTRST.Transfer.selector);
    }

    function test_deviation_ownerNeedsNoAllowance() public {
        vm.startPrank(holders[0]);
        assertTrue(token.transferFrom(holders[0], holders[1], 1));
        vm.expectRevert(abi.encodeWithSelector(IBTRST.ERC20InsufficientAllowance.selector, holders[0], 0, 1));
        openZeppelin.transferFrom(holders[0], holders[1], 1);
    }

    function test_deviation_zeroAddress() public {
        vm.startPrank(holders[0]);
        assertTrue(token.approve(address(0), 1));
        vm.expectRevert(abi.encodeWithSignature("ERC20InvalidSpender(address)", address(0)));
        openZeppelin.approve(address(0), 1);

        vm.expectRevert(abi.encodeWithSelector(IBTRST.ERC20InvalidSender.selector, address(0)));
        token.transferFrom(address(0), holders[1], 1);
        vm.expectRevert(abi.encodeWithSelector(IBTRST.ERC20InsufficientAllowance.selector, holders[0], 0, 1));
        openZeppelin.transferFrom(address(0), holders[1], 1);
    }

    function test_deviation_domainHasNoVersion() public view {
        (bytes1 fields,, string memory version,,,,) = token.eip712Domain();
        (bytes1 otherFields,, string memory otherVersion,,,,) = openZeppelin.eip712Domain();
        assertEq(fields, bytes1(0x0d));
        assertEq(version, "");
        assertEq(otherFields, bytes1(0x0f));
        assertEq(otherVersion, "1");
    }

    /// @dev One random call to both tokens.
    function act(uint256 seed) private {
        uint256 by = seed >> 8 & 3;
        uint256 owner = seed >> 16 & 3;
        address to = seed >> 24 & 15 == 0 ? address(0) : holders[seed >> 32 & 3];
        // Up to a little more than the balance, so that some calls fail.
        uint256 amount = (seed >> 64) % (token.balanceOf(holders[owner]) * 9 / 8 + 2);
        if (seed >> 40 & 15 == 0) amount = 0;
        uint256 operation = seed % 8;
        if (operation < 2) {
            callBoth(holders[owner], abi.encodeCall(IBTRST.transfer, (to, amount)));
        } else if (operation < 4) {
            callBoth(holders[by], abi.encodeCall(IBTRST.delegate, (to)));
        } else if (operation == 4) {
            if (seed >> 44 & 3 == 0) amount = type(uint256).max;
            callBoth(holders[owner], abi.encodeCall(IBTRST.approve, (holders[by], amount)));
        } else if (operation == 5) {
            if (by != owner) {
                callBoth(holders[by], abi.encodeCall(IBTRST.transferFrom, (holders[owner], to, amount)));
            }
        } else {
            // One in eight is late by a second, one in eight carries another nonce.
            uint256 deadline = block.timestamp - (seed >> 48 & 7 == 0 ? 1 : 0);
            uint256 nonce = token.nonces(holders[owner]) + (seed >> 52 & 7 == 0 ? 1 : 0);
            if (operation == 6) permitBoth(owner, holders[by], amount, nonce, deadline);
            else delegateBothBySig(owner, to, nonce, deadline);
        }
    }

    function permitBoth(uint256 owner, address spender, uint256 amount, uint256 nonce, uint256 deadline)
        private
    {
        bytes32 message =
            keccak256(abi.encode(token.PERMIT_TYPEHASH(), holders[owner], spender, amount, nonce, deadline));
        bytes[2] memory data;
        for (uint256 i = 0; i < 2; ++i) {
            (uint8 v, bytes32 r, bytes32 s) = sign(owner, i == 0 ? token : openZeppelin, message);
            data[i] = abi.encodeCall(IBTRST.permit, (holders[owner], spender, amount, deadline, v, r, s));
        }
        callEach(address(this), data[0], data[1]);
    }

    function delegateBothBySig(uint256 owner, address to, uint256 nonce, uint256 expiry) private {
        bytes32 message = keccak256(abi.encode(token.DELEGATION_TYPEHASH(), to, nonce, expiry));
        bytes[2] memory data;
        for (uint256 i = 0; i < 2; ++i) {
            (uint8 v, bytes32 r, bytes32 s) = sign(owner, i == 0 ? token : openZeppelin, message);
            data[i] = abi.encodeCall(IBTRST.delegateBySig, (to, nonce, expiry, v, r, s));
        }
        callEach(address(this), data[0], data[1]);
    }

    function callBoth(address caller, bytes memory data) private {
        callEach(caller, data, data);
    }

    function callEach(address caller, bytes memory data, bytes memory openZeppelinData) private {
        vm.recordLogs();
        vm.prank(caller);
        (bool success, bytes memory result) = address(token).call(data);
        Vm.Log[] memory logs = vm.getRecordedLogs();
        vm.prank(caller);
        (bool otherSuccess, bytes memory otherResult) = address(openZeppelin).call(openZeppelinData);
        Vm.Log[] memory otherLogs = vm.getRecordedLogs();

        assertEq(success, otherSuccess);
        if (bytes4(result) == IBTRST.ERC2612InvalidSigner.selector) {
            // The signer that a wrong message yields depends on the domain.
            assertEq(bytes4(otherResult), IBTRST.ERC2612InvalidSigner.selector);
        } else {
            assertEq(result, otherResult);
        }
        bool spends = bytes4(data) == IBTRST.transferFrom.selector;
        assertEqualLogs(logs, otherLogs, spends);
    }

    /// @dev Equal events in equal order, but for an unlimited allowance's number; `spends` leaves out the Approval
    /// that only BTRST emits in transferFrom.
    function assertEqualLogs(Vm.Log[] memory logs, Vm.Log[] memory otherLogs, bool spends) private pure {
        uint256 skipped = 0;
        for (uint256 i = 0; i < logs.length; ++i) {
            if (spends && logs[i].topics[0] == IBTRST.Approval.selector) {
                ++skipped;
                continue;
            }
            assertEq(abi.encode(logs[i].topics), abi.encode(otherLogs[i - skipped].topics));
            bytes memory otherData = otherLogs[i - skipped].data;
            if (keccak256(otherData) == keccak256(abi.encode(type(uint256).max))) {
                otherData = abi.encode(type(uint96).max);
            }
            assertEq(logs[i].data, otherData);
        }
        assertEq(logs.length, otherLogs.length + skipped);
    }

    function assertEqualState() private view {
        for (uint256 i = 0; i < HOLDERS; ++i) {
            address holder = holders[i];
            assertEq(token.balanceOf(holder), openZeppelin.balanceOf(holder));
            assertEq(token.delegates(holder), openZeppelin.delegates(holder));
            assertEq(token.getVotes(holder), openZeppelin.getVotes(holder));
            assertEq(token.nonces(holder), openZeppelin.nonces(holder));
            for (uint256 j = 0; j < HOLDERS; ++j) {
                uint256 allowance = openZeppelin.allowance(holder, holders[j]);
                if (allowance == type(uint256).max) allowance = type(uint96).max;
                assertEq(token.allowance(holder, holders[j]), allowance);
            }
        }
    }

    function assertEqualHistory(address holder) private view {
        uint32 count = token.numCheckpoints(holder);
        assertEq(count, openZeppelin.numCheckpoints(holder));
        for (uint32 index = 0; index < count; ++index) {
            assertEq(
                token.checkpoints(holder, index).fromBlock, openZeppelin.checkpoints(holder, index).fromBlock
            );
            assertEq(token.checkpoints(holder, index).votes, openZeppelin.checkpoints(holder, index).votes);
        }
        for (uint256 number = FIRST_BLOCK - 1; number < FIRST_BLOCK + BLOCKS; ++number) {
            assertEq(token.getPastVotes(holder, number), openZeppelin.getPastVotes(holder, number));
            assertEq(token.getPriorVotes(holder, number), openZeppelin.getPastVotes(holder, number));
        }
        assertEq(
            token.getPastTotalSupply(FIRST_BLOCK + BLOCKS - 1),
            openZeppelin.getPastTotalSupply(FIRST_BLOCK + BLOCKS - 1)
        );
    }

    function sign(uint256 holder, IBTRST verifier, bytes32 message)
        private
        view
        returns (uint8, bytes32, bytes32)
    {
        return vm.sign(
            FIRST_KEY + holder, keccak256(abi.encodePacked(hex"1901", verifier.DOMAIN_SEPARATOR(), message))
        );
    }
}
