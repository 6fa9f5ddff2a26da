//! Reports as text: aligned lines, and one table per list.
//!
//! Names in a report may come from strangers (a URI on a chain, a contributor in a file): whatever would move a cursor or
//! begin a line is escaped.

use serde_json::{Map, Value};

/// Longer cells do not widen their column.
const MAX_COLUMN: usize = 80;

/// The report as one JSON object.
pub fn json(report: &Value) -> String {
    format!("{report}\n")
}

/// The report for people.
pub fn text(report: &Value) -> String {
    let Value::Object(fields) = report else { return json(report) };
    let mut text = String::new();
    let scalars: Vec<(String, String)> = fields
        .iter()
        .filter(|(_, value)| !value.is_array() && !value.is_object() && !value.is_null())
        .map(|(name, value)| (label(name), scalar(name, value)))
        .collect();
    let width = scalars.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
    for (name, value) in &scalars {
        text.push_str(&format!("{name:width$}  {value}\n"));
    }
    for (name, value) in fields {
        match value {
            Value::Array(rows) if !rows.is_empty() => {
                text.push_str(&format!("\n{}\n", label(name)));
                list(&mut text, rows);
            }
            Value::Object(_) => {
                text.push_str(&format!("\n{}\n{}", label(name), self::text(value)));
            }
            _ => {}
        }
    }
    text
}

/// An object in one line: its event first, then name and value of each field.
pub fn line(report: &Value) -> String {
    let Value::Object(fields) = report else { return json(report) };
    let mut text = label(report["event"].as_str().unwrap_or_default());
    for (name, value) in fields.iter().filter(|(name, value)| *name != "event" && !value.is_array()) {
        text.push_str(&format!("  {} {}", label(name), scalar(name, value)));
    }
    text + "\n"
}

fn list(text: &mut String, rows: &[Value]) {
    let objects: Vec<&Map<String, Value>> = rows.iter().filter_map(Value::as_object).collect();
    if objects.len() != rows.len() {
        rows.iter().for_each(|row| text.push_str(&format!("  {}\n", scalar("", row))));
        return;
    }
    let columns: Vec<&String> = objects
        .first()
        .map(|first| first.iter().filter(|(_, value)| !value.is_array()).map(|(name, _)| name).collect())
        .unwrap_or_default();
    let mut cells: Vec<Vec<String>> = vec![columns.iter().map(|name| label(name)).collect()];
    for row in objects {
        cells.push(columns.iter().map(|name| row.get(*name).map_or(String::new(), |v| scalar(name, v))).collect());
    }
    let widths: Vec<usize> = (0..columns.len())
        .map(|column| {
            cells.iter().filter_map(|row| row.get(column)).map(String::len).max().unwrap_or(0).min(MAX_COLUMN)
        })
        .collect();
    for row in cells {
        let padded: Vec<String> = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:width$}")).collect();
        text.push_str(&format!("  {}\n", padded.join("  ").trim_end()));
    }
}

fn label(name: &str) -> String {
    let words = match (name.strip_suffix("_seconds"), name.strip_suffix("_bytes")) {
        (Some(what), _) => format!("{what}_time"),
        (None, Some(what)) => format!("{what}_size"),
        (None, None) => name.to_owned(),
    };
    words.replace('_', " ")
}

fn scalar(name: &str, value: &Value) -> String {
    match value {
        Value::String(text) => plain(text),
        Value::Null => String::new(),
        Value::Bool(flag) => if *flag { "yes" } else { "no" }.to_owned(),
        Value::Number(number) if name.ends_with("_seconds") => {
            number.as_f64().map_or_else(|| number.to_string(), seconds)
        }
        Value::Number(number) if name.ends_with("_bytes") => number.as_f64().map_or_else(|| number.to_string(), bytes),
        Value::Number(number) if number.is_f64() => number.as_f64().map_or_else(String::new, |v| format!("{v:.4}")),
        Value::Number(number) => grouped(&number.to_string()),
        other => other.to_string(),
    }
}

/// The text with everything escaped that does not print as itself: control characters, changes of direction.
pub fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '"' | '\'' | '\\' => plain.push(character),
            _ => plain.extend(character.escape_debug()),
        }
    }
    plain
}

fn seconds(value: f64) -> String {
    if value < 1.0 { format!("{:.1} ms", value * 1000.0) } else { format!("{value:.2} s") }
}

fn bytes(value: f64) -> String {
    const KIB: f64 = 1024.0;
    if value < 10.0 * KIB {
        format!("{value} B")
    } else if value < 10.0 * KIB * KIB {
        format!("{:.1} KiB", value / KIB)
    } else {
        format!("{:.1} MiB", value / KIB / KIB)
    }
}

/// Digits in groups of three.
fn grouped(digits: &str) -> String {
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(' ');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn puts_an_event_into_one_line() {
        let event = serde_json::json!({ "event": "adapter_revoked", "block": 1200, "owner": "0x1" });
        assert_eq!(line(&event), "adapter revoked  block 1 200  owner 0x1\n");
    }

    #[test]
    fn strangers_cannot_write_lines_of_their_own() {
        let uri = "ipfs://x\nadapter revoked\x1b[8m\u{202e} é \"quoted\" C:\\";
        let shown = "ipfs://x\\nadapter revoked\\u{1b}[8m\\u{202e} é \"quoted\" C:\\";
        assert_eq!(line(&serde_json::json!({ "event": "e", "uri": uri })), format!("e  uri {shown}\n"));
        assert_eq!(text(&serde_json::json!({ "uri": uri })), format!("uri  {shown}\n"));
        assert_eq!(text(&serde_json::json!({ "l": [uri] })), format!("\nl\n  {shown}\n"));
        assert_eq!(text(&serde_json::json!({ "l": [{ "uri": uri }] })), format!("\nl\n  uri\n  {shown}\n"));
    }

    #[test]
    fn a_long_cell_does_not_widen_its_column() {
        let long = "x".repeat(70_000);
        let rows = serde_json::json!({ "l": [{ "uri": long, "n": 1 }, { "uri": "y", "n": 2 }] });
        let expected = format!("\nl\n  {:80}  n\n  {long}  1\n  {:80}  2\n", "uri", "y");
        assert!(text(&rows) == expected, "columns of 80 characters at most");
    }

    #[test]
    fn aligns_fields_and_tabulates_lists() {
        let report = serde_json::json!({
            "adapter_id": "0x1",
            "proof_bytes": 204_800,
            "gas_submit": 275_000,
            "absent": null,
            "modules": [{ "name": "q", "rank": 8 }, { "name": "value", "rank": 16 }],
        });
        let expected = "adapter id  0x1\nproof size  200.0 KiB\ngas submit  275 000\n\nmodules\n  name   rank\n  q      8\n  \
                        value  16\n";
        assert_eq!(text(&report), expected);
    }
}
