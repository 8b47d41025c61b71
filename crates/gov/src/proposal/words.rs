//! What a reader sees in a text, and what not.

/// Control characters but for line ends and tabs, zero-width and invisible ones, and those that turn the direction of
/// text. Joiners inside of words of some scripts are among them: a title in such a script has to do without.
pub fn is_hidden(character: char) -> bool {
    match character {
        '\n' | '\t' | '\r' => false,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{180e}' | '\u{3164}' | '\u{feff}' => {
            true
        }
        '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' => true,
        '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}' => true,
        other => other.is_control(),
    }
}

/// Whether `text` has `word` between characters that do not belong to names.
pub fn has_word(text: &str, word: &str) -> bool {
    let belongs = |c: char| c.is_alphanumeric() || c == '_' || c == '-';
    text.match_indices(word).any(|(at, found)| {
        let before = text.get(..at).and_then(|text| text.chars().next_back());
        let after = text.get(at + found.len()..).and_then(|text| text.chars().next());
        !before.is_some_and(belongs) && !after.is_some_and(belongs)
    })
}

/// Whether `text` has the number `digits`, with or without groups of digits.
pub fn has_number(text: &str, digits: &str) -> bool {
    let characters: Vec<char> = text.chars().collect();
    let mut numbers = Vec::new();
    let mut number = String::new();
    for (index, character) in characters.iter().enumerate() {
        let next_is_digit = characters.get(index + 1).is_some_and(char::is_ascii_digit);
        match character {
            digit if digit.is_ascii_digit() => number.push(*digit),
            ',' | '_' | '\'' | '\u{a0}' | '\u{202f}' if !number.is_empty() && next_is_digit => {}
            '.' if !number.is_empty() && next_is_digit => number.push('.'),
            _ => numbers.push(std::mem::take(&mut number)),
        }
    }
    numbers.push(number);
    let plain = |number: &str| match number.split_once('.') {
        Some((whole, fraction)) => {
            format!("{whole}.{}", fraction.trim_end_matches('0')).trim_end_matches('.').to_owned()
        }
        None => number.to_owned(),
    };
    numbers.iter().any(|number| plain(number) == digits)
}

/// `text` of a chain for a terminal: characters that do not show, or change how others show, are written as escapes.
pub fn visible(text: &str) -> String {
    text.chars().fold(String::with_capacity(text.len()), |mut shown, character| {
        match character {
            '\r' => shown.push_str("\\r"),
            hidden if is_hidden(hidden) => shown.extend(hidden.escape_unicode()),
            other => shown.push(other),
        }
        shown
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hidden_characters_become_escapes() {
        assert_eq!(visible("a\tb\n\u{1b}[2J\u{202e}c\r"), "a\tb\n\\u{1b}[2J\\u{202e}c\\r");
    }

    #[test]
    fn numbers_are_found_with_and_without_groups() {
        for text in ["pay 25,000", "25_000.00 BTRST", "(25000)", "25'000"] {
            assert!(has_number(text, "25000"), "{text}");
        }
        for text in ["125,000", "25,000.5", "25 000", "2500", ""] {
            assert!(!has_number(text, "25000"), "{text}");
        }
        assert!(has_number("0.50 ether", "0.5"));
    }
}
