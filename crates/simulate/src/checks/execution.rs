//! C1 to C12: what happens when the proposal is executed.

use std::collections::BTreeMap;

use alloy::primitives::{Address, U256, hex};
use btrst_gov::{
    Action,
    amount::{Amount, Unit},
    governor::Flavour,
};

use super::{
    Input,
    effects::{Asset, Write},
    facts::{Executed, Facts, STORAGE_OVERRIDE, addresses_of},
    known::{called, decides, signature_of, typed},
    look::{Look, PLAY_FIRST, not_run},
    shape::{TRANSACTION_GAS, numbered},
    target::ASK_AGAIN,
};
use crate::{
    report::{Finding, shortened},
    trace::{CallFrame, CallKind, Outcome, Surrounding},
};

/// Why a call ended as it did, in words.
pub(super) fn reason(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Success(_) => "it returned".into(),
        Outcome::Halt(reason) => shortened(reason, 120).into_owned(),
        Outcome::Revert(data) if data.is_empty() => "it reverted without a reason".into(),
        Outcome::Revert(data) => {
            let words = alloy::sol_types::decode_revert_reason(data);
            let shown = words.unwrap_or_else(|| hex::encode_prefixed(data.get(..36).unwrap_or(data)));
            format!("it reverted: {}", shortened(&shown, 200))
        }
    }
}

/// C1: the first play reaches its end.
pub(super) fn lifecycle(facts: &Facts<'_>) -> Finding {
    let mut look = Look::of(facts, "C1");
    let Some(play) = facts.plays.first() else {
        return not_run("C1", "the proposal was not played", ASK_AGAIN);
    };
    for (step, gas) in &play.steps {
        look.note(format!("{step}: {} gas", Amount::count(*gas)));
    }
    if let Some(executed) = &play.execution {
        look.note(format!("execute: {} gas before refunds", Amount::count(executed.trace.gas_used)));
        for (index, frame) in executed.trace.frames.iter().enumerate() {
            let direct = executed.frames.actions.contains(&index);
            if direct && !matches!(frame.outcome, Outcome::Success(_)) {
                let number = executed.frames.action(index).map_or(0, |action| action + 1);
                look.fail(
                    format!("action {number} does not succeed: {}", reason(&frame.outcome)),
                    "correct the action; all actions are undone together",
                );
            }
        }
        if !executed.trace.is_whole() {
            look.warn("the trace is too long to be kept whole", "ask why the proposal does so many calls");
        }
    }
    if let Some(failure) = &play.failure {
        look.fail(failure.clone(), "correct what stops it, or wait until it can go on");
    } else if play.execution.is_none() {
        look.missing("the play did not come to the execution", ASK_AGAIN);
    }
    look.finish(format!("it was executed {} with votes that exist", play.name))
}

/// C2 and C3: other engines come to the same effects.
pub(super) fn agreements(facts: &Facts<'_>) -> Vec<Finding> {
    let mut second = Look::at("C2");
    let mut third = Look::at("C3");
    let storage = facts.agreements.iter().rev().find(|agreement| agreement.engine == STORAGE_OVERRIDE);
    match storage {
        None => second.missing("the engine was not asked", ASK_AGAIN),
        Some(agreement) => {
            if let Some(reason) = &agreement.missing {
                second.missing(reason.clone(), ASK_AGAIN);
            }
            for difference in &agreement.differences {
                second
                    .fail(difference.clone(), "do not trust either result until the difference is explained");
            }
        }
    }
    let mut compared = 0;
    for agreement in &facts.agreements {
        match &agreement.missing {
            Some(reason) => third.note(format!("{} did not run: {reason}", agreement.engine)),
            None => compared += 1,
        }
        for difference in &agreement.differences {
            third.fail(
                format!("{}: {difference}", agreement.engine),
                "do not trust either result until the difference is explained",
            );
        }
    }
    if compared == 0 {
        third.missing("there is no second engine to compare with", ASK_AGAIN);
    }
    second.note("the only thing that it assumes is the ether that GovernorAlpha wants from who executes");
    vec![
        second.finish("the short way by storage override has the same effects"),
        third.finish(format!("{} engines agree", compared + 1)),
    ]
}

