//! The report as one page that needs nothing else: no script, no network, charts as drawings inside of it.

use std::fmt::{self, Write};

use alloy::primitives::U256;

use super::{Day, Event, Kind, Report, dollars, tokens};

const STYLE: &str = include_str!("page.css");

/// Days that the charts show.
const CHARTED_DAYS: usize = 92;

/// Events that the page lists.
const LISTED_EVENTS: usize = 50;

/// Days, payers and references that the page lists.
const LISTED_ROWS: usize = 100;

/// Width of a chart, in units of its drawing.
const WIDTH: u64 = 720;

/// Height of a chart.
const HEIGHT: u64 = 220;

/// Space left of a chart, for the labels of its values.
const LEFT: u64 = 84;

/// Space above a chart.
const TOP: u64 = 10;

/// Space below a chart, for the labels of its days.
const BOTTOM: u64 = 24;

/// The page of `report`; the last of `events` are listed.
///
/// # Errors
/// None in practice: writing to memory does not fail.
pub fn page(report: &Report, events: &[Event]) -> Result<String, fmt::Error> {
    let mut page = String::new();
    let totals = &report.totals;
    write!(
        page,
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>Fees converted into BTRST</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n\
         <h1>Fees converted into BTRST</h1>\n\
         <p>Converter <code>{}</code> on chain {}, up to block {}. All days are UTC.</p>\n<dl>\n",
        report.fee_converter, report.chain_id, report.block
    )?;
    let none = || "–".to_owned();
    let fact = |page: &mut String, name: &str, value: String| {
        writeln!(page, "<div><dt>{name}</dt><dd>{}</dd></div>", escaped(&value))
    };
    fact(&mut page, "BTRST bought", headline(&tokens(totals.bought)))?;
    fact(&mut page, "USDC converted", headline(&dollars(totals.converted)))?;
    fact(&mut page, "USDC deposited", headline(&dollars(totals.deposited)))?;
    fact(&mut page, "Average price, USDC", report.average_price.clone().unwrap_or_else(none))?;
    fact(&mut page, "Time-weighted price, USDC", report.time_weighted_price.clone().unwrap_or_else(none))?;
    fact(&mut page, "Paid above it, basis points", report.premium_bps.clone().unwrap_or_else(none))?;
    page.push_str("</dl>\n");

    let days = report.days.get(report.days.len().saturating_sub(CHARTED_DAYS)..).unwrap_or_default();
    amounts_chart(&mut page, days)?;
    price_chart(&mut page, days)?;
    tables(&mut page, report)?;
    listed_events(&mut page, events)?;
    page.push_str("</body>\n</html>\n");
    Ok(page)
}

fn amounts_chart(page: &mut String, days: &[Day]) -> fmt::Result {
    page.push_str("<h2>USDC a day</h2>\n<p><span class=\"key one\"></span>deposited, left bar &nbsp; ");
    page.push_str("<span class=\"key two\"></span>converted, right bar</p>\n");
    let most =
        days.iter().map(|day| day.totals.deposited.max(day.totals.converted)).max().unwrap_or_default();
    begin_chart(page, "USDC deposited and converted on each day", U256::ZERO, most, days)?;
    let width = place(1, days.len()).saturating_sub(place(0, days.len())).max(3);
    let bar = (width * 2 / 5).clamp(1, 40);
    for (index, day) in days.iter().enumerate() {
        let x = place(index, days.len());
        for (class, x, amount) in [("one", x, day.totals.deposited), ("two", x + bar, day.totals.converted)] {
            let top = height(amount, U256::ZERO, most);
            let tall = HEIGHT - BOTTOM - top;
            writeln!(
                page,
                "<rect class=\"{class}\" x=\"{x}\" y=\"{top}\" width=\"{bar}\" height=\"{tall}\"><title>{}: {} USDC</title></rect>",
                day.date,
                grouped(&dollars(amount))
            )?;
        }
    }
    page.push_str("</svg>\n");
    Ok(())
}

