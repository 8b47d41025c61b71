//! Takes out of the compiler's output what changes without a change of the contract: AST ids, which count every
//! node of every file, and the order of keys.

use std::collections::BTreeMap;

use eyre::{OptionExt, Result, bail, ensure};
use serde_json::{Map, Value};

/// Kinds of types whose identifier ends in the AST id of their declaration.
const DECLARED_TYPES: [&str; 4] = ["t_contract(", "t_enum(", "t_struct(", "t_userDefinedValueType("];

/// `value` with the keys of every object in alphabetical order.
pub fn sorted(value: &Value) -> Value {
    match value {
        Value::Object(object) => {
            let ordered: BTreeMap<_, _> =
                object.iter().map(|(key, value)| (key.clone(), sorted(value))).collect();
            Value::Object(ordered.into_iter().collect())
        }
        Value::Array(items) => items.iter().map(sorted).collect(),
        other => other.clone(),
    }
}

/// The names of the variables declared in `asts`, by AST id.
pub fn variable_names<'a>(asts: impl Iterator<Item = &'a Value>) -> BTreeMap<u64, String> {
    let mut names = BTreeMap::new();
    let mut rest: Vec<&Value> = asts.collect();
    while let Some(node) = rest.pop() {
        match node {
            Value::Object(fields) => {
                if fields.get("nodeType").is_some_and(|kind| kind == "VariableDeclaration")
                    && let (Some(id), Some(name)) = (node["id"].as_u64(), node["name"].as_str())
                {
                    names.insert(id, name.to_owned());
                }
                rest.extend(fields.values());
            }
            Value::Array(items) => rest.extend(items),
            _ => {}
        }
    }
    names
}

/// Immutable references with the variable's name in the place of its AST id, the places of each in order.
///
/// # Errors
/// When a variable is unknown or two immutables of one contract share a name.
pub fn immutable_references(references: &Value, names: &BTreeMap<u64, String>) -> Result<Value> {
    let mut named = BTreeMap::new();
    for (id, places) in references.as_object().into_iter().flatten() {
        let name =
            names.get(&id.parse()?).ok_or_eyre("an immutable has no declaration in the syntax tree")?;
        let mut places = places.as_array().cloned().unwrap_or_default();
        places.sort_by_key(|place| place["start"].as_u64());
        if named.insert(name.clone(), sorted(&places.into())).is_some() {
            bail!("two immutables are named `{name}`; rename one of them");
        }
    }
    Ok(Value::Object(named.into_iter().collect()))
}

/// A storage layout without AST ids: neither as `astId` nor inside of the identifiers of types.
///
/// # Errors
/// When two types would have the same identifier.
pub fn storage_layout(layout: &Value) -> Result<Value> {
    let mut layout = without_ast_ids(layout);
    let Some(types) = layout.get_mut("types").and_then(Value::as_object_mut) else { return Ok(layout) };
    let mut renamed = BTreeMap::new();
    for (identifier, definition) in std::mem::take(types) {
        let identifier = type_identifier(&identifier);
        if renamed.get(&identifier).is_some_and(|other| *other != definition) {
            bail!("two types of the storage layout are named `{identifier}`; rename one of them");
        }
        renamed.insert(identifier, definition);
    }
    types.extend(renamed);
    Ok(sorted(&layout))
}

/// Drops every `astId` and shortens every value that is a type identifier; the keys of `types` stay.
fn without_ast_ids(value: &Value) -> Value {
    match value {
        Value::Object(object) => {
            let kept = object.iter().filter(|(key, _)| *key != "astId");
            let kept: Map<_, _> = kept.map(|(key, value)| (key.clone(), without_ast_ids(value))).collect();
            Value::Object(kept)
        }
        Value::Array(items) => items.iter().map(without_ast_ids).collect(),
        Value::String(text) if text.starts_with("t_") => type_identifier(text).into(),
        other => other.clone(),
    }
}

/// `t_mapping(t_address,t_struct(Checkpoint)123_storage)` without the 123.
fn type_identifier(identifier: &str) -> String {
    let mut kept = String::with_capacity(identifier.len());
    let mut rest = identifier;
    while let Some(start) = DECLARED_TYPES.iter().filter_map(|kind| rest.find(kind)).min() {
        let end = rest[start..].find(')').map_or(rest.len(), |length| start + length + 1);
        kept.push_str(&rest[..end]);
        rest = rest[end..].trim_start_matches(|digit: char| digit.is_ascii_digit());
    }
    kept + rest
}