/// C4: other moments and other proposals change nothing.
pub(super) fn moments(facts: &Facts<'_>) -> Finding {
    let mut look = Look::of(facts, "C4");
    let Some((first, others)) = facts.plays.split_first() else {
        return not_run("C4", "the proposal was not played", ASK_AGAIN);
    };
    if others.is_empty() {
        look.missing("only one moment was played", ASK_AGAIN);
    }
    for play in others {
        match (&first.execution, &play.execution, &play.failure) {
            (_, _, Some(failure)) if first.failure.is_none() => look.fail(
                format!("{}: {failure}", play.name),
                "execute it at another moment or in another order, and tell the voters",
            ),
            (Some(first), Some(other), None) => {
                let differences = compare(facts.input, first, other);
                if differences.is_empty() {
                    look.note(format!("{}: the same effects", play.name));
                }
                for difference in differences {
                    look.warn(
                        format!("{}: {difference}", play.name),
                        "decide whether both results are wanted; who executes chooses between them",
                    );
                }
            }
            _ => look.note(format!("{}: not executed either", play.name)),
        }
    }
    for action in &facts.spoiled {
        look.warn(
            format!(
                "action {}: anyone can make the same call before, and then the proposal cannot be executed",
                action + 1
            ),
            "let the contract take this call from the treasury alone",
        );
    }
    look.finish(format!("the same effects in all {} plays", facts.plays.len()))
}

/// Where money, allowances and roles of two executions differ.
fn compare(input: &Input<'_>, one: &Executed, other: &Executed) -> Vec<String> {
    let moved = |executed: &Executed| {
        let mut moved: Vec<_> =
            executed.effects.transfers.iter().filter(|t| t.action.is_some()).copied().collect();
        moved.sort();
        moved
    };
    let (first, second) = (moved(one), moved(other));
    let mut differences = Vec::new();
    for transfer in first.iter().filter(|transfer| !second.contains(transfer)).take(4) {
        let (from, to) = (input.short_name(transfer.from), input.short_name(transfer.to));
        differences.push(format!("{} no longer goes from {from} to {to}", transfer.amount));
    }
    for transfer in second.iter().filter(|transfer| !first.contains(transfer)).take(4) {
        let (from, to) = (input.short_name(transfer.from), input.short_name(transfer.to));
        differences.push(format!("{} goes from {from} to {to} instead", transfer.amount));
    }
    if one.effects.final_allowances().keys().ne(other.effects.final_allowances().keys()) {
        differences.push("other allowances are given".into());
    }
    if one.effects.roles != other.effects.roles {
        differences.push("other roles are given".into());
    }
    differences
}

/// C5: gas of the execution and of every other step.
pub(super) fn gas(facts: &Facts<'_>) -> Finding {
    let mut look = Look::of(facts, "C5");
    let Some(play) = facts.plays.first() else {
        return not_run("C5", "the proposal was not played", ASK_AGAIN);
    };
    let near = TRANSACTION_GAS / 4 * 3;
    let mut all = play.steps.clone();
    if let Some(executed) = &play.execution {
        all.push(("execute".into(), executed.trace.gas_used));
        // What a deep call needs must be there at every call above it, each of which keeps a 64th.
        let deepest = executed.trace.frames.iter().enumerate().map(|(index, frame)| {
            (0..executed.frames.depth(index).min(1_024))
                .fold(frame.gas_used, |gas, _| gas.saturating_add(gas / 63).saturating_add(1))
        });
        if let Some(needed) = deepest.max() {
            all.push(("execute, with the 64ths that calls keep".into(), needed.saturating_add(21_000)));
        }
        for frame in &executed.trace.frames {
            if matches!(&frame.outcome, Outcome::Halt(reason) if reason.to_lowercase().contains("gas")) {
                look.fail(
                    format!("a call of {} runs out of gas", facts.input.name(frame.to)),
                    "do less in one proposal",
                );
                break;
            }
        }
    }
    for (step, gas) in all {
        let (used, most) = (Amount::count(gas), Amount::count(TRANSACTION_GAS));
        let line = format!("{step}: {used} gas of the {most} of a transaction");
        if gas > TRANSACTION_GAS {
            look.fail(line, "split the proposal; no block can have this transaction");
        } else if gas > near {
            look.warn(line, "leave a margin; state can grow until it is executed");
        } else {
            look.note(line);
        }
    }
    look.finish("every step fits into a transaction, with a margin")
}

