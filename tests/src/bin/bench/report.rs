//! The one shape that every benchmark reports in.

use std::{fs, io::Write};

use anyhow::Result;
use comfy_table::{Table, presets::UTF8_FULL_CONDENSED};
use quittance_stories::tools;
use serde::Serialize;

/// One figure beside the one that it is measured against, both from the same run.
#[derive(Debug, Serialize)]
pub(crate) struct Figure {
    pub(crate) name: &'static str,
    pub(crate) value: f64,
    pub(crate) unit: &'static str,
    /// What it is measured against, in the same unit.
    pub(crate) beside: f64,
    /// The value as a part of that.
    pub(crate) ratio: f64,
}

impl Figure {
    pub(crate) fn new(name: &'static str, value: f64, unit: &'static str, beside: f64) -> Self {
        Self { name, value, unit, beside, ratio: value / beside }
    }
}

/// Prints the table, and writes the file.
pub(crate) fn publish(name: &str, figures: &[Figure]) -> Result<()> {
    let mut table = Table::new();
    table.load_style(UTF8_FULL_CONDENSED).set_header(["figure", "value", "unit", "beside", "ratio"]);
    for figure in figures {
        let Figure { name, value, unit, beside, ratio } = figure;
        let number = |value: &f64| format!("{value:.2}");
        table.add_row([(*name).to_owned(), number(value), (*unit).to_owned(), number(beside), number(ratio)]);
    }
    say(&table.to_string());
    let folder = tools::repository()?.join("target/bench");
    fs::create_dir_all(&folder)?;
    let file = folder.join(format!("{name}.json"));
    fs::write(&file, format!("{}\n", serde_json::to_string_pretty(figures)?))?;
    say(&format!("written to {}", file.display()));
    Ok(())
}

/// Writes a line. A reader that has gone away is no reason to stop.
pub(crate) fn say(text: &str) {
    drop(writeln!(std::io::stdout(), "{text}"));
}

/// The one in the middle.
pub(crate) fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}
