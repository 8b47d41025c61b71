//! Compiled code with holes where deployment fills something in.

use alloy::primitives::{Bytes, hex};
use serde_json::Value;

use crate::checks::without_metadata;

/// Length of an address that a linker fills in, in hexadecimal digits.
const PLACEHOLDER: usize = 40;

/// Most words that are remembered of what deployment filled in.
const MOST_OPEN: usize = 16;

/// Runtime code as a compiler wrote it.
#[derive(Clone, Debug)]
pub(super) struct Template {
    code: Vec<u8>,
    /// Start and length of the holes.
    holes: Vec<(usize, usize)>,
    /// Whether the compiler says where immutables are. Where it does not, they are words of zeros that are pushed.
    knows_immutables: bool,
}

/// How code fits a template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Fit {
    pub metadata: bool,
    pub open: Vec<String>,
}

impl Template {
    /// Reads the hexadecimal digits of `object`, with the `immutableReferences` and `linkReferences` that compilers
    /// write; `None` where it is no code.
    pub fn new(object: &str, immutables: Option<&Value>, links: Option<&Value>) -> Option<Self> {
        let digits = object.strip_prefix("0x").unwrap_or(object);
        let mut holes = Vec::new();
        let code = if digits.contains("__") {
            let mut plain = String::with_capacity(digits.len());
            let mut rest = digits;
            while let Some(at) = rest.find("__") {
                let (before, hole) = rest.split_at(at);
                plain.push_str(before);
                holes.push((plain.len() / 2, PLACEHOLDER / 2));
                plain.push_str(&"0".repeat(PLACEHOLDER));
                rest = hole.get(PLACEHOLDER..)?;
            }
            plain.push_str(rest);
            hex::decode(plain).ok()?
        } else {
            hex::decode(digits).ok()?
        };
        if code.is_empty() {
            return None;
        }
        holes.extend(places(links.into_iter().flat_map(|files| values(files).flat_map(values))));
        holes.extend(places(immutables.into_iter().flat_map(values)));
        // A library has its own address at its start, which deployment fills in.
        if code.get(..23).is_some_and(|start| {
            start.first() == Some(&0x73)
                && start.ends_with(&[0x30, 0x14])
                && start.iter().filter(|b| **b != 0).count() == 3
        }) {
            holes.push((1, 20));
        }
        Some(Self { code, holes, knows_immutables: immutables.is_some() })
    }

    /// Length of the code in bytes.
    pub fn length(&self) -> usize {
        self.code.len()
    }

    /// How `deployed` fits; `None` where it is other code.
    pub fn fit(&self, deployed: &Bytes) -> Option<Fit> {
        let mut holes = self.holes.clone();
        if !self.knows_immutables {
            holes.extend(pushed_zeros(&self.code));
        }
        let (mut mine, mut theirs) = (self.code.clone(), deployed.to_vec());
        let mut open = Vec::new();
        for (start, length) in holes {
            let end = start.checked_add(length)?;
            let (Some(hole), Some(filled)) = (mine.get_mut(start..end), theirs.get_mut(start..end)) else {
                return None;
            };
            if filled != hole && open.len() < MOST_OPEN {
                open.push(hex::encode_prefixed(&*filled));
            }
            hole.fill(0);
            filled.fill(0);
        }
        let same = mine == theirs;
        // What both have before their metadata must be the same to the last byte.
        let (mine, theirs) = (without_metadata(&mine), without_metadata(&theirs));
        (same || (mine == theirs && !mine.is_empty())).then_some(Fit { metadata: same, open })
    }
}

fn values(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_object().into_iter().flat_map(|map| map.values())
}

/// Start and length of each of `lists` of `{ "start": …, "length": … }`.
fn places<'a>(lists: impl Iterator<Item = &'a Value>) -> Vec<(usize, usize)> {
    let number = |place: &Value, key: &str| usize::try_from(place.get(key)?.as_u64()?).ok();
    let all = lists.flat_map(|list| list.as_array().into_iter().flatten());
    all.filter_map(|place| Some((number(place, "start")?, number(place, "length")?))).collect()
}

/// Words of zeros that `PUSH32` pushes: no compiler writes them but for an immutable.
fn pushed_zeros(code: &[u8]) -> Vec<(usize, usize)> {
    let mut found = Vec::new();
    let mut at = 0_usize;
    while let Some(opcode) = code.get(at) {
        let data = match opcode {
            0x60..=0x7f => usize::from(opcode - 0x5f),
            _ => 0,
        };
        let start = at.saturating_add(1);
        let end = start.saturating_add(data);
        if data == 32 && code.get(start..end).is_some_and(|word| word.iter().all(|byte| *byte == 0)) {
            found.push((start, data));
        }
        at = end;
    }
    found
}

#[cfg(test)]
mod tests {
    use alloy::primitives::hex;
    use serde_json::json;

    use super::*;

    const METADATA: &str = "a164736f6c634300081c000a";

    #[test]
    fn holes_and_metadata_may_differ_and_nothing_else() {
        let zeros = "00".repeat(32);
        let code = format!("600160027f{zeros}5000{METADATA}");
        let template = |immutables| Template::new(&code, immutables, None).unwrap();
        let references = json!({ "7": [{ "start": 5, "length": 32 }] });
        let bytes = |text: String| Bytes::from(hex::decode(text).unwrap());
        let word = "11".repeat(32);
        let same = bytes(code.clone());
        let filled = bytes(format!("600160027f{word}5000{METADATA}"));
        let other = bytes(format!("600160037f{word}5000{METADATA}"));
        let rebuilt = bytes(format!("600160027f{word}5000a164736f6c634300081d000a"));
        for template in [template(None), template(Some(&references))] {
            assert_eq!(template.fit(&same), Some(Fit { metadata: true, open: vec![] }));
            let open = vec![format!("0x{word}")];
            assert_eq!(template.fit(&filled), Some(Fit { metadata: true, open: open.clone() }));
            assert_eq!(template.fit(&rebuilt), Some(Fit { metadata: false, open }));
            assert_eq!(template.fit(&other), None);
            assert_eq!(template.fit(&bytes(format!("{}00", hex::encode(&same)))), None);
        }
        // Where the compiler says that there are no immutables, a pushed word is one like any other.
        assert_eq!(Template::new(&code, Some(&json!({})), None).unwrap().fit(&filled), None);
    }

    #[test]
    fn libraries_are_linked() {
        let linked = format!("73{}5000", "ab".repeat(20));
        let object = "0x73__$0123456789abcdef0123456789abcdef01$__5000";
        let template = Template::new(object, None, None).unwrap();
        let fit = template.fit(&hex::decode(&linked).unwrap().into()).unwrap();
        assert_eq!(fit.open, [format!("0x{}", "ab".repeat(20))]);
        assert!(Template::new("0x73__$0123", None, None).is_none());
        assert!(Template::new("", None, None).is_none());
    }
}