/// C6: the treasury has what it pays, and somebody attaches what GovernorAlpha needs.
pub(super) fn funds(facts: &Facts<'_>) -> Finding {
    let mut look = Look::of(facts, "C6");
    let ether = |wei| Amount::new(wei, Unit::Ether).to_string();
    match facts.input.proposal.value() {
        None => look.fail("the actions send more wei than there can be", "correct the values"),
        Some(value) if value.is_zero() => {}
        Some(value) if facts.input.deployment.flavour == Flavour::Alpha => look.warn(
            format!(
                "whoever executes must attach {}: GovernorAlpha cannot spend the ether that the treasury has",
                ether(value)
            ),
            "agree on who executes and pays, or pay in a token",
        ),
        Some(value) => match facts.treasury_ether {
            None => look.missing("the treasury's ether is not known", ASK_AGAIN),
            Some(has) if has < value => look.fail(
                format!("the actions send {}, and the treasury has {}", ether(value), ether(has)),
                "fund the treasury first; nothing is lent to this simulation",
            ),
            Some(has) => look.note(format!("{} of the treasury's {}", ether(value), ether(has))),
        },
    }
    let treasury = facts.input.deployment.contracts.timelock;
    let mut claims: BTreeMap<Address, U256> = BTreeMap::new();
    for action in &facts.input.proposal.actions {
        let action = typed(action);
        let arguments = action.arguments().unwrap_or_default();
        if action.signature == "transfer(address,uint256)"
            && let Some((amount, _)) = arguments.get(1).and_then(|value| value.as_uint())
        {
            let claim = claims.entry(action.target).or_default();
            *claim = claim.saturating_add(amount);
        }
    }
    for (token, claim) in claims {
        let balance = facts
            .balances
            .iter()
            .find(|known| known.token == token && known.holder == treasury && known.spender.is_none());
        let name = facts.input.name(token);
        match balance.and_then(|balance| balance.before) {
            None => look.missing(format!("the treasury's balance of {name} is not known"), ASK_AGAIN),
            Some(has) if has < claim => look.fail(
                format!("the actions pay {claim} of {name}, and the treasury has {has}, in base units"),
                "fund the treasury first; nothing is lent to this simulation",
            ),
            Some(has) => look.note(format!("{claim} of the treasury's {has} of {name}, in base units")),
        }
    }
    look.finish("the treasury has what the actions pay")
}

/// C7: every action has an effect of its own.
pub(super) fn effects(facts: &Facts<'_>) -> Finding {
    let Some(executed) = facts.executed() else { return not_run("C7", facts.not_executed(), PLAY_FIRST) };
    let mut look = Look::of(facts, "C7");
    for (number, action) in numbered(facts.input) {
        let index = number - 1;
        let words = shortened(&action.describe(facts.input.deployment), 160).into_owned();
        let events = executed.effects.events.iter().filter(|(of, _)| *of == index).count();
        let writes =
            executed.effects.writes.iter().filter(|write| write.actions.contains(&Some(index))).count();
        let again = |write: &&Write| write.actions.iter().flatten().any(|other| *other > index);
        let own = executed.effects.writes.iter().filter(|write| write.actions.contains(&Some(index)));
        let overwritten = own.filter(again).count();
        let moves = executed
            .effects
            .transfers
            .iter()
            .any(|transfer| transfer.action == Some(index) && !transfer.amount.is_zero());
        let creates = executed.trace.frames.iter().enumerate().any(|(at, frame)| {
            frame.kind == CallKind::Create
                && executed.frames.action(at) == Some(index)
                && executed.frames.lasts(at)
        });
        if executed.frames.actions.get(index).is_none() {
            look.fail(
                format!("action {number} was not called: {words}"),
                "find out why the time lock left it out",
            );
        } else if writes == 0 && !moves && !creates && events == 0 {
            look.fail(
                format!("action {number} does nothing at all: {words}"),
                "correct or remove it; voters believe that it does something",
            );
        } else if writes > 0 && overwritten == writes && !moves && !creates {
            look.warn(
                format!("all that action {number} writes is written again by a later action: {words}"),
                "see which of the two is meant; the earlier one has no effect of its own",
            );
        } else if writes == 0 && !moves && !creates {
            look.warn(
                format!("action {number} reports something, but changes nothing: {words}"),
                "see whether the value is already what it sets",
            );
        } else {
            look.note(format!("action {number}: {writes} slots, {events} events"));
        }
    }
    look.finish("every action changes something")
}

