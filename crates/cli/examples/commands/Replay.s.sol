// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

interface Vm {
    function envUint(string calldata name) external view returns (uint256);
    function readFile(string calldata path) external view returns (string memory);
    function keyExistsJson(string calldata json, string calldata key) external view returns (bool);
    function parseJsonAddress(string calldata json, string calldata key) external pure returns (address);
    function parseJsonBytes(string calldata json, string calldata key) external pure returns (bytes memory);
    function toString(uint256 value) external pure returns (string memory);
    function startBroadcast(uint256 key) external;
}

/// @notice Sends the transactions of `steps.json`, as `btrst deploy --safe-json` wrote them.
contract Replay {
    Vm internal constant vm = Vm(address(uint160(uint256(keccak256("hevm cheat code")))));

    function run() external {
        string memory json = vm.readFile("steps.json");
        vm.startBroadcast(vm.envUint("DEPLOYER_KEY"));
        for (uint256 i; vm.keyExistsJson(json, at(i, "")); ++i) {
            (bool success,) =
                vm.parseJsonAddress(json, at(i, ".to")).call(vm.parseJsonBytes(json, at(i, ".data")));
            require(success, "a step failed");
        }
    }

    function at(uint256 i, string memory key) internal pure returns (string memory) {
        return string.concat(".transactions[", vm.toString(i), "]", key);
    }
}
