//! The one shape that every benchmark reports in.

use std::{fs, io::Write};

use anyhow::Result;
use comfy_table::{Table, presets::UTF8_FULL_CONDENSED};
use quittance_stories::tools;
use serde::Serialize;

/// One figure, where there is one beside what it is measured against, both from the same run.
#[derive(Debug, Serialize)]
pub(crate) struct Figure {
    pub(crate) name: String,
    pub(crate) value: f64,
    pub(crate) unit: &'static str,
    /// What it is measured against, in the same unit.
    pub(crate) beside: Option<f64>,
    /// The value as a part of that.
    pub(crate) ratio: Option<f64>,
}

impl Figure {
    pub(crate) fn new(name: impl Into<String>, value: f64, unit: &'static str, beside: f64) -> Self {
        Self { name: name.into(), value, unit, beside: Some(beside), ratio: Some(value / beside) }
    }

    /// One that stands by itself.
    pub(crate) fn alone(name: impl Into<String>, value: f64, unit: &'static str) -> Self {
        Self { name: name.into(), value, unit, beside: None, ratio: None }
    }
}

/// Prints the table, and writes the file.
pub(crate) fn publish(name: &str, figures: &[Figure]) -> Result<()> {
    let mut table = Table::new();
    table.load_style(UTF8_FULL_CONDENSED).set_header(["figure", "value", "unit", "beside", "ratio"]);
    for figure in figures {
        let Figure { name, value, unit, beside, ratio } = figure;
        let number = |value: f64| format!("{value:.2}");
        let maybe = |value: &Option<f64>| value.map(number).unwrap_or_default();
        table.add_row([name.clone(), number(*value), (*unit).to_owned(), maybe(beside), maybe(ratio)]);
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
    percentile(values, 50)
}

/// The smallest one that this percentage of all are not above.
pub(crate) fn percentile(values: &mut [f64], percent: usize) -> f64 {
    values.sort_by(f64::total_cmp);
    let index = (values.len() * percent / 100).min(values.len().saturating_sub(1));
    values.get(index).copied().unwrap_or(f64::NAN)
}
