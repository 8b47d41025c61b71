// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Actions, ProposalRecord, Terms} from "../../contracts/governance/ProposalRecord.sol";
import {IGovernorEvents} from "../../contracts/interfaces/IBraintrustGovernor.sol";
import {randomBytes} from "./RandomBytes.sol";
import {Test} from "forge-std/Test.sol";

/// @title A contract that creates records and nothing else, as the library wants it
contract Archive {
    function write(Terms memory terms, Actions memory actions) external {
        ProposalRecord.write(ProposalRecord.encode(terms, actions));
    }

    function readTerms(uint256 ordinal) external view returns (Terms memory) {
        return ProposalRecord.readTerms(ordinal);
    }

    function readQuorum(uint256 ordinal) external view returns (uint256) {
        return ProposalRecord.readQuorum(ordinal);
    }

    function readActions(uint256 ordinal) external view returns (Actions memory) {
        return ProposalRecord.readActions(ordinal);
    }

    function readCall(uint256 ordinal, bytes4 selector, bytes32 salt, uint256 eta)
        external
        view
        returns (bytes memory)
    {
        return ProposalRecord.readCall(ordinal, selector, salt, eta);
    }
}

/// @title Records: what is written is what is read, at every size
contract ProposalRecordTest is Test {
    uint256 private constant MAX_SIZE = 24_575;
    uint256 private constant TERMS_SIZE = 42;

    Archive private archive;
    Terms private terms = Terms(address(0xBEEF), 100_000e18, 500e18);

    function setUp() public {
        archive = new Archive();
    }

    function test_write_isTheDocumentedLayout() public {
        Actions memory actions = allocate(4);
        (actions.targets[0], actions.targets[1], actions.targets[2]) =
        (address(0xA), address(0xB), address(0xB));
        actions.values[1] = 0xC0FFEE;
        (actions.signatures[0], actions.calldatas[0]) = ("f()", hex"");
        (actions.signatures[1], actions.calldatas[1]) = ("f()", hex"11223344");
        (actions.signatures[2], actions.calldatas[2]) = ("", hex"55");
        archive.write(terms, actions);

        bytes memory expected = bytes.concat(
            hex"00",
            abi.encodePacked(address(0xBEEF), uint88(100_000e18), uint88(500e18), hex"04"),
            abi.encodePacked(hex"05", address(0xA), hex"0003", "f()"),
            abi.encodePacked(hex"03", address(0xB), uint256(0xC0FFEE)),
            abi.encodePacked(hex"04", hex"0000"),
            abi.encodePacked(hex"01", address(0)),
            hex"0000",
            hex"000411223344",
            hex"000155",
            hex"0000"
        );
        assertEq(vm.computeCreateAddress(address(archive), 1).code, expected);
    }

    function testFuzz_readTerms(address proposer, uint88 quorum, uint88 threshold) public {
        archive.write(Terms(proposer, quorum, threshold), random(1, 1));

        assertTerms(1, Terms(proposer, quorum, threshold));
    }

    function testFuzz_readActions(uint256 seed, uint256 count) public {
        Actions memory actions = random(seed, bound(count, 1, 10));
        archive.write(terms, actions);

        assertActions(1, actions);
        assertTerms(1, terms);
    }

    function testFuzz_readCall_isTheAbiEncoding(
        uint256 seed,
        uint256 count,
        bytes4 selector,
        bytes32 salt,
        uint256 eta
    ) public {
        Actions memory actions = random(seed, bound(count, 1, 10));
        archive.write(terms, actions);

        assertEq(
            archive.readCall(1, selector, salt, eta),
            abi.encodeWithSelector(
                selector, actions.targets, actions.values, actions.signatures, actions.calldatas, salt, eta
            )
        );
    }

    /// Lengths on both sides of what one byte counts.
    function test_readActions_lengthsAroundAByte() public {
        uint256[6] memory lengths = [uint256(0), 1, 255, 256, 257, 300];
        for (uint256 i = 0; i < 6; i++) {
            Actions memory actions = allocate(2);
            for (uint256 j = 0; j < 2; j++) {
                (actions.targets[j], actions.values[j]) = (address(uint160(j + 1)), j * type(uint256).max);
                actions.signatures[j] = string(randomBytes(i, lengths[i]));
                actions.calldatas[j] = randomBytes(j, lengths[5 - i]);
            }
            archive.write(terms, actions);
            assertActions(i + 1, actions);
        }
    }

    function testFuzz_read_findsEachRecord(uint256 seed) public {
        for (uint256 ordinal = 1; ordinal <= 4; ordinal++) {
            archive.write(Terms(address(uint160(ordinal)), ordinal, ordinal), random(seed / ordinal, ordinal));
        }
        for (uint256 ordinal = 1; ordinal <= 4; ordinal++) {
            assertTerms(ordinal, Terms(address(uint160(ordinal)), ordinal, ordinal));
            assertActions(ordinal, random(seed / ordinal, ordinal));
        }
    }

    /// From the ordinal 128 on, an account's address follows from a longer encoding of the nonce; likewise 256.
    function test_read_findsRecordsWithLongerOrdinals() public {
        uint64[6] memory ordinals = [uint64(127), 128, 255, 256, 65_535, 65_536];
        for (uint256 i = 0; i < 6; i++) {
            vm.setNonce(address(archive), ordinals[i]);
            archive.write(terms, random(i, 2));
            assertActions(ordinals[i], random(i, 2));
        }
    }

    function test_write_greatestSize() public {
        Actions memory actions = allocate(1);
        actions.targets[0] = address(0xA);
        actions.values[0] = 1;
        actions.signatures[0] = string(randomBytes(1, 12_000));
        actions.calldatas[0] = randomBytes(2, MAX_SIZE - TERMS_SIZE - 1 - 53 - 2 - 12_000 - 2);
        archive.write(terms, actions);

        assertEq(vm.computeCreateAddress(address(archive), 1).code.length, MAX_SIZE + 1);
        assertActions(1, actions);
    }

    function test_RevertWhen_recordIsTooLarge() public {
        Actions memory actions = allocate(1);
        actions.calldatas[0] = new bytes(MAX_SIZE - TERMS_SIZE - 1 - 1 - 2 + 1);

        vm.expectRevert(
            abi.encodeWithSelector(IGovernorEvents.ActionsTooLarge.selector, MAX_SIZE + 1, MAX_SIZE)
        );
        archive.write(terms, actions);
    }

    /// Their lengths do not fit in the two bytes that a record has for them.
    function test_RevertWhen_oneTextIsTooLarge() public {
        for (uint256 i = 0; i < 2; i++) {
            Actions memory actions = allocate(1);
            if (i == 0) actions.calldatas[0] = new bytes(65_536);
            else actions.signatures[0] = string(new bytes(65_536));
            uint256 size = TERMS_SIZE + 1 + 1 + 2 + 65_536 + (i == 0 ? 0 : 2);
            vm.expectRevert(abi.encodeWithSelector(IGovernorEvents.ActionsTooLarge.selector, size, MAX_SIZE));
            archive.write(terms, actions);
        }
    }

    function allocate(uint256 count) private pure returns (Actions memory) {
        return Actions(new address[](count), new uint256[](count), new string[](count), new bytes[](count));
    }

    /// `count` actions that follow from `seed`; some have the target or the signature of the one before.
    function random(uint256 seed, uint256 count) private pure returns (Actions memory actions) {
        actions = allocate(count);
        for (uint256 i = 0; i < count; i++) {
            uint256 word = uint256(keccak256(abi.encode(seed, i)));
            actions.targets[i] = address(uint160(word));
            if (i > 0 && word % 3 == 0) actions.targets[i] = actions.targets[i - 1];
            actions.values[i] = word % 4 == 0 ? 0 : word >> word % 256;
            actions.signatures[i] = string(randomBytes(word, (word >> 8) % 400));
            if (i > 0 && word % 5 < 2) actions.signatures[i] = actions.signatures[i - 1];
            actions.calldatas[i] = randomBytes(~word, (word >> 24) % 1000);
        }
    }

    function assertTerms(uint256 ordinal, Terms memory expected) private view {
        Terms memory actual = archive.readTerms(ordinal);
        assertEq(actual.proposer, expected.proposer, "proposer");
        assertEq(actual.quorumVotes, expected.quorumVotes, "quorumVotes");
        assertEq(archive.readQuorum(ordinal), expected.quorumVotes, "readQuorum");
        assertEq(actual.proposalThreshold, expected.proposalThreshold, "proposalThreshold");
    }

    function assertActions(uint256 ordinal, Actions memory expected) private view {
        Actions memory actual = archive.readActions(ordinal);
        assertEq(actual.targets, expected.targets, "targets");
        assertEq(actual.values, expected.values, "values");
        assertEq(actual.signatures, expected.signatures, "signatures");
        assertEq(actual.calldatas, expected.calldatas, "calldatas");
    }
}