/// The bytes of a code object.
///
/// # Errors
/// When there are none, as for an abstract contract, or libraries have to be linked into it.
pub fn code(object: &Value) -> Result<Vec<u8>> {
    let text = object.as_str().ok_or_eyre("there is no code object")?;
    ensure!(!text.is_empty(), "there is no code; is the contract abstract?");
    ensure!(!text.contains("__$"), "the code has to be linked with a library; make its functions internal");
    Ok(alloy_primitives::hex::decode(text)?)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn keys_are_sorted_and_lists_are_not() {
        let value = json!({"b": 1, "a": [{"d": 2, "c": 3}, 1, 0]});
        assert_eq!(sorted(&value).to_string(), r#"{"a":[{"c":3,"d":2},1,0],"b":1}"#);
    }

    #[test]
    fn type_identifiers_lose_ast_ids_and_keep_lengths() {
        for (identifier, expected) in [
            ("t_uint256", "t_uint256"),
            ("t_array(t_uint256)10_storage", "t_array(t_uint256)10_storage"),
            ("t_array(t_struct(A)5_storage)10_storage", "t_array(t_struct(A)_storage)10_storage"),
            ("t_mapping(t_contract(IERC20)71,t_enum(State)8)", "t_mapping(t_contract(IERC20),t_enum(State))"),
            ("t_userDefinedValueType(Tick)99", "t_userDefinedValueType(Tick)"),
        ] {
            assert_eq!(type_identifier(identifier), expected);
        }
    }

    #[test]
    fn storage_layouts_do_not_depend_on_ast_ids() {
        let layout = |id: u64| {
            let (point, map) = (
                format!("t_struct(Point){id}_storage"),
                format!("t_mapping(t_address,t_struct(Point){id}_storage)"),
            );
            json!({
                "storage": [{"astId": id + 1, "contract": "A.sol:A", "label": "points", "offset": 0, "slot": "3", "type": map}],
                "types": {
                    map: {"encoding": "mapping", "key": "t_address", "label": "mapping", "numberOfBytes": "32", "value": point},
                    point: {"encoding": "inplace", "label": "struct A.Point", "members": [
                        {"astId": id + 2, "contract": "A.sol:A", "label": "x", "offset": 0, "slot": "0", "type": "t_uint256"},
                    ]},
                },
            })
        };
        let stable = storage_layout(&layout(17)).unwrap();
        assert_eq!(stable.to_string(), storage_layout(&layout(1234)).unwrap().to_string());
        assert!(!stable.to_string().contains("astId"));
        assert_eq!(stable["storage"][0]["type"], "t_mapping(t_address,t_struct(Point)_storage)");
        assert_eq!(
            stable["types"]["t_mapping(t_address,t_struct(Point)_storage)"]["value"],
            "t_struct(Point)_storage"
        );
        assert_eq!(stable["types"]["t_struct(Point)_storage"]["members"][0]["slot"], "0");
    }

    #[test]
    fn types_are_not_confused() {
        let layout = json!({"storage": [], "types": {
            "t_struct(Point)1_storage": {"label": "struct A.Point"},
            "t_struct(Point)2_storage": {"label": "struct B.Point"},
        }});
        let error = storage_layout(&layout).unwrap_err().to_string();
        assert_eq!(
            error,
            "two types of the storage layout are named `t_struct(Point)_storage`; rename one of them"
        );
    }

    #[test]
    fn immutables_have_the_names_of_their_variables() {
        let ast = json!({"nodeType": "SourceUnit", "nodes": [
            {"nodeType": "ContractDefinition", "id": 9, "nodes": [
                {"nodeType": "VariableDeclaration", "id": 10, "name": "token"},
                {"nodeType": "VariableDeclaration", "id": 7, "name": "admin"},
                {"nodeType": "FunctionDefinition", "id": 11, "name": "token"},
            ]},
        ]});
        let names = variable_names([&ast].into_iter());
        let references = json!({"10": [{"start": 40, "length": 32}, {"start": 8, "length": 32}], "7": [{"start": 1, "length": 32}]});
        assert_eq!(
            immutable_references(&references, &names).unwrap().to_string(),
            r#"{"admin":[{"length":32,"start":1}],"token":[{"length":32,"start":8},{"length":32,"start":40}]}"#,
        );
        assert_eq!(immutable_references(&Value::Null, &names).unwrap(), json!({}));
        assert!(immutable_references(&json!({"11": []}), &names).is_err());
        let twins = BTreeMap::from([(1, "a".to_owned()), (2, "a".to_owned())]);
        let error = immutable_references(&json!({"1": [], "2": []}), &twins).unwrap_err().to_string();
        assert_eq!(error, "two immutables are named `a`; rename one of them");
    }

    #[test]
    fn code_that_cannot_be_deployed_is_refused() {
        assert_eq!(code(&json!("6001ff")).unwrap(), [0x60, 0x01, 0xff]);
        for object in
            [json!(null), json!(""), json!("73__$0123456789012345678901234567890123$__"), json!("6")]
        {
            assert!(code(&object).is_err(), "{object}");
        }
    }
}
