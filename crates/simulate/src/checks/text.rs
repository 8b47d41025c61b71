//! What a description does to the eyes of its readers. Everything here is linear in the length of the text.

use std::collections::BTreeSet;

use alloy::primitives::Address;
use btrst_gov::proposal::is_hidden;
use unicode_security::{MixedScript, confusable_detection::skeleton};

/// Most things of one kind that are collected; a megabyte of tricks is as bad as ten of them.
const MAX_FOUND: usize = 10;

/// Longest word that is compared with names, in bytes.
const MAX_WORD: usize = 128;

/// Longest destination of a link that is looked at, in characters.
const MAX_LINK: usize = 400;

/// Blank lines in a row behind which text is out of sight.
const MANY_BLANK_LINES: usize = 30;

/// A trick of a text.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Trick {
    /// Characters that do not show, or change how others show; with the line of the first.
    Hidden { character: char, line: usize },
    /// A word of letters of several scripts.
    MixedScript { word: String, line: usize },
    /// A word that looks like a name and is another.
    Imitation { word: String, name: String, line: usize },
    /// A digit of another script, which readers and programs count differently.
    ForeignDigit { character: char, line: usize },
    /// HTML that some viewers render and others show.
    Html { tag: String, line: usize },
    /// A part of the text that renderers leave out.
    Comment { line: usize },
    /// A link whose text is an address or a link, and which leads elsewhere.
    FalseLink { text: String, destination: String, line: usize },
    /// A link that runs a program.
    Script { destination: String, line: usize },
    /// Text far below the rest.
    OutOfSight { line: usize },
}

impl Trick {
    /// Whether it can only be meant to deceive.
    pub const fn is_deceptive(&self) -> bool {
        !matches!(self, Self::Html { .. } | Self::ForeignDigit { .. } | Self::OutOfSight { .. })
    }
}

impl std::fmt::Display for Trick {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Hidden { character, line } => write!(
                f,
                "line {line}: character U+{:04X} does not show, or changes how others show",
                u32::from(*character)
            ),
            Self::MixedScript { word, line } => {
                write!(f, "line {line}: `{word}` mixes letters of several scripts ({})", code_points(word))
            }
            Self::Imitation { word, name, line } => {
                write!(f, "line {line}: `{word}` looks like `{name}`, but is not ({})", code_points(word))
            }
            Self::ForeignDigit { character, line } => {
                write!(
                    f,
                    "line {line}: `{character}` (U+{:04X}) is a digit of another script",
                    u32::from(*character)
                )
            }
            Self::Html { tag, line } => write!(f, "line {line}: HTML `<{tag}>`"),
            Self::Comment { line } => write!(f, "line {line}: an HTML comment hides text from readers"),
            Self::FalseLink { text, destination, line } => {
                write!(f, "line {line}: a link shows `{text}` and leads to `{destination}`")
            }
            Self::Script { destination, line } => write!(f, "line {line}: a link runs `{destination}`"),
            Self::OutOfSight { line } => {
                write!(f, "line {line}: text after more than {MANY_BLANK_LINES} blank lines, out of sight")
            }
        }
    }
}

/// Characters that are not ASCII, as their numbers.
fn code_points(word: &str) -> String {
    let foreign = word.chars().filter(|c| !c.is_ascii()).take(4);
    foreign.map(|c| format!("U+{:04X}", u32::from(c))).collect::<Vec<_>>().join(", ")
}

/// The tricks of `text`, ten of each kind at most; `names` are those that must not be imitated.
pub(super) fn tricks(text: &str, names: &[&str]) -> Vec<Trick> {
    let mut found: Vec<Trick> = Vec::new();
    let mut counts = std::collections::HashMap::new();
    let mut add = |trick: Trick| {
        let count: &mut usize = counts.entry(std::mem::discriminant(&trick)).or_default();
        *count += 1;
        if *count <= MAX_FOUND {
            found.push(trick);
        }
    };
    let names: Vec<(&str, String)> = names.iter().map(|name| (*name, folded(name))).collect();
    let mut blank = 0;
    for (line, content) in (1..).zip(text.split('\n')) {
        let content = content.strip_suffix('\r').unwrap_or(content);
        if content.trim().is_empty() {
            blank += 1;
        } else {
            if blank > MANY_BLANK_LINES {
                add(Trick::OutOfSight { line });
            }
            blank = 0;
        }
        characters(content, line, &mut add);
        words(content, line, &names, &mut add);
        markup(content, line, &mut add);
        links(content, line, &mut add);
    }
    found
}

