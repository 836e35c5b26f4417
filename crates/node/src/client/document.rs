//! `quittance document`.

use std::path::PathBuf;

use anyhow::Context;
use clap::Subcommand;
use futures::TryStreamExt;
use indicatif::{ProgressBar, ProgressStyle};
use reqwest::{Body, Method};
use serde_json::Value;
use tokio::io::AsyncWriteExt;
use tokio_util::io::ReaderStream;

use super::{Node, rows, table, text};

/// Add documents to the node, and get them out.
#[derive(Debug, Subcommand)]
pub(crate) enum Document {
    /// Keep a file as a document, and register its commitment on the chain.
    Add {
        /// The file.
        file: PathBuf,
        /// Its media type.
        #[arg(long, default_value = "application/octet-stream")]
        media_type: String,
    },
    /// Write a document that the node holds to a file.
    Get {
        /// The document's id.
        id: String,
        /// The file; it must not exist yet.
        #[arg(long, short)]
        out: PathBuf,
    },
    /// The documents that the node holds.
    List,
}

impl Document {
    pub(crate) async fn run(self, node: &Node) -> anyhow::Result<()> {
        match self {
            Self::Add { file, media_type } => add(node, file, &media_type).await,
            Self::Get { id, out } => get(node, &id, out).await,
            Self::List => {
                let held = node.get("documents?limit=1000").await?;
                node.show(&held, |held| {
                    table(&["ID", "NAME", "BYTES", "STATUS"], rows(held), |row| {
                        let size = text(&row["commitment"]["size"]);
                        vec![text(&row["id"]), text(&row["name"]), size, text(&row["status"])]
                    })
                })
            }
        }
    }
}

async fn add(node: &Node, file: PathBuf, media_type: &str) -> anyhow::Result<()> {
    let name = file.file_name().and_then(|name| name.to_str()).context("the file's name is not text")?;
    let open = tokio::fs::File::open(&file).await;
    let open = open.with_context(|| format!("cannot read {}", file.display()))?;
    let bar = bytes_bar(open.metadata().await?.len());
    let seen = bar.clone();
    let bytes = ReaderStream::new(open).inspect_ok(move |part| seen.inc(part.len() as u64));
    let request = node.request(Method::POST, "documents")?;
    let request = request.query(&[("name", name), ("mediaType", media_type)]);
    let added: Value = node.send(request.body(Body::wrap_stream(bytes))).await?.json().await?;
    bar.finish_and_clear();
    node.settled(added["transaction"].clone()).await?;
    node.show(&added, |added| format!("document {}\nsha256   {}", text(&added["id"]), text(&added["sha256"])))
}

async fn get(node: &Node, id: &str, out: PathBuf) -> anyhow::Result<()> {
    let request = node.request(Method::GET, &format!("documents/{id}/content"))?;
    let response = node.send(request).await?;
    let bar = bytes_bar(response.content_length().unwrap_or_default());
    let file = tokio::fs::OpenOptions::new().write(true).create_new(true).open(&out).await;
    let mut file = file.with_context(|| format!("cannot make {}", out.display()))?;
    let mut bytes = response.bytes_stream();
    while let Some(part) = bytes.try_next().await.context("the node stopped in the middle")? {
        bar.inc(part.len() as u64);
        file.write_all(&part).await?;
    }
    file.sync_all().await?;
    bar.finish_and_clear();
    let written = serde_json::json!({ "id": id, "file": out });
    node.show(&written, |_| format!("written to {}", out.display()))
}

fn bytes_bar(size: u64) -> ProgressBar {
    let style = ProgressStyle::with_template("{bar:30} {bytes}/{total_bytes} {bytes_per_sec} {eta}");
    ProgressBar::new(size).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}
