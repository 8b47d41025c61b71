//! Small hostile contracts, written by hand.

use alloy::primitives::{Address, B256, Bytes, U256, hex, keccak256};

/// Bytecode that is put together opcode by opcode.
#[derive(Clone, Debug, Default)]
struct Assembly(Vec<u8>);

impl Assembly {
    fn op(mut self, opcodes: &[u8]) -> Self {
        self.0.extend_from_slice(opcodes);
        self
    }

    /// `PUSH20`
    fn address(self, address: Address) -> Self {
        self.op(&[0x73]).op(address.as_slice())
    }

    /// `PUSH32`
    fn word(self, word: B256) -> Self {
        self.op(&[0x7f]).op(word.as_slice())
    }

    fn done(self) -> Bytes {
        self.0.into()
    }
}

/// Stops at once. Not empty, so that it counts as a contract.
pub(super) fn idle() -> Bytes {
    hex!("00").into()
}

/// Counts calls in slot 0: `SSTORE(0, SLOAD(0) + 1)`.
pub(super) fn counter() -> Bytes {
    hex!("5f546001015f5500").into()
}

/// Counts, and answers `true`.
pub(super) fn counter_true() -> Bytes {
    hex!("5f546001015f5560015f5260205ff3").into()
}

/// Counts, and answers `false`: `MSTORE(0, 0)`, `RETURN(0, 32)`.
pub(super) fn counter_false() -> Bytes {
    hex!("5f546001015f555f5f5260205ff3").into()
}

/// Takes `count` different hashes, and counts.
pub(super) fn hashes(count: u16) -> Bytes {
    let [high, low] = count.to_be_bytes();
    Assembly::default()
        .op(&hex!("5f546001015f55"))
        .op(&[0x61, high, low]) // PUSH2 count
        .op(&hex!("5b805f5260205f2050")) // JUMPDEST (10), DUP1, MSTORE at 0, KECCAK256(0, 32), POP
        .op(&hex!("600190038060")) // less one, DUP1
        .op(&hex!("0a5700")) // JUMPI(10), STOP
        .done()
}

/// Reverts.
pub(super) fn reverts() -> Bytes {
    hex!("5f5ffd").into()
}

/// Burns all gas: `JUMPDEST`, `JUMP(0)`.
pub(super) fn endless() -> Bytes {
    hex!("5b5f56").into()
}

/// Counts, or destroys itself when it gets more than 4,096 bytes, which no play shows.
pub(super) fn mortal() -> Bytes {
    // CALLDATASIZE, PUSH2 0x1000, LT, PUSH1, JUMPI, the counter; JUMPDEST, CALLER, SELFDESTRUCT.
    hex!("36611000106010575f546001015f55005b33ff").into()
}

/// Counts by `ORIGIN`, so that who executes decides about the effect: `SSTORE(ORIGIN, 1)`.
pub(super) fn asks_origin() -> Bytes {
    hex!("6001325500").into()
}

/// Reports a transfer of as much as the time of the block, and counts: the effect depends on the moment.
pub(super) fn pays_by_time(to: Address) -> Bytes {
    Assembly::default()
        .op(&hex!("5f546001015f55")) // count
        .op(&hex!("425f52")) // MSTORE(0, TIMESTAMP)
        .address(to)
        .op(&[0x33]) // CALLER
        .word(keccak256("Transfer(address,address,uint256)"))
        .op(&hex!("60205fa300")) // LOG3(0, 32, Transfer, caller, to)
        .done()
}

/// Reports a transfer that it does not make.
pub(super) fn false_event(to: Address) -> Bytes {
    Assembly::default()
        .op(&hex!("60645f52")) // MSTORE(0, 100)
        .address(to)
        .op(&[0x33])
        .word(keccak256("Transfer(address,address,uint256)"))
        .op(&hex!("60205fa300"))
        .done()
}

/// Whatever is called, allows `spender` to spend all of the caller's tokens, in a mapping at slot 1, and reports it.
pub(super) fn allows(spender: Address) -> Bytes {
    Assembly::default()
        .op(&hex!("335f52600160205260405f20")) // KECCAK256(caller . 1)
        .op(&hex!("602052")) // to memory at 32
        .address(spender)
        .op(&hex!("5f5260405f20")) // KECCAK256(spender . that)
        .op(&hex!("5f199055")) // SSTORE(slot, 2^256 - 1)
        .op(&hex!("5f195f52")) // MSTORE(0, 2^256 - 1)
        .address(spender)
        .op(&[0x33])
        .word(keccak256("Approval(address,address,uint256)"))
        .op(&hex!("60205fa300"))
        .done()
}

