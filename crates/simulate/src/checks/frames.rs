//! Which calls of an execution belong to which action, and which of them last.

use alloy::primitives::Address;

use crate::trace::{Outcome, Trace};

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
        let (actions, action) = trace.actions(governor, timelock);
        let mut frames = Self { action, actions, ..Self::default() };
        for (index, frame) in trace.frames.iter().enumerate() {
            // Frames are in the order of their entry, so whoever calls is there already.
            let parent = frame.parent.filter(|parent| *parent < index);
            let above = parent.is_none_or(|parent| frames.lasts(parent));
            frames.depth.push(parent.map_or(0, |parent| frames.depth(parent).saturating_add(1)));
            frames.lasts.push(above && matches!(frame.outcome, Outcome::Success(_)));
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