/// C8: calls of addresses without code.
pub(super) fn no_code(facts: &Facts<'_>) -> Finding {
    let mut look = Look::of(facts, "C8");
    let Some(executed) = facts.executed() else {
        for (number, action) in numbered(facts.input) {
            let empty = facts.code(action.target).is_ok_and(|code| code.is_empty());
            if called(action).is_some() && empty {
                look.fail(
                    format!("action {number} calls {}, which has no code", facts.input.name(action.target)),
                    "correct the target, or deploy the contract first",
                );
            }
        }
        look.missing(facts.not_executed(), PLAY_FIRST);
        return look.finish("");
    };
    for (index, frame) in executed.trace.frames.iter().enumerate() {
        if frame.has_code || frame.kind == CallKind::Create || frame.input.is_empty() {
            continue;
        }
        let Some(action) = executed.frames.action(index) else { continue };
        let line = format!(
            "action {}: {} calls {}, which has no code; the call succeeds and does nothing",
            action + 1,
            facts.input.name(frame.from),
            facts.input.name(frame.to)
        );
        look.fail(line, "correct the target, or deploy the contract first");
    }
    let token = |asset| match asset {
        Asset::Token(token) | Asset::Item(token, _) => Some(token),
        Asset::Ether => None,
    };
    for transfer in executed.effects.transfers.iter().filter(|transfer| !transfer.amount.is_zero()) {
        let Some(action) = transfer.action else { continue };
        // The precompiles and their like, and the token itself, keep for ever what they get.
        let burns = transfer.to.iter().take(18).all(|byte| *byte == 0) && !transfer.to.is_zero();
        let ether_to_nobody = transfer.to.is_zero() && transfer.asset == Asset::Ether;
        if burns || ether_to_nobody || token(transfer.asset) == Some(transfer.to) {
            look.fail(
                format!(
                    "action {}: what is sent to {} cannot be taken out again by anyone",
                    action + 1,
                    facts.input.name(transfer.to)
                ),
                "correct the receiver",
            );
        }
    }
    look.finish("every contract that is called has code")
}

/// Functions that answer with whether they did what they were asked.
fn answers_success(input: &[u8]) -> bool {
    matches!(
        signature_of(input),
        Some(
            "transfer(address,uint256)"
                | "transferFrom(address,address,uint256)"
                | "approve(address,uint256)"
                | "increaseAllowance(address,uint256)"
        )
    )
}

/// C9: answers that nobody looks at.
pub(super) fn ignored(facts: &Facts<'_>) -> Finding {
    let Some(executed) = facts.executed() else { return not_run("C9", facts.not_executed(), PLAY_FIRST) };
    let mut look = Look::of(facts, "C9");
    let frames = &executed.trace.frames;
    for (index, frame) in frames.iter().enumerate() {
        let Some(action) = executed.frames.action(index).map(|action| action + 1) else { continue };
        let name = facts.input.name(frame.to);
        let direct = executed.frames.actions.contains(&index);
        match &frame.outcome {
            Outcome::Success(data) if frame.has_code && frame.kind == CallKind::Call => {
                let is_false = data.len() == 32 && data.iter().all(|byte| *byte == 0);
                if answers_success(&frame.input) && is_false {
                    look.fail(
                        format!("action {action}: {name} answers `false`, which is ignored: nothing was paid or allowed"),
                        "find out why the token refuses",
                    );
                } else if direct && answers_success(&frame.input) && data.is_empty() {
                    let seen = executed
                        .effects
                        .events
                        .iter()
                        .any(|(of, log)| of + 1 == action && log.address == frame.to);
                    if seen {
                        look.note(format!(
                            "action {action}: {name} answers nothing, and reports what it did"
                        ));
                    } else {
                        look.warn(
                            format!("action {action}: {name} answers nothing and reports nothing"),
                            "compare the balances in D2 with what was meant",
                        );
                    }
                } else if direct && is_false {
                    look.warn(
                        format!("action {action}: {name} answers zero or `false`, which is ignored"),
                        "find out what this answer means",
                    );
                }
            }
            Outcome::Success(_) => {}
            failed => {
                let above = frame.parent.is_some_and(|parent| executed.frames.lasts(parent));
                if above && !direct {
                    look.warn(
                        format!(
                            "action {action}: a call of {name} failed ({}), and was ignored",
                            reason(failed)
                        ),
                        "find out whether the action still does what it says",
                    );
                }
            }
        }
    }
    look.finish("no call failed unseen, and no token answered `false`")
}