fn characters(content: &str, line: usize, add: &mut impl FnMut(Trick)) {
    let mut hidden = BTreeSet::new();
    for character in content.chars() {
        // A carriage return that ends no line moves the cursor back over what was read.
        if (is_hidden(character) || character == '\r') && hidden.len() < MAX_FOUND && hidden.insert(character)
        {
            add(Trick::Hidden { character, line });
        }
        if character.is_numeric() && !character.is_ascii() && !is_notation(character) {
            add(Trick::ForeignDigit { character, line });
        }
    }
}

/// Superscripts, fractions and circled numbers, which nobody reads as the digits of an amount.
fn is_notation(character: char) -> bool {
    matches!(character, '\u{b2}' | '\u{b3}' | '\u{b9}' | '\u{bc}'..='\u{be}' | '\u{2070}'..='\u{218b}' | '\u{2460}'..='\u{24ff}')
}

fn words(content: &str, line: usize, names: &[(&str, String)], add: &mut impl FnMut(Trick)) {
    if content.is_ascii() {
        return;
    }
    let parts = content.split(|c: char| !(c.is_alphanumeric() || c == '_'));
    for word in parts.filter(|word| !word.is_ascii() && word.len() <= MAX_WORD) {
        let shape = folded(word);
        if let Some((name, _)) = names.iter().find(|(name, known)| *known == shape && *name != word) {
            add(Trick::Imitation { word: word.into(), name: (*name).into(), line });
        } else if imitates_address(word) {
            add(Trick::Imitation { word: word.into(), name: "an address".into(), line });
        } else if !word.is_single_script() {
            add(Trick::MixedScript { word: word.into(), line });
        }
    }
}

/// Whether `word` looks like the start of an address, and is not all of ASCII.
fn imitates_address(word: &str) -> bool {
    let plain: String = word
        .chars()
        .flat_map(|c| if c.is_ascii() { vec![c] } else { skeleton(&c.to_string()).collect() })
        .collect();
    let digits = plain.strip_prefix("0x").or_else(|| plain.strip_prefix("Ox")).unwrap_or_default();
    digits.len() >= 8 && digits.chars().all(|c| c.is_ascii_hexdigit() || matches!(c, 'O' | 'l'))
}

/// What a word looks like (UTS 39), in small letters.
pub(super) fn folded(word: &str) -> String {
    skeleton(&word.to_lowercase()).collect()
}

fn markup(content: &str, line: usize, add: &mut impl FnMut(Trick)) {
    for (at, _) in content.match_indices('<') {
        let rest = content.get(at + 1..).unwrap_or_default();
        if rest.starts_with("!--") {
            add(Trick::Comment { line });
            continue;
        }
        let inner = rest.strip_prefix('/').unwrap_or(rest);
        let tag: String = inner.chars().take_while(|c| c.is_ascii_alphanumeric()).take(20).collect();
        let after = inner.get(tag.len()..).and_then(|rest| rest.chars().next());
        // `<https://…>` and `<a@b.c>` are Markdown's links, which show where they lead.
        let is_tag = tag.starts_with(|c: char| c.is_ascii_alphabetic())
            && after.is_none_or(|c| c.is_whitespace() || matches!(c, '>' | '/'));
        if is_tag {
            add(Trick::Html { tag, line });
        }
    }
}

