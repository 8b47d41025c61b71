//! Mistakes in a proposal file: each is named with its line and column, with a way out, before anything is played.

use std::fs;

use snapbox::{assert_data_eq, str};

use crate::program::{assert_nothing_left, btrst, port, run};

/// What `btrst demo` says about the proposal file `text`.
fn refused(text: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("proposal.toml");
    fs::write(&file, text).unwrap();
    let port = port();
    let mut command = btrst(["demo", "--quiet", "--port", &port.to_string(), "--proposal"]);
    command.arg(&file);
    let ended = run(command);
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(2), ""), "{}", ended.stderr);
    assert_nothing_left(port);
    ended.stderr.replace(file.to_str().unwrap(), "FILE")
}

/// A proposal file with these actions.
fn file(actions: &str) -> String {
    format!("description = \"# Title\"\n{actions}")
}

/// A proposal file with one transfer of BTRST, whose arguments are these.
fn transfer(arguments: &str) -> String {
    file(&format!(
        "[[actions]]\ncontract = \"btrst\"\nfunction = \"transfer(address,uint256)\"\narguments = {arguments}\n"
    ))
}

#[test]
fn anvil_a_proposal_that_is_not_toml() {
    assert_data_eq!(
        refused("# A title\n\nand a text\n"),
        str![[r#"
error: cannot use the proposal file `FILE`
caused by: line 3, column 5: key with no value, expected `=`
hint: the files in `proposals/` and `deployments/` of the repository show the form

"#]]
    );
}

#[test]
fn anvil_a_proposal_that_is_not_text() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("proposal.toml");
    fs::write(&file, [0xff, 0xfe]).unwrap();
    let ended = run(btrst(["demo", "--quiet", "--proposal", file.to_str().unwrap()]));
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(2), ""));
    assert_data_eq!(
        ended.stderr.replace(file.to_str().unwrap(), "FILE"),
        str![[r#"
error: cannot read the proposal file `FILE`
caused by: stream did not contain valid UTF-8
hint: name a file with --proposal, such as `proposals/marketplace-fee-and-grant.toml`

"#]]
    );
}

#[test]
fn anvil_a_proposal_with_an_unknown_key() {
    assert_data_eq!(
        refused(&(transfer("[\"grantee\", 1]") + "gas = 1\n")),
        str![[r#"
error: cannot use the proposal file `FILE`
caused by: line 6, column 1: unknown field `gas`, expected one of `contract`, `function`, `arguments`, `value`, `comment`
hint: the files in `proposals/` and `deployments/` of the repository show the form

"#]]
    );
}

#[test]
fn anvil_a_proposal_with_a_value_of_a_wrong_type() {
    assert_data_eq!(
        refused(&transfer("[\"grantee\", true]")),
        str![[r#"
error: cannot use the proposal file `FILE`
caused by: line 5, column 25: `true` is not a `uint256`
hint: write a whole number, or an amount in quotes such as `"25_000btrst"`

"#]]
    );
}

#[test]
fn anvil_a_proposal_with_a_key_of_a_wrong_type() {
    assert_data_eq!(
        refused(&transfer("5")),
        str![[r#"
error: cannot use the proposal file `FILE`
caused by: line 5, column 13: invalid type: integer `5`, expected a sequence
hint: the files in `proposals/` and `deployments/` of the repository show the form

"#]]
    );
}

#[test]
fn anvil_a_proposal_for_an_unknown_contract() {
    assert_data_eq!(
        refused(&transfer("[]").replace("\"btrst\"", "\"btsrt\"")),
        str![[r#"
error: cannot use the proposal file `FILE`
caused by: line 3, column 12: unknown name `btsrt`
hint: did you mean `btrst`?

"#]]
    );
}

#[test]
fn anvil_a_proposal_with_too_many_decimals() {
    assert_data_eq!(
        refused(&transfer("[\"grantee\", \"0.1234567890123456789btrst\"]")),
        str![[r#"
error: cannot use the proposal file `FILE`
caused by: line 5, column 25: amount `0.1234567890123456789btrst` is finer than BTRST with 18 decimals
hint: round it to 18 decimals

"#]]
    );
}

#[test]
fn anvil_a_proposal_of_eleven_actions() {
    let action = |fee| {
        format!(
            "[[actions]]\ncontract = \"governance_decisions\"\nfunction = \"setMarketplaceFee(uint8)\"\narguments = [{fee}]\n"
        )
    };
    assert_data_eq!(
        refused(&file(&(0..11).map(action).collect::<String>())),
        str![[r#"
error: cannot use the proposal file `FILE`
caused by: line 2, column 1: 11 actions, expected 1 to 10
hint: split it into proposals of at most 10 actions each

"#]]
    );
}

#[test]
fn anvil_a_proposal_with_too_few_arguments() {
    assert_data_eq!(
        refused(&transfer("[\"grantee\"]")),
        str![[r#"
error: cannot use the proposal file `FILE`
caused by: line 5, column 13: 1 values for `transfer(address,uint256)`, which takes 2
hint: give one value for each type of `transfer(address,uint256)`

"#]]
    );
}

#[test]
fn anvil_a_proposal_with_a_short_form_in_a_signature() {
    let text = transfer("[\"grantee\", 1]").replace("uint256", "uint");
    assert_data_eq!(
        refused(&text),
        str![[r#"
error: cannot use the proposal file `FILE`
caused by: line 4, column 12: function signature `transfer(address,uint)` is not canonical
hint: write `transfer(address,uint256)`

"#]]
    );
}

#[test]
fn anvil_a_proposal_out_of_range() {
    let text = file(
        "[[actions]]\ncontract = \"governance_decisions\"\nfunction = \"setMarketplaceFee(uint8)\"\narguments = [256]\n",
    );
    assert_data_eq!(
        refused(&text),
        str![[r#"
error: cannot use the proposal file `FILE`
caused by: line 5, column 14: `256` is out of range for `uint8`
hint: check the value and its unit, and the type in the signature

"#]]
    );
}

#[test]
fn anvil_a_proposal_to_an_address_with_a_typing_error() {
    let text = transfer("[\"0x799ebfABE77a6E34311eeEe9825190B9ECe32825\", 1]");
    assert_data_eq!(
        refused(&text),
        str![[r#"
error: cannot use the proposal file `FILE`
caused by: line 5, column 14: wrong checksum in address `0x799ebfABE77a6E34311eeEe9825190B9ECe32825`
hint: a digit may be mistyped: compare it with its source; if all digits are right, write `0x799EbfabE77a6e34311eEEe9825190b9EcE32825`

"#]]
    );
}

#[test]
fn anvil_a_proposal_that_the_demo_does_not_know() {
    let text = file(
        "[[actions]]\ncontract = \"timelock\"\nfunction = \"setDelay(uint256)\"\narguments = [604_800]\n",
    );
    assert_data_eq!(
        refused(&text),
        str![[r#"
error: the demo does not know what `Timelock.setDelay(delay = 604,800 seconds)` should do
hint: it plays `setMarketplaceFee` and transfers of BTRST to `grantee`; for other proposals, start `btrst devnet`

"#]]
    );
}

#[test]
fn anvil_a_grant_to_somebody_else_than_the_demo_knows() {
    assert_data_eq!(
        refused(&transfer("[\"dora\", \"1btrst\"]")),
        str![[r#"
error: the demo does not know what `BTRST.transfer(to = dora, amount = 1 BTRST)` should do
hint: it plays `setMarketplaceFee` and transfers of BTRST to `grantee`; for other proposals, start `btrst devnet`

"#]]
    );
}

#[test]
fn anvil_a_grant_by_another_contract_than_the_demo_knows() {
    let text = transfer("[\"grantee\", \"1usdc\"]").replace("\"btrst\"", "\"usdc\"");
    assert_data_eq!(
        refused(&text),
        str![[r#"
error: the demo does not know what `USDC.transfer(to = grantee, amount = 1 USDC)` should do
hint: it plays `setMarketplaceFee` and transfers of BTRST to `grantee`; for other proposals, start `btrst devnet`

"#]]
    );
}
