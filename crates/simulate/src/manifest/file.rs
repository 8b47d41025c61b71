//! The manifest's file.

use std::collections::BTreeMap;

use alloy::{
    dyn_abi::{DynSolType, DynSolValue},
    json_abi::Function,
    primitives::{Address, B256, Bytes, Selector, U256},
};
use btrst_gov::{Action, Deployment, Error, Result, amount::Amount, document::Document};
use serde::{Deserialize, Serialize};
use toml::Spanned;

use super::{Allowance, Asset, Call, Code, Invariant, Manifest, PowerChange, Role, Transfer, Write};
use crate::checks::selector;

/// Version of the file's form.
const SCHEMA_VERSION: u64 = 1;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    schema_version: Spanned<u64>,
    chain_id: Spanned<u64>,
    #[serde(default)]
    transfers: Vec<TransferEntry>,
    #[serde(default)]
    allowances: Vec<AllowanceEntry>,
    #[serde(default)]
    calls: Vec<CallEntry>,
    #[serde(default)]
    writes: Vec<WriteEntry>,
    #[serde(default)]
    powers: Vec<PowerEntry>,
    #[serde(default)]
    roles: Vec<RoleEntry>,
    #[serde(default)]
    code: Vec<CodeEntry>,
    #[serde(default)]
    invariants: Vec<InvariantEntry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TransferEntry {
    asset: Spanned<String>,
    item: Option<Spanned<String>>,
    from: Spanned<String>,
    to: Spanned<String>,
    amount: Option<Spanned<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AllowanceEntry {
    token: Spanned<String>,
    owner: Spanned<String>,
    spender: Spanned<String>,
    amount: Spanned<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CallEntry {
    contract: Spanned<String>,
    function: Spanned<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WriteEntry {
    contract: Spanned<String>,
    slot: Spanned<String>,
    after: Option<Spanned<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PowerEntry {
    contract: Spanned<String>,
    power: Spanned<String>,
    after: Spanned<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RoleEntry {
    contract: Spanned<String>,
    role: Spanned<String>,
    account: Spanned<String>,
    granted: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CodeEntry {
    contract: Spanned<String>,
    hash: Spanned<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct InvariantEntry {
    contract: Spanned<String>,
    call: Spanned<String>,
    #[serde(default)]
    arguments: Vec<Spanned<String>>,
    after: Option<Spanned<String>>,
}

impl Manifest {
    /// Reads the text of a manifest, with the names of `deployment`.
    ///
    /// # Errors
    /// With line and column: if the text is not TOML, a key is unknown or missing, a name is unknown, a value is not of
    /// its kind, or the manifest is for another chain.
    pub fn parse(text: &str, deployment: &Deployment) -> Result<Self> {
        let document = Document(text);
        let file: File = document.parse()?;
        document.convert(&file.schema_version, |version| match *version {
            SCHEMA_VERSION => Ok(()),
            version => Err(Error::SchemaVersion(version)),
        })?;
        let chain_id = document.convert(&file.chain_id, |id| {
            let expected = deployment.chain_id;
            let other =
                || Error::Toml(format!("the effects are for chain {id}, the deployment is on {expected}"));
            if *id == expected { Ok(*id) } else { Err(other()) }
        })?;
        let reader = Reader { document, deployment };
        Ok(Self {
            chain_id,
            transfers: file.transfers.iter().map(|entry| reader.transfer(entry)).collect::<Result<_>>()?,
            allowances: file.allowances.iter().map(|entry| reader.allowance(entry)).collect::<Result<_>>()?,
            calls: file.calls.iter().map(|entry| reader.call(entry)).collect::<Result<_>>()?,
            writes: file.writes.iter().map(|entry| reader.write(entry)).collect::<Result<_>>()?,
            powers: file.powers.iter().map(|entry| reader.power(entry)).collect::<Result<_>>()?,
            roles: file.roles.iter().map(|entry| reader.role(entry)).collect::<Result<_>>()?,
            code: file.code.iter().map(|entry| reader.code(entry)).collect::<Result<_>>()?,
            invariants: file.invariants.iter().map(|entry| reader.invariant(entry)).collect::<Result<_>>()?,
        })
    }

    /// The text of the manifest, which [`Manifest::parse`] reads back.
    ///
    /// # Errors
    /// None in practice: every value has a form in TOML.
    pub fn render(&self, deployment: &Deployment) -> Result<String> {
        let name =
            |address: Address| deployment.name_of(address).map_or_else(|| address.to_string(), str::to_owned);
        let word =
            |word: U256| if word.bit_len() <= 64 { word.to_string() } else { B256::from(word).to_string() };
        let row = |cells: Vec<(&'static str, Option<String>)>| -> BTreeMap<&'static str, String> {
            cells.into_iter().filter_map(|(key, value)| Some((key, value?))).collect()
        };
        let transfers = self.transfers.iter().map(|entry| {
            let (asset, item) = match entry.asset {
                Asset::Ether => ("ether".to_owned(), None),
                Asset::Token(token) => (name(token), None),
                Asset::Item(token, item) => (name(token), Some(word(item))),
            };
            row(vec![
                ("asset", Some(asset)),
                ("item", item),
                ("from", Some(name(entry.from))),
                ("to", Some(name(entry.to))),
                ("amount", entry.amount.map(|amount| amount.to_string())),
            ])
        });
        let allowances = self.allowances.iter().map(|entry| {
            row(vec![
                ("token", Some(name(entry.token))),
                ("owner", Some(name(entry.owner))),
                ("spender", Some(name(entry.spender))),
                ("amount", Some(entry.amount.to_string())),
            ])
        });
        let calls = self.calls.iter().map(|entry| {
            row(vec![
                ("contract", Some(name(entry.contract))),
                ("function", Some(entry.selector.to_string())),
            ])
        });
        let writes = self.writes.iter().map(|entry| {
            row(vec![
                ("contract", Some(name(entry.contract))),
                ("slot", Some(entry.slot.map_or_else(|| "any".to_owned(), word))),
                ("after", entry.after.map(word)),
            ])
        });
        let powers = self.powers.iter().map(|entry| {
            row(vec![
                ("contract", Some(name(entry.contract))),
                ("power", Some(entry.power.clone())),
                ("after", Some(entry.after.to_string())),
            ])
        });
        let code = self.code.iter().map(|entry| {
            row(vec![("contract", Some(name(entry.contract))), ("hash", Some(entry.hash.to_string()))])
        });
        let roles = self.roles.iter().map(|entry| RenderedRole {
            contract: name(entry.contract),
            role: entry.role,
            account: name(entry.account),
            granted: entry.granted,
        });
        let invariants = self.invariants.iter().map(|entry| {
            row(vec![
                ("contract", Some(name(entry.contract))),
                ("call", Some(entry.call.to_string())),
                ("after", entry.after.as_ref().map(ToString::to_string)),
            ])
        });
        let text = toml::to_string(&Rendered {
            schema_version: SCHEMA_VERSION,
            chain_id: self.chain_id,
            transfers: transfers.collect(),
            allowances: allowances.collect(),
            calls: calls.collect(),
            writes: writes.collect(),
            powers: powers.collect(),
            roles: roles.collect(),
            code: code.collect(),
            invariants: invariants.collect(),
        })?;
        Ok(format!(
            "# What the proposal is meant to do. The line for its description:\n# {}\n{text}",
            self.line()
        ))
    }
}

type Row = BTreeMap<&'static str, String>;

#[derive(Serialize)]
struct Rendered {
    schema_version: u64,
    chain_id: u64,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    transfers: Vec<Row>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    allowances: Vec<Row>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    calls: Vec<Row>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    writes: Vec<Row>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    powers: Vec<Row>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    roles: Vec<RenderedRole>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    code: Vec<Row>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    invariants: Vec<Row>,
}

#[derive(Serialize)]
struct RenderedRole {
    contract: String,
    role: B256,
    account: String,
    granted: bool,
}

#[derive(Clone, Copy)]
struct Reader<'a> {
    document: Document<'a>,
    deployment: &'a Deployment,
}

impl Reader<'_> {
    fn address(self, text: &Spanned<String>) -> Result<Address> {
        self.document.convert(text, |text| self.deployment.resolve(text))
    }

    /// A number of base units, or an amount with its unit.
    fn amount(self, text: &Spanned<String>) -> Result<U256> {
        self.document.convert(text, |text| Ok(Amount::parse_any(text)?.base))
    }

    /// A word as a decimal number, as hexadecimal digits, or as a name of the deployment.
    fn word(self, text: &Spanned<String>) -> Result<U256> {
        self.document.convert(text, |text| {
            let digits = text.starts_with(|c: char| c.is_ascii_digit());
            match text.parse::<U256>() {
                Ok(word) if digits => Ok(word),
                _ if digits => Err(Error::Toml(format!("`{text}` is no word of 32 bytes"))),
                _ => Ok(U256::from_be_bytes(self.deployment.resolve(text)?.into_word().0)),
            }
        })
    }

    fn optional<T>(
        self,
        value: Option<&Spanned<String>>,
        read: impl Fn(&Spanned<String>) -> Result<T>,
    ) -> Result<Option<T>> {
        value.map(read).transpose()
    }

    fn hash(self, text: &Spanned<String>) -> Result<B256> {
        self.document.convert(text, |text| {
            text.parse().map_err(|_| Error::Toml(format!("`{text}` is no hash of 32 bytes")))
        })
    }

    /// Bytes in hexadecimal digits, or a name of the deployment, which stands for the word with its address.
    fn bytes(self, text: &Spanned<String>) -> Result<Bytes> {
        self.document.convert(text, |text| match text.strip_prefix("0x") {
            Some(_) => text.parse().map_err(|_| Error::Toml(format!("`{text}` is no list of bytes"))),
            None => Ok(self.deployment.resolve(text)?.into_word().to_vec().into()),
        })
    }

    /// A selector, or the signature that it is of.
    fn function(self, text: &Spanned<String>) -> Result<Selector> {
        self.document.convert(text, |text| match text.strip_prefix("0x") {
            Some(_) => text.parse().map_err(|_| Error::Toml(format!("`{text}` is no selector of 4 bytes"))),
            None => {
                let action = Action { signature: text.clone(), ..Action::payment(Address::ZERO, U256::ZERO) };
                match action.arguments() {
                    // Without call data there is nothing to decode; a signature that can be read is enough.
                    Ok(_) | Err(Error::InvalidCalldata(_)) => Ok(selector(text)),
                    Err(problem) => Err(problem),
                }
            }
        })
    }

    fn transfer(self, entry: &TransferEntry) -> Result<Transfer> {
        let asset = match (entry.asset.get_ref().as_str(), &entry.item) {
            ("ether", None) => Asset::Ether,
            (_, None) => Asset::Token(self.address(&entry.asset)?),
            (_, Some(item)) => Asset::Item(self.address(&entry.asset)?, self.word(item)?),
        };
        Ok(Transfer {
            asset,
            from: self.address(&entry.from)?,
            to: self.address(&entry.to)?,
            amount: self.optional(entry.amount.as_ref(), |text| self.amount(text))?,
        })
    }

    fn allowance(self, entry: &AllowanceEntry) -> Result<Allowance> {
        Ok(Allowance {
            token: self.address(&entry.token)?,
            owner: self.address(&entry.owner)?,
            spender: self.address(&entry.spender)?,
            amount: self.amount(&entry.amount)?,
        })
    }

    fn call(self, entry: &CallEntry) -> Result<Call> {
        Ok(Call { contract: self.address(&entry.contract)?, selector: self.function(&entry.function)? })
    }

    fn write(self, entry: &WriteEntry) -> Result<Write> {
        let slot = if entry.slot.get_ref() == "any" { None } else { Some(self.word(&entry.slot)?) };
        let after = self.optional(entry.after.as_ref(), |text| self.word(text))?;
        if let (None, Some(after)) = (slot, &entry.after) {
            let problem = Error::Toml("`after` belongs to one slot, but `slot` is `any`".into());
            return Err(self.document.at(after.span(), problem));
        }
        Ok(Write { contract: self.address(&entry.contract)?, slot, after })
    }

    fn power(self, entry: &PowerEntry) -> Result<PowerChange> {
        Ok(PowerChange {
            contract: self.address(&entry.contract)?,
            power: entry.power.get_ref().clone(),
            after: self.bytes(&entry.after)?,
        })
    }

    fn role(self, entry: &RoleEntry) -> Result<Role> {
        Ok(Role {
            contract: self.address(&entry.contract)?,
            role: self.hash(&entry.role)?,
            account: self.address(&entry.account)?,
            granted: entry.granted,
        })
    }

    fn code(self, entry: &CodeEntry) -> Result<Code> {
        Ok(Code { contract: self.address(&entry.contract)?, hash: self.hash(&entry.hash)? })
    }

    fn invariant(self, entry: &InvariantEntry) -> Result<Invariant> {
        let call = match entry.call.get_ref().strip_prefix("0x") {
            Some(_) => self.bytes(&entry.call)?,
            None => {
                self.function(&entry.call)?;
                self.question(entry)?
            }
        };
        let mut words = entry.call.get_ref().clone();
        if !entry.arguments.is_empty() {
            let given: Vec<_> = entry.arguments.iter().map(|value| value.get_ref().as_str()).collect();
            words.push_str(&format!(" of {}", given.join(", ")));
        }
        Ok(Invariant {
            contract: self.address(&entry.contract)?,
            call,
            words,
            after: self.optional(entry.after.as_ref(), |text| match text.get_ref().starts_with("0x") {
                true if text.get_ref().len() != 66 => self.bytes(text),
                _ => Ok(B256::from(self.word(text)?).to_vec().into()),
            })?,
        })
    }

    /// The call data of a question with arguments that are written as text.
    fn question(self, entry: &InvariantEntry) -> Result<Bytes> {
        let signature = entry.call.get_ref();
        let invalid = || Error::InvalidSignature(signature.clone());
        let function =
            Function::parse(signature).map_err(|_| self.document.at(entry.call.span(), invalid()))?;
        if function.inputs.len() != entry.arguments.len() {
            let problem = Error::ValueCount {
                expected: signature.clone(),
                count: function.inputs.len(),
                given: entry.arguments.len(),
            };
            return Err(self.document.at(entry.call.span(), problem));
        }
        let arguments = function.inputs.iter().zip(&entry.arguments).map(|(input, given)| {
            self.document.convert(given, |text| {
                let ty = DynSolType::parse(&input.ty).map_err(|_| invalid())?;
                if ty == DynSolType::Address {
                    return Ok(DynSolValue::Address(self.deployment.resolve(text)?));
                }
                ty.coerce_str(text)
                    .map_err(|_| Error::WrongType { expected: input.ty.clone(), given: text.clone() })
            })
        });
        let action = Action::call(Address::ZERO, U256::ZERO, signature, arguments.collect::<Result<_>>()?);
        let action = action.map_err(|problem| self.document.at(entry.call.span(), problem))?;
        Ok(action.input())
    }
}
