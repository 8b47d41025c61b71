//! Hostile text made harmless for each form of the report.

use std::borrow::Cow;

use btrst_gov::proposal::visible;

/// One line for a terminal: nothing hidden, nothing that moves the cursor or turns the direction.
pub(super) fn line(text: &str) -> String {
    visible(text).replace(['\n', '\t'], " ")
}

/// Text of an HTML or XML document, also inside of a quoted attribute. XML knows no way to write control characters
/// at all, so they become visible escapes first.
pub(super) fn markup(text: &str) -> String {
    let shown = visible(text);
    let mut escaped = String::with_capacity(shown.len());
    for character in shown.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            // No characters, but Rust's strings can hold them, and XML refuses them.
            '\u{fffe}' | '\u{ffff}' => escaped.extend(character.escape_unicode()),
            other => escaped.push(other),
        }
    }
    escaped
}

/// One line of Markdown that shows the text and does nothing else: no emphasis, code, link, image, HTML or table cell.
pub(super) fn markdown(text: &str) -> String {
    let shown = line(text);
    let mut escaped = String::with_capacity(shown.len());
    for character in shown.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            // Renderers notify whom the text mentions, and link what it refers to.
            '@' => escaped.push_str("&#64;"),
            '#' => escaped.push_str("&#35;"),
            // Not needed in the middle of a line, and hard to read where numbers stand.
            '.' | ',' | '-' | '(' | ')' | '/' | '=' | '+' | '%' | ';' | '?' | '\'' | '"'
                if !is_link(text) =>
            {
                escaped.push(character);
            }
            punctuation if punctuation.is_ascii_punctuation() => {
                escaped.push('\\');
                escaped.push(punctuation);
            }
            other => escaped.push(other),
        }
    }
    escaped
}

/// Whether a renderer might make a link of a part of `text`, in which case all punctuation is escaped.
fn is_link(text: &str) -> bool {
    text.contains("://") || text.contains("www.")
}

/// `text`, or its start and how much more there is.
pub(crate) fn shortened(text: &str, limit: usize) -> Cow<'_, str> {
    match text.char_indices().nth(limit) {
        None => text.into(),
        Some((at, _)) => {
            let start = text.get(..at).unwrap_or_default();
            format!("{start}… ({} more bytes)", text.len().saturating_sub(at)).into()
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn nothing_survives_that_a_renderer_would_act_on() {
        let hostile =
            "<script>alert('1')</script> `code` **b** [x](javascript:1) | \u{202e}txt\u{1b}[2J\n# t @user";
        assert_eq!(
            markup(hostile),
            "&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt; `code` **b** [x](javascript:1) | \
             \\u{202e}txt\\u{1b}[2J\n# t @user"
        );
        assert_eq!(
            markdown(hostile),
            "&lt;script&gt;alert('1')&lt;/script&gt; \\`code\\` \\*\\*b\\*\\* \\[x\\](javascript\\:1) \\| \
             \\\\u\\{202e\\}txt\\\\u\\{1b\\}\\[2J &#35; t &#64;user"
        );
        assert_eq!(markdown("see https://a.b"), "see https\\:\\/\\/a\\.b");
        assert_eq!(line("a\u{202e}\nb\tc"), "a\\u{202e} b c");
    }

    #[test]
    fn long_text_is_cut_between_characters() {
        assert_eq!(shortened("äöü", 3), "äöü");
        assert_eq!(shortened("äöü", 1), "ä… (4 more bytes)");
    }

    proptest! {
        #[test]
        fn markup_never_opens_a_tag(text in ".*") {
            let escaped = markup(&text);
            let opens = escaped.contains(['<', '>', '"', '\'', '\u{202e}', '\u{1b}']);
            prop_assert!(!opens, "{}", escaped);
            let markdown = markdown(&text);
            prop_assert!(!markdown.contains(['<', '>', '\n']));
            prop_assert!(!markdown.replace("\\`", "").contains('`'));
        }
    }
}