/// C10: what who executes can choose.
pub(super) fn surroundings(facts: &Facts<'_>) -> Finding {
    let Some(executed) = facts.executed() else { return not_run("C10", facts.not_executed(), PLAY_FIRST) };
    let mut look = Look::of(facts, "C10");
    let contracts = &facts.input.deployment.contracts;
    let own = [contracts.governor, contracts.timelock, contracts.btrst];
    let named = addresses_of(facts.input);
    for (account, asked) in &executed.trace.surroundings {
        let line = format!("{} asks for {}", facts.input.name(*account), words(facts.input, *asked));
        let known = facts.input.knows(*account);
        // The machinery itself must know the time and the block; checkpoints of the token as well. Tokens ask whether
        // the receiver that they are given is a contract.
        let expected = own.contains(account)
            || match asked {
                Surrounding::Timestamp | Surrounding::Number => known,
                Surrounding::Code(of) => known || named.contains_key(of),
                Surrounding::Balance(of) => known && of == account,
                _ => false,
            };
        if expected {
            look.note(line);
        } else {
            look.warn(line, "find out what depends on it: who executes can choose it, or wait for it");
        }
    }
    look.finish("no called contract asks who executes it, or in which block")
}

fn words(input: &Input<'_>, asked: Surrounding) -> String {
    match asked {
        Surrounding::Origin => "the account that executes".into(),
        Surrounding::Coinbase => "who builds the block".into(),
        Surrounding::Timestamp => "the time of the block".into(),
        Surrounding::Number => "the number of the block".into(),
        Surrounding::Randomness => "the block's randomness, or hashes of blocks".into(),
        Surrounding::Gas => "the gas that is left".into(),
        Surrounding::Price => "the price of gas".into(),
        Surrounding::Balance(of) => format!("the ether of {}, to whom anyone can send", input.name(of)),
        Surrounding::Code(of) => format!("the code of {}, which has none yet", input.name(of)),
    }
}

/// The call of `frame` in words: function and arguments, where the function is known.
fn call_of(input: &Input<'_>, frame: &CallFrame) -> String {
    let (target, value, calldata) = (frame.to, frame.value, frame.input.clone());
    let action = typed(&Action { target, value, signature: String::new(), calldata });
    shortened(&action.describe(input.deployment), 240).into_owned()
}

/// C12: calls back into governor and time lock.
pub(super) fn reentrancy(facts: &Facts<'_>) -> Finding {
    let Some(executed) = facts.executed() else { return not_run("C12", facts.not_executed(), PLAY_FIRST) };
    let mut look = Look::of(facts, "C12");
    let contracts = &facts.input.deployment.contracts;
    for (index, frame) in executed.trace.frames.iter().enumerate() {
        let own = frame.to == contracts.governor || frame.to == contracts.timelock;
        let Some(action) = executed.frames.action(index).map(|action| action + 1) else { continue };
        let direct = executed.frames.actions.contains(&index);
        if !own || frame.kind == CallKind::Static {
            continue;
        }
        let call = call_of(facts.input, frame);
        let target = facts.input.short_name(frame.to);
        if direct && frame.to == contracts.governor && decides(&frame.input) {
            look.warn(
                format!("action {action}: the treasury itself acts in the {target}: {call}"),
                "read what the treasury proposes, votes for, queues or executes there as a proposal of its own",
            );
        } else if direct {
            look.note(format!("action {action} changes the {target} itself: {call}"));
        } else if frame.from == contracts.timelock || frame.from == contracts.governor {
            look.warn(
                format!(
                    "action {action}: {} calls the {target} on the way: {call}",
                    facts.input.short_name(frame.from)
                ),
                "read what is executed inside of the execution",
            );
        } else if frame.input.is_empty() {
            look.note(format!(
                "action {action}: {} sends ether to the {target}",
                facts.input.name(frame.from)
            ));
        } else {
            look.fail(
                format!(
                    "action {action}: {} calls back into the {target}: {call}",
                    facts.input.name(frame.from)
                ),
                "do not vote for a call that acts on governor or time lock during execution",
            );
        }
    }
    look.finish("nothing calls back into governor or time lock")
}
