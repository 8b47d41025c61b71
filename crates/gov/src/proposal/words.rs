//! What a reader sees in a text, and what not.

/// Control characters but for line ends and tabs, zero-width and invisible ones, and those that turn the direction of
/// text. Joiners inside of words of some scripts are among them: a title in such a script has to do without.
pub(super) fn is_hidden(character: char) -> bool {
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
pub(super) fn has_word(text: &str, word: &str) -> bool {
    let belongs = |c: char| c.is_alphanumeric() || c == '_' || c == '-';
    text.match_indices(word).any(|(at, found)| {
        let before = text.get(..at).and_then(|text| text.chars().next_back());
        let after = text.get(at + found.len()..).and_then(|text| text.chars().next());
        !before.is_some_and(belongs) && !after.is_some_and(belongs)
    })
}

/// Whether `text` has the number `digits`, with or without groups of digits.
pub(super) fn has_number(text: &str, digits: &str) -> bool {
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