/// Gives `account` the admin role (zero) in a mapping of mappings at slot 0, and reports nothing.
pub(super) fn gives_role(account: Address) -> Bytes {
    Assembly::default()
        .op(&hex!("5f5f525f60205260405f20")) // KECCAK256(role 0 . 0)
        .op(&hex!("602052"))
        .address(account)
        .op(&hex!("5f5260405f20"))
        .op(&hex!("6001905500")) // SSTORE(slot, 1)
        .done()
}

/// Calls `inner` with nothing, counts, and ignores the answer.
pub(super) fn calls(inner: Address) -> Bytes {
    Assembly::default()
        .op(&hex!("5f546001015f55"))
        .op(&hex!("5f5f5f5f5f")) // no answer, no input, no value
        .address(inner)
        .op(&hex!("5af15000")) // GAS, CALL, POP, STOP
        .done()
}

/// Calls `inner` with four bytes of call data, and counts.
pub(super) fn calls_back(inner: Address) -> Bytes {
    Assembly::default()
        .op(&hex!("5f546001015f55"))
        .op(&hex!("5f5f60045f5f"))
        .address(inner)
        .op(&hex!("5af15000"))
        .done()
}

/// Puts the first argument into the slot `slot`: `SSTORE(slot, CALLDATALOAD(4))`.
pub(super) fn stores(slot: U256) -> Bytes {
    Assembly::default().op(&hex!("600435")).word(slot.into()).op(&hex!("5500")).done()
}

/// Code that runs the body of the function that is called, and reverts where there is none.
pub(super) fn dispatch(functions: &[(&str, Bytes)]) -> Bytes {
    // PUSH0 CALLDATALOAD PUSH1 0xe0 SHR, 11 bytes for each function, and a revert.
    let mut at = 5 + 11 * functions.len() + 3;
    let mut code = Assembly::default().op(&hex!("5f3560e01c"));
    for (signature, body) in functions {
        let [high, low] = u16::try_from(at).unwrap_or_default().to_be_bytes();
        let selector = crate::checks::selector(signature);
        code = code.op(&hex!("8063")).op(selector.as_slice()).op(&[0x14, 0x61, high, low, 0x57]);
        at += 1 + body.len();
    }
    code = code.op(&hex!("5f5ffd"));
    for (_, body) in functions {
        code = code.op(&[0x5b]).op(body);
    }
    code.done()
}

/// A pool whose price is the word in slot 0, and which pays as many units of `token` for anything; the first word of
/// the data that a trade brings is the least that it must pay.
pub(super) fn pool(token: Address) -> Bytes {
    let answer = Assembly::default().address(token).op(&hex!("5f5260205ff3")).done();
    let swap = Assembly::default()
        .op(&hex!("60c4355f54105f57")) // PUSH0 is no place to jump to: stops where the price is below the least
        .op(&hex!("63a9059cbb60e01b5f52600435600452")) // transfer(recipient,
        .op(&hex!("5f54602452")) // price)
        .op(&hex!("5f5f60445f5f"))
        .address(token)
        .op(&hex!("5af150"))
        .op(&hex!("60643580155f5402015f5500")) // the limit is the new price, where there is one
        .done();
    dispatch(&[
        ("slot0()", hex!("5f545f5260205ff3").into()),
        ("token0()", answer.clone()),
        ("token1()", answer),
        ("swap(address,bool,int256,uint160,bytes)", swap),
    ])
}

/// Pays `amount` units of the caller's `token` to `to`, by an allowance of the caller.
pub(super) fn pulls(token: Address, to: Address, amount: U256) -> Bytes {
    Assembly::default()
        .op(&hex!("6323b872dd60e01b5f52336004")) // transferFrom(caller,
        .op(&hex!("52"))
        .address(to)
        .op(&hex!("602452"))
        .word(amount.into())
        .op(&hex!("604452"))
        .op(&hex!("5f5f60645f5f"))
        .address(token)
        .op(&hex!("5af15000"))
        .done()
}

/// Lets `spender` spend the caller's `token` through it, in a mapping by owner, token and spender, and reports nothing
/// that anyone knows.
pub(super) fn permits(token: Address, spender: Address) -> Bytes {
    Assembly::default()
        .op(&hex!("335f52600160205260405f20")) // KECCAK256(caller . 1)
        .op(&hex!("602052"))
        .address(token)
        .op(&hex!("5f5260405f20")) // KECCAK256(token . that)
        .op(&hex!("602052"))
        .address(spender)
        .op(&hex!("5f5260405f20")) // KECCAK256(spender . that)
        .op(&hex!("5f199055")) // SSTORE(slot, 2^256 - 1)
        .op(&[0x00])
        .done()
}

/// Counts, after it asked for the hash of the block before.
pub(super) fn asks_hash() -> Bytes {
    hex!("5f546001015f556001430340505b00").into()
}

