//! Runs the actions again with the pools in which they trade moved before them, as anyone can who sees them coming.
//!
//! This is the one place where somebody gets money out of nothing: the account that moves the pool, because whoever does
//! that in earnest has it or borrows it. The treasury, the pool and everybody else have what they have.

use std::collections::{BTreeMap, BTreeSet};

use alloy::{
    primitives::{Address, B256, Bytes, I256, U160, U256, address, hex},
    sol_types::{SolCall, SolEvent},
};
use btrst_bindings::BTRST;
use btrst_gov::governor::Flavour;

use super::{
    super::facts::{Exposure, Facts, Moved},
    ask,
};
use crate::{
    Error, Machine, Message, Result,
    machine::GAS_LIMIT,
    trace::{CallKind, Outcome, Trace},
};

alloy::sol! {
    interface IPool {
        function token0() external view returns (address);
        function token1() external view returns (address);
        function slot0() external view returns (uint160 sqrtPriceX96);
        function getReserves() external view returns (uint112 reserve0, uint112 reserve1);
        function swap(address recipient, bool zeroForOne, int256 amountSpecified, uint160 sqrtPriceLimitX96, bytes data) external;
    }
    interface IPair {
        function swap(uint256 amount0Out, uint256 amount1Out, address to, bytes data) external;
    }
}

/// Percent by which pools are moved, up and down.
const MOVES: [u64; 6] = [1, 2, 5, 10, 25, 50];

/// Most pools that are moved.
const MAX_POOLS: usize = 4;

/// Who moves them: nobody has the key of this account.
const MOVER: Address = address!("00000000000000000000000000000000B7257B02");

/// What it has of each token, in base units: more than any pool, and less than tokens pack balances into.
const MONEY: U256 = U256::from_limbs([0, 1 << 31, 0, 0]);

/// Bits that tokens keep below a balance in its word: none, an address, or something shorter.
const PACKED: [usize; 4] = [0, 160, 128, 96];

/// A pool and how it trades.
#[derive(Clone, Copy)]
struct Pool {
    address: Address,
    tokens: [Address; 2],
    /// Whether it takes a price to stop at and asks for payment by a callback, as Uniswap's version 3 does.
    concentrated: bool,
}

/// What everybody gains in tokens (positive) and pays (negative).
type Nets = BTreeMap<(Address, Address), I256>;

/// Moves every pool in which the first play trades, and notes what comes of it.
pub(super) fn read(before: &Machine, facts: &mut Facts<'_>) {
    let mut machine = before.clone();
    let (Some(executed), Some(head)) = (facts.executed(), facts.execution_head) else { return };
    let mut pools: BTreeMap<Address, BTreeSet<usize>> = BTreeMap::new();
    for (index, frame) in executed.trace.frames.iter().enumerate() {
        let start = frame.input.get(..4).unwrap_or_default();
        let trades = start == IPool::swapCall::SELECTOR || start == IPair::swapCall::SELECTOR;
        if let Some(action) = executed.frames.action(index)
            && trades
            && frame.kind == CallKind::Call
        {
            pools.entry(frame.to).or_default().insert(action);
        }
    }
    if pools.len() > MAX_POOLS {
        let line = format!("the actions trade in {} pools, and only {MAX_POOLS} were moved", pools.len());
        facts.miss("C11", line);
    }
    let known: BTreeSet<Address> = pools.keys().copied().collect();
    machine.go_to(head);
    for (address, actions) in pools.into_iter().take(MAX_POOLS) {
        let moved = pool(&mut machine, address).and_then(|pool| match pool {
            Some(pool) => moves(&machine, facts, pool, &known).map(Some),
            None => Ok(None),
        });
        match moved {
            Ok(Some(moves)) => facts.exposures.push(Exposure { pool: address, actions, moves }),
            // What only has a function of this name is looked at by its name.
            Ok(None) => {}
            Err(error) => {
                let line = format!("{} could not be moved: {error}", facts.input.name(address));
                facts.miss("C11", line);
            }
        }
    }
}

/// The pool at `address`; `None` where it does not answer as one.
fn pool(machine: &mut Machine, address: Address) -> Result<Option<Pool>> {
    let mut token = |call: Vec<u8>| -> Result<Option<Address>> {
        let answer = ask(machine, address, &call.into())?;
        Ok(answer.and_then(|answer| Some(Address::from_word(B256::try_from(answer.as_ref()).ok()?))))
    };
    let (first, second) =
        (token(IPool::token0Call {}.abi_encode())?, token(IPool::token1Call {}.abi_encode())?);
    let (Some(first), Some(second)) = (first, second) else { return Ok(None) };
    let concentrated = ask(machine, address, &IPool::slot0Call {}.abi_encode().into())?
        .is_some_and(|answer| answer.len() >= 32);
    Ok(Some(Pool { address, tokens: [first, second], concentrated }))
}