fn links(content: &str, line: usize, add: &mut impl FnMut(Trick)) {
    // The start of the text of the link that ends at the next `](`.
    let mut open = None;
    let mut characters = content.char_indices().peekable();
    while let Some((at, character)) = characters.next() {
        match character {
            '[' => open = Some(at + 1),
            ']' if characters.peek().is_some_and(|(_, next)| *next == '(') => {
                let text = open.take().and_then(|start| content.get(start..at)).unwrap_or_default().trim();
                let rest = content.get(at + 2..).unwrap_or_default();
                // Looks no further than that, so that a text of links that do not end takes no time.
                let end = rest.char_indices().take(MAX_LINK).find(|(_, c)| matches!(c, ')' | ' '));
                let Some(destination) = end.and_then(|(end, _)| rest.get(..end)) else { continue };
                let lower: String =
                    destination.chars().filter(|c| !c.is_whitespace()).collect::<String>().to_lowercase();
                if ["javascript:", "data:", "vbscript:"].iter().any(|scheme| lower.starts_with(scheme)) {
                    add(Trick::Script { destination: destination.into(), line });
                } else if is_address(text) && !lower.contains(&text.to_lowercase())
                    || names_other_host(text, destination)
                {
                    let text = text.chars().take(100).collect();
                    add(Trick::FalseLink { text, destination: destination.into(), line });
                }
            }
            _ => {}
        }
    }
}

fn is_address(text: &str) -> bool {
    let text = text.trim_matches('`');
    text.len() == 42 && text.starts_with("0x") && text.parse::<Address>().is_ok()
}

/// Whether a link's text is itself a link, to another host than its destination.
fn names_other_host(text: &str, destination: &str) -> bool {
    let host = |link: &str| -> Option<String> {
        let (_, rest) = link.split_once("://")?;
        let host = rest.split(['/', '?', '#']).next()?;
        Some(host.rsplit('@').next()?.trim_start_matches("www.").to_lowercase())
    };
    host(text).is_some_and(|shown| host(destination) != Some(shown))
}

/// Addresses that stand in `text`, each with how it is written there; the first thousand.
pub(super) fn addresses(text: &str) -> Vec<(Address, &str)> {
    let mut found: Vec<(Address, &str)> = Vec::new();
    let mut seen = BTreeSet::new();
    for (at, _) in text.match_indices("0x") {
        let digits = text.get(at + 2..).unwrap_or_default();
        let length = digits.bytes().take(41).take_while(u8::is_ascii_hexdigit).count();
        let Some(written) = text.get(at..at + 2 + length).filter(|_| length == 40) else { continue };
        if let Ok(address) = written.parse::<Address>()
            && seen.len() < 1_000
            && seen.insert(written)
        {
            found.push((address, written));
        }
    }
    found
}

