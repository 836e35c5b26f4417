//! Logs and metrics.

use std::{io::IsTerminal, net::SocketAddr, time::Instant};

use anyhow::Context;
use axum::{
    extract::{MatchedPath, Request},
    middleware::Next,
    response::Response,
};
use metrics::{counter, gauge, histogram};
use metrics_exporter_prometheus::PrometheusBuilder;
use quittance_domain::Block;
use quittance_store::{Store, events, outbox};
use tracing_subscriber::EnvFilter;

use crate::config::{LogFormat, Telemetry};

/// Starts logging to standard error and serving metrics.
pub(crate) fn start(config: &Telemetry) -> anyhow::Result<()> {
    let filter = EnvFilter::try_new(&config.log).context("telemetry.log")?;
    let colours = std::io::stderr().is_terminal();
    let log =
        tracing_subscriber::fmt().with_ansi(colours).with_env_filter(filter).with_writer(std::io::stderr);
    match config.log_format {
        LogFormat::Text => log.init(),
        LogFormat::Json => log.json().init(),
    }
    serve_metrics(config.metrics_listen)
}

fn serve_metrics(listen: SocketAddr) -> anyhow::Result<()> {
    // The exporter binds when its task first runs; binding once here turns a taken port into an error now.
    drop(std::net::TcpListener::bind(listen).with_context(|| format!("telemetry.metrics-listen {listen}"))?);
    PrometheusBuilder::new().with_http_listener(listen).install().context("cannot serve metrics")
}

/// Notes how a request went, by route and never by what it named.
pub(crate) async fn request(request: Request, next: Next) -> Response {
    let start = Instant::now();
    let method = request.method().to_string();
    let route = request.extensions().get::<MatchedPath>();
    let route = route.map_or("none", MatchedPath::as_str).to_owned();
    let response = next.run(request).await;
    let status = response.status().as_u16().to_string();
    let labels = [("method", method), ("route", route), ("status", status)];
    histogram!("quittance_http_request_seconds", &labels).record(start.elapsed().as_secs_f64());
    response
}

/// Notes where the mirror and the outbox stand.
#[expect(clippy::cast_precision_loss, reason = "a gauge is a float; these numbers stay far below 2^52")]
pub(crate) async fn block(store: &Store, block: &Block, wall: u64) -> quittance_domain::Result<()> {
    let lag = (wall / 1_000).saturating_sub(block.timestamp);
    let mut tx = store.read().await?;
    let waiting = outbox::backlog(&mut tx).await?;
    let unknown = events::count_unknown(&mut tx).await?;
    let age = waiting.oldest_ms.map_or(0, |since| wall.saturating_sub(since) / 1_000);
    gauge!("quittance_head_block").set(block.number as f64);
    gauge!("quittance_head_lag_seconds").set(lag as f64);
    gauge!("quittance_outbox_waiting").set(waiting.count as f64);
    gauge!("quittance_outbox_oldest_seconds").set(age as f64);
    gauge!("quittance_unknown_events").set(unknown as f64);
    Ok(())
}

/// Notes a reorg and how many blocks it took back.
#[expect(clippy::cast_precision_loss, reason = "a depth is a small number")]
pub(crate) fn reorg(depth: u64) {
    counter!("quittance_reorgs_total").increment(1);
    histogram!("quittance_reorg_depth_blocks").record(depth as f64);
}
