//! Many questions to contracts in one request, at any block of any chain: the code that asks them is sent along.
//!
//! A call without a receiver runs its data as the code of a new contract, and answers with what that code returns. So
//! no contract has to be deployed for it, and one question can follow a change that another has made.

use alloy::eips::BlockId;
use alloy::primitives::{Address, B256, Bytes};
use alloy::providers::Provider;
use alloy::rpc::types::TransactionRequest;
use btrst_chain::Chain;

use crate::{Error, Result};

/// Most questions of one request: the code may have 49,152 bytes (EIP-3860), a question takes about 100.
const BATCH: usize = 250;

/// A call of a contract.
pub(crate) struct Question {
    pub to: Address,
    pub data: Bytes,
    /// Whether the call may change something, for the questions after it.
    pub changes: bool,
}

impl Question {
    pub(crate) const fn view(to: Address, data: Bytes) -> Self {
        Self { to, data, changes: false }
    }
}

/// The first word of each answer; `None` where the contract refuses, or answers with less.
///
/// # Errors
/// [`Error::Chain`] when the endpoint has no answer, [`Error::Answer`] when it makes no sense.
pub(crate) async fn ask(chain: &Chain, block: BlockId, questions: &[Question]) -> Result<Vec<Option<B256>>> {
    let mut answers = Vec::with_capacity(questions.len());
    for batch in questions.chunks(BATCH) {
        let request = TransactionRequest::default().input(code(batch).into());
        let answer = chain.provider().call(request).block(block).await;
        let data = chain.asked("read contracts", answer)?;
        let (flags, words) = data.split_at_checked(batch.len()).unwrap_or_default();
        let (words, rest) = words.as_chunks::<32>();
        if flags.len() != batch.len() || words.len() != batch.len() || !rest.is_empty() {
            return Err(Error::Answer(format!("{} bytes for {} questions", data.len(), batch.len())));
        }
        answers.extend(flags.iter().zip(words).map(|(flag, word)| (*flag == 1).then_some(B256::from(*word))));
    }
    Ok(answers)
}

/// The code that asks. It returns a byte for each question, 1 where there is an answer, and then a word for each. The
/// bytes come first, so that the answer never begins like code of a reserved form (EIP-3541).
fn code(questions: &[Question]) -> Bytes {
    let count = questions.len();
    let size = count * 33;
    let steps: usize = questions.iter().map(|question| step(question, 0, 0, 0, 0).len()).sum();
    let end = [&push(size)[..], &push(0), &[opcode::RETURN]].concat();
    let mut data = steps + end.len();
    let mut code =
        Vec::with_capacity(data + questions.iter().map(|question| question.data.len()).sum::<usize>());
    for (place, question) in questions.iter().enumerate() {
        code.extend(step(question, data, size, place, count + 32 * place));
        data += question.data.len();
    }
    code.extend(end);
    questions.iter().for_each(|question| code.extend_from_slice(&question.data));
    code.into()
}

/// Instructions of the machine (Ethereum yellow paper, appendix H).
mod opcode {
    pub(super) const LT: u8 = 0x10;
    pub(super) const AND: u8 = 0x16;
    pub(super) const CODECOPY: u8 = 0x39;
    pub(super) const RETURNDATASIZE: u8 = 0x3d;
    pub(super) const MSTORE8: u8 = 0x53;
    pub(super) const GAS: u8 = 0x5a;
    pub(super) const PUSH3: u8 = 0x62;
    pub(super) const PUSH20: u8 = 0x73;
    pub(super) const CALL: u8 = 0xf1;
    pub(super) const RETURN: u8 = 0xf3;
    pub(super) const STATICCALL: u8 = 0xfa;
}

/// Puts a number on the stack, always in four bytes, so that the length of the code does not depend on it.
fn push(number: usize) -> [u8; 4] {
    let [.., high, middle, low] = number.to_be_bytes();
    [opcode::PUSH3, high, middle, low]
}

/// One question: copies its data from `from` in the code to `to` in memory, calls, and writes flag and word.
fn step(question: &Question, from: usize, to: usize, flag: usize, word: usize) -> Vec<u8> {
    let length = question.data.len();
    let mut code = Vec::new();
    code.extend([push(length), push(from), push(to)].concat());
    code.push(opcode::CODECOPY);
    code.extend([push(32), push(word), push(length), push(to)].concat());
    if question.changes {
        // No ether goes along.
        code.extend(push(0));
    }
    code.push(opcode::PUSH20);
    code.extend(question.to);
    code.extend([opcode::GAS, if question.changes { opcode::CALL } else { opcode::STATICCALL }]);
    // An answer is one that has a whole word.
    code.push(opcode::RETURNDATASIZE);
    code.extend(push(31));
    code.extend([opcode::LT, opcode::AND]);
    code.extend(push(flag));
    code.push(opcode::MSTORE8);
    code
}