/// Counts, after it asked whether `account` has code.
pub(super) fn asks_code(account: Address) -> Bytes {
    Assembly::default().op(&hex!("5f546001015f55")).address(account).op(&hex!("3b5000")).done()
}

/// Takes one call only: stops when slot 0 is set, and sets it.
pub(super) fn once() -> Bytes {
    hex!("5f545f5760015f5500").into()
}

/// Has an owner in slot 0, and a function that sets another one.
pub(super) fn owned() -> Bytes {
    dispatch(&[
        ("owner()", hex!("5f545f5260205ff3").into()),
        ("transferOwnership(address)", hex!("6004355f5500").into()),
    ])
}

/// Puts the constant `word` into slot 5.
pub(super) fn keeps(word: B256) -> Bytes {
    Assembly::default().word(word).op(&hex!("60055500")).done()
}

/// A token of this symbol that takes every transfer, and counts.
pub(super) fn token(symbol: &str) -> Bytes {
    let mut text = [0; 32];
    for (place, byte) in text.iter_mut().zip(symbol.bytes()) {
        *place = byte;
    }
    let answer = Assembly::default().word(text.into()).op(&hex!("5f5260205ff3")).done();
    dispatch(&[("symbol()", answer), ("transfer(address,uint256)", counter_true())])
}

/// An account with an EIP-7702 delegation to `delegate`.
pub(super) fn delegated(delegate: Address) -> Bytes {
    Assembly::default().op(&hex!("ef0100")).op(delegate.as_slice()).done()
}

/// Answers with the word in the mapping at slot 0 for its argument, as balances are.
fn kept() -> Bytes {
    hex!("6004355f525f60205260405f20545f5260205ff3").into()
}

/// `KECCAK256(caller . 0)`
const OWN: [u8; 11] = hex!("335f525f60205260405f20");

/// Reports `Transfer(caller, to, amount)` of the second argument less `less`.
fn reports(to: &[u8], less: u8) -> Bytes {
    Assembly::default()
        .op(&[0x60, less])
        .op(&hex!("602435035f52"))
        .op(to)
        .op(&[0x33])
        .word(keccak256("Transfer(address,address,uint256)"))
        .op(&hex!("60205fa3"))
        .done()
}

/// A token that keeps balances in a mapping at slot 0, where the receiver gets `fee` less than is paid, and which reports
/// `reported` of that; the rest goes to `collector` by its events, where there is one.
pub(super) fn fee_token(fee: u8, reported: u8, collector: Option<Address>) -> Bytes {
    let transfer = Assembly::default()
        .op(&OWN)
        .op(&hex!("8054602435900390" "55")) // the caller has the amount less
        .op(&hex!("6004355f525f60205260405f20" "8054"))
        .op(&[0x60, fee])
        .op(&hex!("60243503019055")) // the receiver the amount more, but for the fee
        .op(&reports(&hex!("600435"), reported));
    let transfer = match collector {
        Some(collector) => transfer
            .op(&[0x60, fee])
            .op(&hex!("5f52"))
            .address(collector)
            .op(&[0x33])
            .word(keccak256("Transfer(address,address,uint256)"))
            .op(&hex!("60205fa3")),
        None => transfer,
    };
    let transfer = transfer.op(&hex!("60015f5260205ff3")).done();
    dispatch(&[("balanceOf(address)", kept()), ("transfer(address,uint256)", transfer)])
}

/// A token that answers a thousand for every balance, and reports what it is asked for.
pub(super) fn liar() -> Bytes {
    let transfer = Assembly::default()
        .op(&hex!("5f546001015f55"))
        .op(&reports(&hex!("600435"), 0))
        .op(&hex!("60015f5260205ff3"))
        .done();
    let balance = hex!("6103e85f5260205ff3").into();
    dispatch(&[("balanceOf(address)", balance), ("transfer(address,uint256)", transfer)])
}

/// Keeps the ether of its callers as balances (`deposit`), or gives them five units for nothing (`gift`), and reports
/// neither.
pub(super) fn wrapper() -> Bytes {
    let deposit = Assembly::default().op(&OWN).op(&hex!("8054340190" "5500")).done();
    let gift = Assembly::default().op(&OWN).op(&hex!("805460050190" "5500")).done();
    dispatch(&[("balanceOf(address)", kept()), ("deposit()", deposit), ("gift()", gift)])
}

