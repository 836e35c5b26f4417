//! What the demo says while it works.

use std::{
    io::Write,
    time::{Duration, Instant},
};

use anyhow::Result;
use indicatif::{ProgressBar, ProgressStyle};

const TICK: Duration = Duration::from_millis(100);

/// Writes a line. A reader that has gone away is no reason to stop.
pub(crate) fn say(text: impl AsRef<str>) {
    drop(writeln!(std::io::stdout(), "{}", text.as_ref()));
}

/// A heading.
pub(crate) fn chapter(text: &str) {
    say(format!("\n{text}"));
}

/// A spinner for something that takes a while.
pub(crate) fn spinner(text: &str) -> ProgressBar {
    let bar = ProgressBar::new_spinner().with_message(text.to_owned());
    if let Ok(style) = ProgressStyle::with_template("  {spinner} {msg} ({elapsed})") {
        bar.set_style(style);
    }
    bar.enable_steady_tick(TICK);
    bar
}

/// A bar for a wait of known length, in seconds.
pub(crate) fn countdown(text: &str, seconds: u64) -> ProgressBar {
    let bar = ProgressBar::new(seconds).with_message(text.to_owned());
    if let Ok(style) = ProgressStyle::with_template("  {spinner} {msg} [{bar:30}] {pos}/{len} s") {
        bar.set_style(style.progress_chars("=> "));
    }
    bar.enable_steady_tick(TICK);
    bar
}

/// Shows that something is being done, and then that it was, and how long it took.
pub(crate) async fn step<T>(text: &str, work: impl Future<Output = Result<T>>) -> Result<T> {
    let (bar, start) = (spinner(text), Instant::now());
    let done = work.await;
    bar.finish_and_clear();
    if done.is_ok() {
        tick(text, start);
    }
    done
}

/// Says that something was done, and how long it took.
pub(crate) fn tick(text: &str, start: Instant) {
    say(format!("  ✓ {text} ({:.1} s)", start.elapsed().as_secs_f32()));
}