/// Runs the actions with `pool` moved by each of [`MOVES`], up and down.
fn moves(machine: &Machine, facts: &Facts<'_>, pool: Pool, pools: &BTreeSet<Address>) -> Result<Vec<Moved>> {
    let Some(usual) = run(machine.clone(), facts)? else {
        return Err(Error::state("the actions", "they do not succeed on their own"));
    };
    let treasury = facts.input.deployment.contracts.timelock;
    let mut moves = Vec::new();
    for percent in MOVES {
        for up in [false, true] {
            let mut moved = machine.clone();
            shift(&mut moved, pool, percent, up)?;
            let loss = run(moved, facts)?.map(|nets| worst(&usual, &nets, treasury, pools));
            moves.push(Moved { percent, up, loss });
        }
    }
    Ok(moves)
}

/// The greatest part, in ten-thousandths, that anybody gets less of a token, or that the treasury pays more of one, and
/// which token that is.
fn worst(usual: &Nets, moved: &Nets, treasury: Address, pools: &BTreeSet<Address>) -> Option<(u64, Address)> {
    let changes = usual.iter().filter(|((_, account), _)| !pools.contains(account));
    let losses = changes.filter_map(|((token, account), before)| {
        let after = moved.get(&(*token, *account)).copied().unwrap_or_default();
        let counts = before.is_positive() || *account == treasury;
        let less = before.checked_sub(after).filter(|less| less.is_positive() && counts)?;
        let part =
            less.unsigned_abs().saturating_mul(U256::from(10_000)) / before.unsigned_abs().max(U256::from(1));
        Some((u64::try_from(part).unwrap_or(u64::MAX), *token))
    });
    losses.max()
}

/// Finds the actions that cannot be made any more once a stranger has made the same call.
pub(super) fn rivals(before: &Machine, facts: &mut Facts<'_>) -> Result<()> {
    let Some(head) = facts.execution_head else { return Ok(()) };
    let mut machine = before.clone();
    machine.go_to(head);
    if run(machine.clone(), facts)?.is_none() {
        return Ok(());
    }
    for (index, action) in facts.input.proposal.actions.iter().enumerate() {
        let mut early = machine.clone();
        // Whoever wants to be first brings the ether.
        early.endow(MOVER, action.value)?;
        let made = match early.transact(&Message::of(MOVER, action)) {
            Ok(trace) => trace.succeeded() && !trace.storage.is_empty(),
            Err(Error::Refused { .. }) => false,
            Err(error) => return Err(error),
        };
        if made && run(early, facts)?.is_none() {
            facts.spoiled.push(index);
        }
    }
    Ok(())
}

/// Lets the time lock make the calls, and says what everybody gained; `None` where one of them fails.
fn run(mut machine: Machine, facts: &Facts<'_>) -> Result<Option<Nets>> {
    let timelock = facts.input.deployment.contracts.timelock;
    if facts.input.deployment.flavour == Flavour::Alpha {
        machine.endow(timelock, facts.input.proposal.value().unwrap_or_default())?;
    }
    let mut nets = Nets::new();
    for action in &facts.input.proposal.actions {
        let trace = match machine.transact(&Message::of(timelock, action)) {
            Ok(trace) => trace,
            Err(Error::Refused { .. }) => return Ok(None),
            Err(error) => return Err(error),
        };
        if !trace.succeeded() {
            return Ok(None);
        }
        add(&mut nets, &trace);
    }
    Ok(Some(nets))
}

fn add(nets: &mut Nets, trace: &Trace) {
    for (_, log) in &trace.logs {
        if let Ok(transfer) = BTRST::Transfer::decode_log(log) {
            let amount = I256::try_from(transfer.value).unwrap_or(I256::MAX);
            let mut change = |account, amount| {
                let net = nets.entry((log.address, account)).or_default();
                *net = net.saturating_add(amount);
            };
            change(transfer.to, amount);
            change(transfer.from, amount.saturating_neg());
        }
    }
}