fn price_chart(page: &mut String, days: &[Day]) -> fmt::Result {
    let prices: Vec<_> = days
        .iter()
        .enumerate()
        .filter_map(|(index, day)| Some((index, day.totals.average_price()?, day.totals.mean_price()?)))
        .collect();
    if prices.is_empty() {
        return Ok(());
    }
    page.push_str("<h2>USDC for one BTRST</h2>\n<p><span class=\"key one\"></span>paid, solid &nbsp; ");
    page.push_str("<span class=\"key two\"></span>time-weighted price, dashed</p>\n");
    let both = || prices.iter().flat_map(|(_, paid, mean)| [*paid, *mean]);
    let (least, most) = (both().min().unwrap_or_default(), both().max().unwrap_or_default());
    // Some room, so that a flat line is not the frame.
    let room = (most - least).max(most / U256::from(50)) / U256::from(4);
    let (least, most) = (least.saturating_sub(room), most.saturating_add(room));
    begin_chart(page, "Price paid and time-weighted price on each day", least, most, days)?;
    for (class, of) in [("one", 0_u8), ("two", 1)] {
        let points = prices.iter().map(|(index, paid, mean)| {
            let price = if of == 0 { *paid } else { *mean };
            let half_a_day = (WIDTH - LEFT - 12) / days.len() as u64 / 2;
            (place(*index, days.len()) + half_a_day, height(price, least, most))
        });
        let points: Vec<_> = points.collect();
        let path: Vec<_> = points.iter().map(|(x, y)| format!("{x},{y}")).collect();
        writeln!(page, "<polyline class=\"line-{class}\" points=\"{}\"/>", path.join(" "))?;
        for (x, y) in points {
            writeln!(page, "<circle class=\"{class}\" cx=\"{x}\" cy=\"{y}\" r=\"3\"/>")?;
        }
    }
    page.push_str("</svg>\n");
    Ok(())
}

/// Opens a drawing with its axis, the labels of its least and greatest value, and of its first and last day.
fn begin_chart(page: &mut String, name: &str, least: U256, most: U256, days: &[Day]) -> fmt::Result {
    let bottom = HEIGHT - BOTTOM;
    writeln!(page, "<svg viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" aria-label=\"{name}\">")?;
    writeln!(page, "<line class=\"axis\" x1=\"{LEFT}\" y1=\"{bottom}\" x2=\"{WIDTH}\" y2=\"{bottom}\"/>")?;
    for (value, y) in [(most, TOP + 10), (least, bottom)] {
        let label = short(value);
        writeln!(page, "<text x=\"{}\" y=\"{y}\" text-anchor=\"end\">{label}</text>", LEFT - 6)?;
    }
    let ends = [(days.first(), LEFT, "start"), (days.last(), WIDTH, "end")];
    for (day, x, anchor) in ends.into_iter().filter(|_| !days.is_empty()) {
        let date = day.map(|day| day.date.as_str()).unwrap_or_default();
        writeln!(page, "<text x=\"{x}\" y=\"{}\" text-anchor=\"{anchor}\">{date}</text>", HEIGHT - 6)?;
    }
    Ok(())
}

/// Left edge of the day `index` of `count`.
fn place(index: usize, count: usize) -> u64 {
    LEFT + 6 + index as u64 * (WIDTH - LEFT - 12) / count.max(1) as u64
}

/// Where `value` is drawn between `least` at the bottom and `most` at the top.
fn height(value: U256, least: U256, most: U256) -> u64 {
    let room = U256::from(HEIGHT - TOP - BOTTOM);
    let share = value.saturating_sub(least).saturating_mul(room).checked_div(most.saturating_sub(least));
    HEIGHT - BOTTOM - share.unwrap_or_default().saturating_to::<u64>().min(HEIGHT - TOP - BOTTOM)
}

fn tables(page: &mut String, report: &Report) -> fmt::Result {
    let days = report.days.iter().rev().map(|day| {
        let totals = &day.totals;
        let price = totals.average_price().map_or_else(|| "–".into(), dollars);
        vec![
            day.date.clone(),
            grouped(&dollars(totals.deposited)),
            grouped(&dollars(totals.converted)),
            grouped(&tokens(totals.bought)),
            price,
        ]
    });
    table(
        page,
        "Days",
        &["day", "#deposited USDC", "#converted USDC", "#bought BTRST", "#average price"],
        days,
    )?;
    let payers = report.payers.iter().map(|payer| {
        vec![
            if payer.name.is_empty() { payer.address.to_string() } else { payer.name.clone() },
            payer.deposits.to_string(),
            grouped(&dollars(payer.deposited)),
        ]
    });
    table(page, "Payers", &["account", "#deposits", "#deposited USDC"], payers)?;
    let nodes = report.nodes.iter().map(|node| {
        vec![
            node.node.clone(),
            node.invoices.to_string(),
            grouped(&dollars(node.gross)),
            grouped(&dollars(node.fee)),
        ]
    });
    table(page, "Nodes", &["node", "#invoices", "#gross USD", "#fee USDC"], nodes)?;
    let references = report.references.iter().map(|reference| {
        vec![
            reference.reference.to_string(),
            reference.deposits.to_string(),
            grouped(&dollars(reference.deposited)),
            reference.batch_fee_usdc.as_deref().map_or_else(|| "–".into(), grouped),
        ]
    });
    table(page, "References", &["batch", "#deposits", "#deposited USDC", "#fees of the batch"], references)
}

