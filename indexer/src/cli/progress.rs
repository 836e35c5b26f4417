//! Where the mirror is: a bar on a terminal, a line a minute anywhere else.

use std::{
    io::IsTerminal,
    time::{Duration, Instant},
};

use indicatif::{ProgressBar, ProgressStyle};
use quittance_indexer::Progress;
use tokio::{sync::watch, time::interval};
use tokio_util::sync::CancellationToken;

const LINE: Duration = Duration::from_secs(60);
const BAR: Duration = Duration::from_millis(200);
const STYLE: &str = "{bar:32} {percent}% block {pos} of {len} · {msg} · {eta} left";

/// Shows progress until it is told to stop, and then what it came to.
pub(super) async fn show(progress: watch::Receiver<Progress>, cancel: CancellationToken) {
    let is_terminal = std::io::stderr().is_terminal();
    let start = Instant::now();
    let bar = is_terminal.then(bar);
    let mut ticks = interval(if is_terminal { BAR } else { LINE });
    // The first tick comes at once, when there is nothing to tell.
    ticks.tick().await;
    loop {
        tokio::select! {
            () = cancel.cancelled() => break,
            _ = ticks.tick() => {}
        }
        let now = *progress.borrow();
        match &bar {
            Some(bar) => draw(bar, now, start),
            None => tell(now, start, "mirroring"),
        }
    }
    if let Some(bar) = bar {
        bar.finish_and_clear();
    }
    tell(*progress.borrow(), start, "mirrored");
}

fn bar() -> ProgressBar {
    let style = ProgressStyle::with_template(STYLE).unwrap_or_else(|_| ProgressStyle::default_bar());
    ProgressBar::new(0).with_style(style)
}

fn draw(bar: &ProgressBar, now: Progress, start: Instant) {
    bar.set_length(now.goal.saturating_sub(now.from) + 1);
    bar.set_position(now.block.map_or(0, |block| (block + 1).saturating_sub(now.from)));
    bar.set_message(format!("{} events, {}/s", now.logs, rate(now, start)));
}

fn tell(now: Progress, start: Instant, what: &str) {
    let block = now.block.unwrap_or_default();
    let (events, raw, goal, reorgs) = (now.logs, now.raw, now.goal, now.reorgs);
    let seconds = start.elapsed().as_secs_f32();
    tracing::info!(block, goal, events, "events.per_s" = rate(now, start), raw, reorgs, seconds, "{what}");
}

fn rate(now: Progress, start: Instant) -> u64 {
    let millis = u64::try_from(start.elapsed().as_millis()).unwrap_or(u64::MAX);
    now.logs.saturating_mul(1_000) / millis.max(1)
}