/// A collection (ERC-721) whose items its holders may move and let others move; it reports transfers if `honest`.
pub(super) fn collection(honest: bool) -> Bytes {
    let transfer = Assembly::default()
        .op(&OWN)
        .op(&hex!("8054600190" "039055")) // the caller has one less
        .op(&hex!("6024355f525f60205260405f20" "8054600101" "9055")); // the receiver one more
    let transfer = match honest {
        true => transfer
            .op(&hex!("60443560243533")) // the item, the receiver, the caller
            .word(keccak256("Transfer(address,address,uint256)"))
            .op(&hex!("5f5fa4")),
        false => transfer,
    };
    let approve = Assembly::default()
        .op(&hex!("6024355f52600160205260405f20" "6004359055")) // by the item, at slot 1
        .op(&hex!("60243560043533"))
        .word(keccak256("Approval(address,address,uint256)"))
        .op(&hex!("5f5fa400"))
        .done();
    let operate = Assembly::default()
        .op(&hex!("335f52600260205260405f20602052")) // by the caller, at slot 2
        .op(&hex!("6004355f5260405f20" "6024359055"))
        .op(&hex!("6024355f5260043533"))
        .word(keccak256("ApprovalForAll(address,address,bool)"))
        .op(&hex!("60205fa300"))
        .done();
    let operates = hex!("6004355f52600260205260405f206020526024355f5260405f20545f5260205ff3").into();
    dispatch(&[
        ("balanceOf(address)", kept()),
        ("transferFrom(address,address,uint256)", transfer.op(&[0x00]).done()),
        ("approve(address,uint256)", approve),
        ("setApprovalForAll(address,bool)", operate),
        ("isApprovedForAll(address,address)", operates),
    ])
}

/// Calls itself as often as its argument says, and then pays `amount` units of `token` of `from` to `to`, by an
/// allowance.
pub(super) fn deep(token: Address, from: Address, to: Address, amount: U256) -> Bytes {
    Assembly::default()
        .op(&hex!("6004358015601a57")) // at zero, to the payment
        .op(&hex!("60019003600452" "5f5f60245f5f305af1" "5000")) // itself, with one less
        .op(&[0x5b]) // JUMPDEST (26)
        .op(&hex!("6323b872dd60e01b5f52"))
        .address(from)
        .op(&hex!("600452"))
        .address(to)
        .op(&hex!("602452"))
        .word(amount.into())
        .op(&hex!("604452" "5f5f60645f5f"))
        .address(token)
        .op(&hex!("5af15000"))
        .done()
}

/// Pays `amount` of its own units of `token` to `to`.
pub(super) fn passes_on(token: Address, to: Address, amount: U256) -> Bytes {
    Assembly::default()
        .op(&hex!("63a9059cbb60e01b5f52"))
        .address(to)
        .op(&hex!("600452"))
        .word(amount.into())
        .op(&hex!("602452" "5f5f60445f5f"))
        .address(token)
        .op(&hex!("5af15000"))
        .done()
}

/// Sets a flag for its argument, in a mapping at slot 1, as wallets do for their modules.
pub(super) fn enables() -> Bytes {
    hex!("6004355f52600160205260405f206001905500").into()
}

/// Keeps its second argument for its first and the caller, as registries of hooks do.
pub(super) fn registers() -> Bytes {
    hex!("335f52600160205260405f206020526004355f5260405f206024359055" "00").into()
}

/// Reports that its argument gets the admin role, and then loses it, while it answers `has` to whoever asks.
pub(super) fn changes_role(granted: bool, revoked: bool, has: bool) -> Bytes {
    let event = |name: &str| {
        let signature = keccak256(format!("{name}(bytes32,address,address)"));
        Assembly::default().op(&hex!("336004355f")).word(signature).op(&hex!("5f5fa4")).done()
    };
    let go = Assembly::default()
        .op(&hex!("5f546001015f55"))
        .op(&if granted { event("RoleGranted") } else { Bytes::new() })
        .op(&if revoked { event("RoleRevoked") } else { Bytes::new() })
        .op(&[0x00])
        .done();
    let answer = Assembly::default().op(&[0x60, u8::from(has)]).op(&hex!("5f5260205ff3")).done();
    dispatch(&[("go(address)", go), ("hasRole(bytes32,address)", answer)])
}

/// Has an owner who must accept before he is one: `pendingOwner` is what changes.
pub(super) fn two_steps() -> Bytes {
    dispatch(&[
        ("owner()", hex!("5f545f5260205ff3").into()),
        ("pendingOwner()", hex!("6001545f5260205ff3").into()),
        ("transferOwnership(address)", hex!("6004356001" "5500").into()),
    ])
}

/// Puts its argument into slot 0, and runs code from elsewhere if `delegates`.
pub(super) fn wallet(delegates: bool) -> Bytes {
    let code = Assembly::default().op(&hex!("6004355f5500"));
    if delegates { code.op(&hex!("5b5f5f5f5f5f545af400")).done() } else { code.done() }
}

/// Destroys itself, with all its ether for `to`.
pub(super) fn ends(to: Address) -> Bytes {
    Assembly::default().address(to).op(&[0xff]).done()
}
