//! C11: trades, and what comes of them when somebody moves the market before.

use std::collections::BTreeSet;

use alloy::primitives::U256;

use super::{
    facts::{Exposure, Facts},
    known::selector,
    look::{Look, PLAY_FIRST, not_run},
};
use crate::{report::Finding, trace::CallFrame};

/// Selectors of functions that trade at a market's price: name, and the word of the call data that holds the least
/// that must come back, where there is one.
const SWAPS: &[(&str, Option<usize>)] = &[
    ("swapExactTokensForTokens(uint256,uint256,address[],address,uint256)", Some(1)),
    ("swapExactETHForTokens(uint256,address[],address,uint256)", Some(0)),
    ("swapExactTokensForETH(uint256,uint256,address[],address,uint256)", Some(1)),
    ("exactInputSingle((address,address,uint24,address,uint256,uint256,uint256,uint160))", Some(6)),
    ("exactInputSingle((address,address,uint24,address,uint256,uint256,uint160))", Some(5)),
    ("exactInput((bytes,address,uint256,uint256,uint256))", Some(5)),
    ("exactInput((bytes,address,uint256,uint256))", Some(4)),
    ("exchange(int128,int128,uint256,uint256)", Some(3)),
    ("exchange(uint256,uint256,uint256,uint256)", Some(3)),
    ("swap(address,bool,int256,uint160,bytes)", None),
    ("swap(uint256,uint256,address,bytes)", None),
    ("convert(uint256,uint256)", None),
];

/// Loss by a moved pool, in ten-thousandths, from which it is worth to be taken.
const WORTH_TAKING: u64 = 100;

/// Loss by a moved pool, in ten-thousandths, that nobody who set a limit means.
const WITHOUT_LIMIT: u64 = 500;

/// C11: trades that can be moved against.
pub(super) fn swaps(facts: &Facts<'_>) -> Finding {
    let Some(executed) = facts.executed() else { return not_run("C11", facts.not_executed(), PLAY_FIRST) };
    let mut look = Look::of(facts, "C11");
    let mut moved = BTreeSet::new();
    for exposure in &facts.exposures {
        moved.extend(exposure.actions.iter().copied());
        exposed(facts, exposure, &mut look);
    }
    for (index, frame) in executed.trace.frames.iter().enumerate() {
        let Some(action) = executed.frames.action(index) else { continue };
        let Some((name, least)) = swap_of(frame) else { continue };
        let rerun = moved.contains(&action);
        let action = action + 1;
        let function = name.split('(').next().unwrap_or_default();
        let place = facts.input.name(frame.to);
        match least.map(|word| word_at(&frame.input, word)) {
            Some(Some(least)) if least <= U256::from(1) => look.fail(
                format!(
                    "action {action}: `{function}` of {place} accepts any price: its least amount is {least}"
                ),
                "set the least amount that must come back near the price that is meant",
            ),
            Some(Some(least)) => {
                let line = format!("action {action}: `{function}` of {place} must bring at least {least}");
                if rerun {
                    look.note(line);
                } else {
                    look.warn(
                        format!("{line}; who executes can take all above that, and no pool was found to show how much"),
                        "compare the least amount with the market's price; execute through a private relay",
                    );
                }
            }
            _ if rerun => look.note(format!("action {action}: `{function}` of {place}")),
            _ => look.warn(
                format!("action {action}: `{function}` of {place} trades at the price of that moment"),
                "find out what limits the price; execute through a private relay",
            ),
        }
    }
    look.finish(match facts.exposures.len() {
        0 => "nothing is traded".to_owned(),
        pools => format!("with {pools} pools moved by up to 50%, the actions stop or lose less than 1%"),
    })
}

/// What comes of the actions when the pool of `exposure` is moved.
fn exposed(facts: &Facts<'_>, exposure: &Exposure, look: &mut Look) {
    let pool = facts.input.name(exposure.pool);
    let numbers: Vec<String> = exposure.actions.iter().map(|action| (action + 1).to_string()).collect();
    let actions = numbers.join(", ");
    let mut worst: Option<(u64, String)> = None;
    for moved in &exposure.moves {
        let sign = if moved.up { '+' } else { '-' };
        let how = format!("with the price of {pool} moved by {sign}{}%", moved.percent);
        let line = match moved.loss {
            None => format!("{how}, the actions stop"),
            Some(None) => format!("{how}, nothing is lost"),
            Some(Some((part, token))) => {
                let token = facts.input.short_name(token);
                let line = format!("{how}, {}.{:02}% of {token} are lost", part / 100, part % 100);
                if worst.as_ref().is_none_or(|(known, _)| part > *known) {
                    worst = Some((part, line.clone()));
                }
                line
            }
        };
        look.note(line);
    }
    let advice = "set the least amount that must come back near the price that is meant";
    match worst {
        Some((part, line)) if part >= WITHOUT_LIMIT => look.fail(format!("action {actions}: {line}"), advice),
        Some((part, line)) if part >= WORTH_TAKING => look.warn(format!("action {actions}: {line}"), advice),
        _ => {}
    }
}

fn swap_of(frame: &CallFrame) -> Option<(&'static str, Option<usize>)> {
    let start = frame.input.get(..4)?;
    SWAPS.iter().find(|(name, _)| selector(name) == *start).map(|(name, least)| (*name, *least))
}

fn word_at(input: &[u8], word: usize) -> Option<U256> {
    let at = word.checked_mul(32)?.checked_add(4)?;
    let bytes = input.get(at..at.checked_add(32)?)?;
    U256::try_from_be_slice(bytes)
}