/// Moves the price of `pool` (of its first token in the second) by `percent`, by a trade of [`MOVER`].
fn shift(machine: &mut Machine, pool: Pool, percent: u64, up: bool) -> Result<()> {
    for token in pool.tokens {
        give(machine, token)?;
    }
    machine.install(MOVER, payer(pool.tokens))?;
    let part = if up { 100 + percent } else { 100 - percent };
    // The square root of the part, with eight decimals.
    let root: U256 = (U256::from(part) * U256::from(100_000_000_000_000_u64)).root(2);
    let unit = U256::from(100_000_000_u64);
    let data = if pool.concentrated {
        let answer =
            ask(machine, pool.address, &IPool::slot0Call {}.abi_encode().into())?.unwrap_or_default();
        let price = answer.get(..32).and_then(U256::try_from_be_slice).unwrap_or_default();
        let target: U160 = (price.saturating_mul(root) / unit).saturating_to();
        let call = IPool::swapCall {
            recipient: MOVER,
            zeroForOne: !up,
            amountSpecified: I256::try_from(MONEY).unwrap_or(I256::MAX),
            sqrtPriceLimitX96: target,
            data: Bytes::new(),
        };
        call.abi_encode()
    } else {
        let answer =
            ask(machine, pool.address, &IPool::getReservesCall {}.abi_encode().into())?.unwrap_or_default();
        let word = |at: usize| answer.get(at..at + 32).and_then(U256::try_from_be_slice).unwrap_or_default();
        let (reserve0, reserve1) = (word(0), word(32));
        // What comes in multiplies its reserve by the root of the part, or by one over it.
        let (token, into, out) =
            if up { (pool.tokens[1], reserve1, reserve0) } else { (pool.tokens[0], reserve0, reserve1) };
        let grown = if up {
            into.saturating_mul(root) / unit
        } else {
            into.saturating_mul(unit) / root.max(U256::from(1))
        };
        let amount = grown.saturating_sub(into);
        let kept = amount.saturating_mul(U256::from(997));
        let bought = kept.saturating_mul(out)
            / into.saturating_mul(U256::from(1_000)).saturating_add(kept).max(U256::from(1));
        send(machine, token, BTRST::transferCall { to: pool.address, amount }.abi_encode())?;
        let out = if up { [bought, U256::ZERO] } else { [U256::ZERO, bought] };
        IPair::swapCall { amount0Out: out[0], amount1Out: out[1], to: MOVER, data: Bytes::new() }.abi_encode()
    };
    send(machine, pool.address, data)
}

fn send(machine: &mut Machine, to: Address, input: Vec<u8>) -> Result<()> {
    let message = Message { from: MOVER, to, value: U256::ZERO, input: input.into(), gas_limit: GAS_LIMIT };
    match machine.transact(&message)?.outcome() {
        Outcome::Success(_) => Ok(()),
        Outcome::Revert(data) => {
            Err(Error::state("the trade that moves it", btrst_chain::revert::describe(&data)))
        }
        Outcome::Halt(reason) => Err(Error::state("the trade that moves it", reason)),
    }
}

/// Gives [`MOVER`] its money of `token`, where the token keeps balances in a mapping by the holder.
fn give(machine: &mut Machine, token: Address) -> Result<()> {
    let question: Bytes = BTRST::balanceOfCall { account: MOVER }.abi_encode().into();
    let message =
        Message { from: MOVER, to: token, value: U256::ZERO, input: question.clone(), gas_limit: GAS_LIMIT };
    let hashes = machine.clone().transact(&message)?.preimages;
    let holder = MOVER.as_slice();
    let places =
        hashes.into_iter().filter(|(_, image)| image.windows(holder.len()).any(|part| part == holder));
    for (place, _) in places {
        let before = machine.slot(token, place.into())?;
        for shift in PACKED {
            machine.put(token, place.into(), MONEY << shift)?;
            if super::ask_number(machine, token, &question)? == Some(MONEY) {
                return Ok(());
            }
        }
        machine.put(token, place.into(), before)?;
    }
    Ok(())
}

/// Code that pays what the callback of a swap asks for: `transfer(caller, amount)` of each token that is owed.
fn payer(tokens: [Address; 2]) -> Bytes {
    let mut code = Vec::new();
    for (argument, token) in [0x04_u8, 0x24].into_iter().zip(tokens) {
        // What is owed: the argument, or zero where it is negative.
        code.extend([0x60, argument, 0x35]);
        code.extend(hex!("805f1202"));
        // transfer(address,uint256), the caller and the amount.
        code.extend(hex!("63a9059cbb60e01b5f52 33600452 602452"));
        code.extend(hex!("5f5f60445f5f73"));
        code.extend(token.as_slice());
        code.extend(hex!("5af150"));
    }
    code.push(0x00);
    code.into()
}
