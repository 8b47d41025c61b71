//! Which calls of an execution belong to which action, and which of them last.

use alloy::primitives::Address;

use crate::trace::{CallFrame, CallKind, Outcome, Trace};

/// The calls of the transaction that executes a proposal.
#[derive(Clone, Debug, Default)]
pub(crate) struct Frames {
    /// For each frame, the action that it belongs to, from 0.
    action: Vec<Option<usize>>,
    /// For each frame, whether it and all above it returned.
    lasts: Vec<bool>,
    /// For each frame, how deep it is; the transaction is 0.
    depth: Vec<u32>,
    /// The frames that the time lock calls for the actions, in their order.
    pub actions: Vec<usize>,
}

impl Frames {
    /// Reads the frames of `trace`, a call of `governor`, whose actions `timelock` calls.
    pub fn read(trace: &Trace, governor: Address, timelock: Address) -> Self {
        let mut frames = Self::default();
        for (index, frame) in trace.frames.iter().enumerate() {
            // Frames are in the order of their entry, so whoever calls is there already.
            let parent = frame.parent.filter(|parent| *parent < index);
            let above = parent.and_then(|parent| trace.frames.get(parent));
            let of_parent = parent.and_then(|parent| frames.action.get(parent).copied().flatten());
            let begins = of_parent.is_none()
                && frame.kind == CallKind::Call
                && frame.from == timelock
                && above.is_some_and(|above| is_execution(above, governor, timelock));
            let action = if begins {
                frames.actions.push(index);
                Some(frames.actions.len() - 1)
            } else {
                of_parent
            };
            let returned = matches!(frame.outcome, Outcome::Success(_));
            let lasts = parent.is_none_or(|parent| frames.lasts.get(parent).copied().unwrap_or_default());
            let depth =
                parent.and_then(|parent| frames.depth.get(parent)).map_or(0, |depth| depth.saturating_add(1));
            frames.action.push(action);
            frames.lasts.push(returned && lasts);
            frames.depth.push(depth);
        }
        frames
    }

    /// The action that the frame `index` belongs to, from 0.
    pub fn action(&self, index: usize) -> Option<usize> {
        self.action.get(index).copied().flatten()
    }

    /// Whether the effect of the frame `index` lasts.
    pub fn lasts(&self, index: usize) -> bool {
        self.lasts.get(index).copied().unwrap_or_default()
    }

    /// How deep the frame `index` is.
    pub fn depth(&self, index: usize) -> u32 {
        self.depth.get(index).copied().unwrap_or_default()
    }
}

/// Whether `frame` is the governor's call of the time lock that makes the calls.
fn is_execution(frame: &CallFrame, governor: Address, timelock: Address) -> bool {
    frame.kind == CallKind::Call && frame.from == governor && frame.to == timelock
}
