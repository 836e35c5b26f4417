//! The command line as a client of a node's API.

pub(crate) mod document;
pub(crate) mod dvp;
pub(crate) mod party;
pub(crate) mod pool;
pub(crate) mod token;

use std::{io::Write, path::PathBuf, time::Duration};

use anyhow::Context;
use clap::{Args, Subcommand};
use reqwest::{Method, RequestBuilder, Response, Url};
use serde_json::Value;

use crate::init::read_secret;

/// A noun's verbs, and the node they are for.
#[derive(Debug, Args)]
pub(crate) struct Of<V: Subcommand> {
    #[command(flatten)]
    pub(crate) node: Node,
    #[command(subcommand)]
    pub(crate) verb: V,
}

/// Which node is asked, and how its answer is shown.
#[derive(Debug, Args)]
pub(crate) struct Node {
    /// The node's API.
    #[arg(
        long,
        env = "QUITTANCE_API",
        default_value = "http://127.0.0.1:5000",
        global = true,
        value_name = "URL"
    )]
    api: Url,
    /// The file with the key that the node asks for, readable by its owner alone.
    #[arg(long, env = "QUITTANCE_API_KEY_FILE", global = true, value_name = "FILE")]
    api_key_file: Option<PathBuf>,
    /// Print the node's answer as JSON.
    #[arg(long, global = true)]
    json: bool,
    /// Do not wait until the chain has what was asked for.
    #[arg(long, global = true)]
    no_wait: bool,
}

/// How long a command waits for the chain.
const PATIENCE: Duration = Duration::from_secs(120);

/// How often it looks meanwhile.
const LOOK: Duration = Duration::from_millis(200);

impl Node {
    pub(crate) fn request(&self, method: Method, path: &str) -> anyhow::Result<RequestBuilder> {
        let url = self.api.join(&format!("/api/v1/{path}")).context("--api")?;
        let request = reqwest::Client::new().request(method, url);
        let Some(file) = &self.api_key_file else { return Ok(request) };
        Ok(request.bearer_auth(read_secret(file).context("--api-key-file")?.trim()))
    }

    pub(crate) async fn get(&self, path: &str) -> anyhow::Result<Value> {
        answer(self.send(self.request(Method::GET, path)?).await?).await
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> anyhow::Result<Value> {
        answer(self.send(self.request(Method::POST, path)?.json(body)).await?).await
    }

    /// Has the node check a write without doing it.
    pub(crate) async fn dry_run(&self, path: &str, body: &Value) -> anyhow::Result<()> {
        let tried = self.post(&format!("{path}?dryRun=true"), body).await?;
        self.show(&tried, |_| "this would be accepted; nothing was changed".into())
    }

    /// Sends a request; an error of the connection names the node, one of the node names the field.
    pub(crate) async fn send(&self, request: RequestBuilder) -> anyhow::Result<Response> {
        let response = request.send().await.with_context(|| format!("no node answers at {}", self.api))?;
        if response.status().is_success() {
            return Ok(response);
        }
        let status = response.status();
        let problem: Value = response.json().await.unwrap_or_default();
        let detail = problem["detail"].as_str().unwrap_or("the node refused");
        match problem["field"].as_str() {
            Some(field) => anyhow::bail!("{field}: {detail} ({status})"),
            None => anyhow::bail!("{detail} ({status})"),
        }
    }

    /// Waits until a transaction is in the chain, unless told not to; fails when it failed.
    pub(crate) async fn settled(&self, submitted: Value) -> anyhow::Result<Value> {
        let id = transaction(&submitted).context("the node named no transaction")?.to_owned();
        if self.no_wait {
            return Ok(submitted);
        }
        let progress = spinner("waiting for the chain");
        let end = tokio::time::Instant::now() + PATIENCE;
        loop {
            let now = self.get(&format!("transactions/{id}")).await?;
            match now["state"].as_str() {
                Some("done") => {
                    progress.finish_and_clear();
                    return Ok(now);
                }
                Some("failed" | "expired") => {
                    progress.finish_and_clear();
                    anyhow::bail!("{}", now["error"].as_str().unwrap_or("it was given up"));
                }
                _ if tokio::time::Instant::now() > end => {
                    anyhow::bail!(
                        "{id} is not in the chain after {} s; it is still being tried",
                        PATIENCE.as_secs()
                    );
                }
                _ => tokio::time::sleep(LOOK).await,
            }
        }
    }

    /// Shows an answer: as JSON, or in the words that `human` finds for it.
    pub(crate) fn show(&self, answer: &Value, human: impl FnOnce(&Value) -> String) -> anyhow::Result<()> {
        let mut out = std::io::stdout().lock();
        if self.json {
            writeln!(out, "{answer:#}")?;
        } else {
            writeln!(out, "{}", human(answer))?;
        }
        Ok(())
    }
}

async fn answer(response: Response) -> anyhow::Result<Value> {
    response.json().await.context("the node's answer is not JSON")
}

fn spinner(what: &'static str) -> indicatif::ProgressBar {
    let bar = indicatif::ProgressBar::new_spinner().with_message(what);
    bar.enable_steady_tick(Duration::from_millis(120));
    bar
}

/// A value's text, whatever its type.
fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

/// The transaction that an answer is about: its own id, or that of what was asked for.
fn transaction(answer: &Value) -> Option<&str> {
    answer["tx"]["id"].as_str().or_else(|| answer["id"].as_str())
}

/// What a submitted transaction looks like to a person.
fn submitted(answer: &Value) -> String {
    let block = text(&answer["block"]["number"]);
    match answer["state"].as_str() {
        Some("done") => format!("done in block {block}, transaction {}", text(&answer["hash"])),
        state => format!("{}: {}", transaction(answer).unwrap_or_default(), state.unwrap_or("submitted")),
    }
}

/// Rows under headings.
fn table(headings: &[&str], rows: &[Value], cells: impl Fn(&Value) -> Vec<String>) -> String {
    let mut table = comfy_table::Table::new();
    table.load_style(comfy_table::presets::NOTHING).set_header(headings);
    for row in rows {
        table.add_row(cells(row));
    }
    table.trim_fmt()
}

fn rows(answer: &Value) -> &[Value] {
    answer.as_array().map_or(&[], Vec::as_slice)
}