fn listed_events(page: &mut String, events: &[Event]) -> fmt::Result {
    let rows = events.iter().rev().take(LISTED_EVENTS).map(|event| {
        let (name, usdc, btrst) = match &event.kind {
            Kind::Deposit { amount, .. } => ("deposit", *amount, "–".into()),
            Kind::Conversion { usdc_in, btrst_out, .. } => {
                ("conversion", *usdc_in, grouped(&tokens(*btrst_out)))
            }
        };
        vec![
            event.block.to_string(),
            name.into(),
            grouped(&dollars(usdc)),
            btrst,
            event.transaction.to_string(),
        ]
    });
    table(page, "Last deposits and conversions", &["#block", "event", "#USDC", "#BTRST", "transaction"], rows)
}

/// A table whose columns with a `#` are numbers; nothing when there are no rows.
fn table(
    page: &mut String,
    title: &str,
    columns: &[&str],
    rows: impl ExactSizeIterator<Item = Vec<String>>,
) -> fmt::Result {
    let count = rows.len();
    if count == 0 {
        return Ok(());
    }
    writeln!(page, "<h2>{title}</h2>\n<div class=\"scroll\"><table>")?;
    if count > LISTED_ROWS {
        writeln!(page, "<caption>{LISTED_ROWS} of {count}; --csv and --json have all</caption>")?;
    }
    page.push_str("<thead><tr>");
    let class = |column: &str| if column.starts_with('#') { " class=\"number\"" } else { "" };
    for column in columns {
        write!(page, "<th{}>{}</th>", class(column), column.trim_start_matches('#'))?;
    }
    page.push_str("</tr></thead>\n<tbody>\n");
    for row in rows.take(LISTED_ROWS) {
        page.push_str("<tr>");
        for (cell, column) in row.iter().zip(columns) {
            write!(page, "<td{}>{}</td>", class(column), escaped(cell))?;
        }
        page.push_str("</tr>\n");
    }
    page.push_str("</tbody></table></div>\n");
    Ok(())
}

/// A decimal number with its thousands apart.
fn grouped(number: &str) -> String {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let mut text = String::new();
    for (index, digit) in whole.chars().enumerate() {
        if index > 0 && (whole.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    if fraction.is_empty() { text } else { format!("{text}.{fraction}") }
}

/// A decimal number with its thousands apart and two places; the tables have the others.
fn headline(number: &str) -> String {
    let text = grouped(number);
    match text.find('.') {
        Some(point) => text.chars().take(point + 3).collect(),
        None => text,
    }
}

/// A number of USDC for an axis, where there is little room.
fn short(base: U256) -> String {
    let text = dollars(base);
    let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
    if whole.len() > 1 || fraction.is_empty() {
        return grouped(whole);
    }
    format!("{whole}.{}", fraction.chars().take(4).collect::<String>())
}

fn escaped(text: &str) -> String {
    let mut clean = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => clean.push_str("&amp;"),
            '<' => clean.push_str("&lt;"),
            '>' => clean.push_str("&gt;"),
            '"' => clean.push_str("&quot;"),
            '\'' => clean.push_str("&#39;"),
            other => clean.push(other),
        }
    }
    clean
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_named_cannot_become_markup() {
        assert_eq!(escaped("<b a=\"1\">&'"), "&lt;b a=&quot;1&quot;&gt;&amp;&#39;");
    }

    #[test]
    fn numbers_are_grouped() {
        for (number, text) in [("0", "0"), ("1234.5", "1,234.5"), ("999", "999"), ("1000000", "1,000,000")] {
            assert_eq!(grouped(number), text);
        }
    }

    #[test]
    fn headlines_are_cut_and_not_rounded() {
        for (number, text) in [("1234.999", "1,234.99"), ("0.5", "0.5"), ("7", "7")] {
            assert_eq!(headline(number), text);
        }
    }

    #[test]
    fn everything_drawn_is_inside_the_drawing() {
        for count in 1..100 {
            assert!((0..count).all(|index| place(index, count) < WIDTH), "{count}");
        }
        let (least, most) = (U256::from(10), U256::from(20));
        assert_eq!((height(most, least, most), height(least, least, most)), (TOP, HEIGHT - BOTTOM));
        assert_eq!(height(U256::from(5), U256::ZERO, U256::ZERO), HEIGHT - BOTTOM);
    }
}
