// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Actions, ProposalRecord, Terms} from "../../contracts/governance/ProposalRecord.sol";
import {IGovernorEvents} from "../../contracts/interfaces/IBraintrustGovernor.sol";
import {randomBytes} from "./RandomBytes.sol";
import {Test} from "forge-std/Test.sol";

/// @title A contract that creates records and nothing else, as the library wants it
contract Archive {
    function write(Terms memory terms, Actions memory actions) external {
        bytes memory record =
            ProposalRecord.create(terms.proposer, terms.quorumVotes, terms.proposalThreshold);
        for (uint256 i = 0; i < actions.targets.length; i++) {
            record = ProposalRecord.append(
                record, actions.targets[i], actions.values[i], actions.signatures[i], actions.calldatas[i]
            );
        }
        ProposalRecord.write(record);
    }

    function readTerms(uint256 ordinal) external view returns (Terms memory) {
        return ProposalRecord.readTerms(ordinal);
    }

    function readActions(uint256 ordinal) external view returns (Actions memory) {
        return ProposalRecord.readActions(ordinal);
    }

    function append(address target, uint256 value, string memory signature, bytes memory data)
        external
        pure
        returns (bytes memory)
    {
        return ProposalRecord.append("", target, value, signature, data);
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
        Actions memory actions = allocate(2);
        (actions.targets[0], actions.targets[1]) = (address(0xA), address(0xB));
        actions.values[1] = 0xC0FFEE;
        (actions.signatures[0], actions.calldatas[0]) = ("f()", hex"");
        (actions.signatures[1], actions.calldatas[1]) = ("", hex"11223344");
        archive.write(terms, actions);

        bytes memory expected = bytes.concat(
            hex"00",
            abi.encodePacked(address(0xBEEF), uint88(100_000e18), uint88(500e18)),
            abi.encodePacked(address(0xA), hex"00", hex"0003", "f()", hex"0000"),
            abi.encodePacked(address(0xB), hex"01", uint256(0xC0FFEE), hex"0000", hex"0004", hex"11223344")
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
        actions.calldatas[0] = randomBytes(2, MAX_SIZE - TERMS_SIZE - 20 - 33 - 2 - 12_000 - 2);
        archive.write(terms, actions);

        assertEq(vm.computeCreateAddress(address(archive), 1).code.length, MAX_SIZE + 1);
        assertActions(1, actions);
    }

    function test_RevertWhen_recordIsTooLarge() public {
        Actions memory actions = allocate(1);
        actions.calldatas[0] = new bytes(MAX_SIZE - TERMS_SIZE - 20 - 1 - 2 - 2 + 1);

        vm.expectRevert(
            abi.encodeWithSelector(IGovernorEvents.ActionsTooLarge.selector, MAX_SIZE + 1, MAX_SIZE)
        );
        archive.write(terms, actions);
    }

    function test_RevertWhen_oneActionIsTooLarge() public {
        // At the limit it is encoded, though no record could hold it.
        assertEq(archive.append(address(0xA), 0, "f()", new bytes(MAX_SIZE - 3)).length, MAX_SIZE + 25);

        vm.expectRevert(
            abi.encodeWithSelector(IGovernorEvents.ActionsTooLarge.selector, MAX_SIZE + 1, MAX_SIZE)
        );
        archive.append(address(0xA), 0, "f()", new bytes(MAX_SIZE - 2));
    }

    /// Two actions are the same exactly if their encodings are.
    function testFuzz_append_isInjective(
        uint256[2] memory values,
        string[2] memory signatures,
        bytes[2] memory datas
    ) public view {
        bytes memory first = archive.append(address(0xA), values[0], signatures[0], datas[0]);
        bytes memory second = archive.append(address(0xA), values[1], signatures[1], datas[1]);
        bool same = values[0] == values[1]
            && keccak256(bytes(signatures[0])) == keccak256(bytes(signatures[1]))
            && keccak256(datas[0]) == keccak256(datas[1]);

        assertEq(keccak256(first) == keccak256(second), same);
    }

    function allocate(uint256 count) private pure returns (Actions memory) {
        return Actions(new address[](count), new uint256[](count), new string[](count), new bytes[](count));
    }

    /// `count` actions that follow from `seed`.
    function random(uint256 seed, uint256 count) private pure returns (Actions memory actions) {
        actions = allocate(count);
        for (uint256 i = 0; i < count; i++) {
            uint256 word = uint256(keccak256(abi.encode(seed, i)));
            actions.targets[i] = address(uint160(word));
            actions.values[i] = word % 4 == 0 ? 0 : word >> word % 256;
            actions.signatures[i] = string(randomBytes(word, (word >> 8) % 400));
            actions.calldatas[i] = randomBytes(~word, (word >> 24) % 1000);
        }
    }

    function assertTerms(uint256 ordinal, Terms memory expected) private view {
        Terms memory actual = archive.readTerms(ordinal);
        assertEq(actual.proposer, expected.proposer, "proposer");
        assertEq(actual.quorumVotes, expected.quorumVotes, "quorumVotes");
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