/// Amounts of a known unit that stand in `text`, such as `25,000 BTRST`, as digits and unit; the first thousand.
pub(super) fn amounts<'a>(text: &'a str, units: &[&'a str]) -> Vec<(String, &'a str)> {
    let mut found = Vec::new();
    for unit in units {
        for (at, _) in text.match_indices(unit) {
            let after = text.get(at + unit.len()..).and_then(|rest| rest.chars().next());
            if after.is_some_and(|c| c.is_alphanumeric() || c == '_') {
                continue;
            }
            let before = text.get(..at).unwrap_or_default();
            let before = before.strip_suffix([' ', '\u{a0}', '\u{202f}']).unwrap_or(before);
            let length = before
                .bytes()
                .rev()
                .take(100)
                .take_while(|b| b.is_ascii_digit() || matches!(b, b',' | b'_' | b'\'' | b'.'))
                .count();
            let written = before.get(before.len() - length..).unwrap_or_default();
            let digits: String = written.chars().filter(|c| c.is_ascii_digit() || *c == '.').collect();
            let digits = match digits.trim_matches('.').split_once('.') {
                Some((whole, fraction)) => {
                    format!("{whole}.{}", fraction.trim_end_matches('0')).trim_end_matches('.').to_owned()
                }
                None => digits.trim_matches('.').to_owned(),
            };
            if !digits.is_empty() && found.len() < 1_000 {
                found.push((digits, *unit));
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NAMES: [&str; 3] = ["BTRST", "timelock", "amara"];

    fn shown(text: &str) -> Vec<String> {
        tricks(text, &NAMES).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn honest_text_has_no_tricks() {
        let text = "# Pay `amara` 25,000 BTRST\r\n\nÜber 5 m² für Zoë, naïve café, 東京の提案 and Привет.\n\
                    [the forum](https://forum.example/t/1) <https://a.example> a < b, 2 > 1\n";
        assert_eq!(shown(text), [] as [&str; 0]);
    }

    #[test]
    fn each_trick_is_named_with_its_line() {
        let table = [
            ("# T\nab\u{202e}c", "line 2: character U+202E does not show, or changes how others show"),
            ("pay\u{200b}", "line 1: character U+200B does not show, or changes how others show"),
            ("a\rb", "line 1: character U+000D does not show, or changes how others show"),
            ("pay \u{430}mara", "line 1: `\u{430}mara` looks like `amara`, but is not (U+0430)"),
            (
                "the \u{0441}omptroller",
                "line 1: `\u{441}omptroller` mixes letters of several scripts (U+0441)",
            ),
            ("\u{ff11}000 BTRST", "line 1: `\u{ff11}` (U+FF11) is a digit of another script"),
            ("x <img src=x onerror=y>", "line 1: HTML `<img>`"),
            ("a <!-- b --> c", "line 1: an HTML comment hides text from readers"),
            (
                "[https://a.example/x](https://b.example/x)",
                "line 1: a link shows `https://a.example/x` and leads to `https://b.example/x`",
            ),
            ("[x](JavaScript:alert)", "line 1: a link runs `JavaScript:alert`"),
        ];
        for (text, expected) in table {
            assert!(shown(text).contains(&expected.to_owned()), "{text:?}: {:?}", shown(text));
        }
        let far = format!("# T\n{}hidden terms", "\n".repeat(40));
        assert_eq!(shown(&far), ["line 42: text after more than 30 blank lines, out of sight"]);
        let address = "0x1a0D3d5a43e53510f80F16905Bc96e907A47dD01";
        let link =
            format!("[{address}](https://explorer.example/0x2a0D3d5a43e53510f80F16905Bc96e907A47dD01)");
        assert!(matches!(tricks(&link, &NAMES)[..], [Trick::FalseLink { .. }]));
        let honest = format!("[{address}](https://explorer.example/{})", address.to_lowercase());
        assert_eq!(shown(&honest), [] as [&str; 0]);
    }

    #[test]
    fn a_megabyte_of_tricks_is_ten_of_each() {
        for unit in ["\u{202e}", "<b>", "[", "](", "а a", "0x", "<!--", "[x](javascript:", "\n"] {
            let text = unit.repeat(1_000_000 / unit.len());
            assert!(tricks(&text, &NAMES).len() <= 60, "{unit}");
            assert!(addresses(&text).is_empty());
        }
        assert!(amounts(&"1 BTRST ".repeat(100_000), &["BTRST"]).len() <= 1_000);
    }

    #[test]
    fn addresses_and_amounts_are_found_whole() {
        let address = "0x1a0D3d5a43e53510f80F16905Bc96e907A47dD01";
        let text = format!("{address}, 0x{} and {}", "a".repeat(64), &address[..41]);
        assert_eq!(addresses(&text), [(address.parse().unwrap(), address)]);
        let found = amounts("25,000.50 BTRST, 3BTRST. BTRST 7 USDCx 1'000 USDC", &["BTRST", "USDC"]);
        assert_eq!(found, [("25000.5".into(), "BTRST"), ("3".into(), "BTRST"), ("1000".into(), "USDC")]);
    }

    proptest! {
        #[test]
        fn any_text_is_answered(text in "\\PC*|.*") {
            let _ = tricks(&text, &NAMES);
            let _ = addresses(&text);
            let _ = amounts(&text, &["BTRST"]);
        }
    }
}
