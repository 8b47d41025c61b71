// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {TimelockFixture} from "./TimelockFixture.sol";
import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";

/// @title The token that the measured batches transfer
contract TreasuryToken is ERC20 {
    constructor(address treasury) ERC20("Treasury token", "TT") {
        _mint(treasury, 1_000_000 ether);
    }
}

/// @title Gas of whole transactions that queue and execute ERC-20 transfers to accounts that hold some already
/// @dev Each call is a transaction of its own, so that slots are cold and the intrinsic gas counts.
/// forge-config: default.isolate = true
contract TimelockGasTest is TimelockFixture {
    TreasuryToken private token;

    function setUp() public override {
        super.setUp();
        token = new TreasuryToken(address(timelock));
        for (uint256 i = 0; i < 10; ++i) {
            vm.prank(address(timelock));
            token.transfer(recipient(i), 1 ether);
        }
    }

    function test_gas_batches() public {
        measure(1, "1 transfer");
        measure(3, "3 transfers");
        measure(10, "10 transfers");
    }

    function measure(uint256 size, string memory name) private {
        Batch memory b = markings(size);
        for (uint256 i = 0; i < size; ++i) {
            b.targets[i] = address(token);
            b.signatures[i] = "";
            b.calldatas[i] = abi.encodeCall(token.transfer, (recipient(i), 2 ether));
        }
        uint256 before = token.balanceOf(address(timelock));
        queue(b);
        vm.snapshotGasLastCall("Timelock", string.concat("queueBatch, ", name));
        vm.warp(b.eta);
        execute(b);
        vm.snapshotGasLastCall("Timelock", string.concat("executeBatch, ", name));
        assertEq(token.balanceOf(address(timelock)), before - size * 2 ether);
    }

    function recipient(uint256 i) private pure returns (address) {
        return address(uint160(uint256(keccak256(abi.encode("recipient", i)))));
    }
}
