//! Places of a proposal file that wait to be filled in, such as `{{amount}}`.

use std::ops::Range;

/// The mark of a place where `what` is to be written.
pub(super) fn place(what: &str) -> String {
    format!("{{{{{what}}}}}")
}

/// Where the places of `text` are, in bytes from `offset`. A place is on one line and has no braces inside.
pub(super) fn places(text: &str, offset: usize) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut position = 0;
    while let Some(start) = text.get(position..).and_then(|rest| rest.find("{{")).map(|at| position + at) {
        let inside = text.get(start + 2..).unwrap_or_default();
        let end = inside.find(['{', '}', '\n']).filter(|end| *end > 0);
        position = match end {
            Some(end) if inside.get(end..).is_some_and(|rest| rest.starts_with("}}")) => {
                let end = start + 2 + end + 2;
                found.push(offset + start..offset + end);
                end
            }
            _ => start + 1,
        };
    }
    found
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn finds_places_on_one_line() {
        let table: [(&str, &[&str]); 7] = [
            ("pay {{amount}} to {{recipient}}", &["{{amount}}", "{{recipient}}"]),
            ("{{{amount}}}", &["{{amount}}"]),
            ("{{}} {{ {a} }} {{a\nb}}", &[]),
            ("f({a}) {{", &[]),
            ("{{a}{{b}}", &["{{b}}"]),
            ("ü{{ü}}", &["{{ü}}"]),
            ("", &[]),
        ];
        for (text, expected) in table {
            let found: Vec<_> =
                places(text, 3).into_iter().map(|span| &text[span.start - 3..span.end - 3]).collect();
            assert_eq!(found, expected, "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_searched(text in "[{}a\nü]*") {
            for span in places(&text, 0) {
                let inside = &text[span.start + 2..span.end - 2];
                prop_assert_eq!(place(inside), &text[span]);
            }
        }
    }
}
