//! The keys that applications show to the API: a file of what is known of them, which the node follows while it runs.

use std::{
    fs,
    io::{self, Write},
    num::NonZeroU32,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use anyhow::Context;
use clap::{Args, Subcommand};
use quittance_api::{Access, Key, Scope};
use quittance_domain::{B256, Result as DomainResult};
use serde::{Deserialize, Serialize};
use tokio::{sync::watch, time::sleep};
use tokio_util::sync::CancellationToken;

use crate::{
    config::{Config, check_name},
    init::{read_secret, write_secret},
    ports::wall,
};

/// How often the file is looked at.
const LOOK: Duration = Duration::from_secs(1);

/// What is known of the keys.
#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct File {
    #[serde(default, rename = "key")]
    keys: Vec<Row>,
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Row {
    name: String,
    /// Of the key's text, in hexadecimal.
    sha256: B256,
    scopes: Vec<Scope>,
    #[serde(skip_serializing_if = "Option::is_none")]
    per_second: Option<NonZeroU32>,
    #[serde(default, skip_serializing_if = "Option::is_none", with = "humantime_serde")]
    expires: Option<SystemTime>,
}

impl File {
    fn read(file: &Path) -> anyhow::Result<Self> {
        let text = read_secret(file)?;
        toml::from_str(&text).map_err(|error| anyhow::anyhow!("{}: {}", file.display(), error.message()))
    }

    /// Puts it in the place of the one that is there, all at once.
    fn write(&self, file: &Path) -> anyhow::Result<()> {
        let new = file.with_extension("new");
        write_secret(&new, &toml::to_string(self)?)
            .with_context(|| format!("is another command changing it? If not, remove {}", new.display()))?;
        fs::rename(&new, file).with_context(|| format!("cannot write {}", file.display()))
    }

    fn access(self) -> Access {
        let millis = |time: SystemTime| {
            let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
            u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
        };
        let key = |Row { name, sha256, scopes, per_second, expires }: Row| Key {
            name,
            sha256,
            scopes,
            per_second,
            expires: expires.map(millis),
        };
        Access::keys(self.keys.into_iter().map(key).collect())
    }
}

/// The keys of a node that runs.
pub(crate) struct Keys {
    file: Option<PathBuf>,
    /// The file as it was when it was read last.
    seen: Option<Stamp>,
    access: watch::Sender<Access>,
}

/// What tells a file from what becomes of it: another content, another owner, other rights.
type Stamp = (u64, i64, i64, u64);

/// Nothing of one that is not there.
fn stamp(file: &Path) -> Option<Stamp> {
    let about = fs::metadata(file).ok()?;
    Some((about.ino(), about.ctime(), about.ctime_nsec(), about.size()))
}

impl Keys {
    pub(crate) fn open(config: &Config) -> anyhow::Result<Self> {
        let file = config.api.keys.as_ref().map(|file| config.path(file));
        let Some(path) = &file else {
            return Ok(Self { file, seen: None, access: watch::Sender::new(Access::open()) });
        };
        let seen = stamp(path);
        let access = File::read(path).context("api.keys")?.access();
        Ok(Self { file, seen, access: watch::Sender::new(access) })
    }

    pub(crate) fn access(&self) -> watch::Receiver<Access> {
        self.access.subscribe()
    }

    /// Takes in what becomes of the file. One that cannot be read lets nobody in.
    pub(crate) async fn follow(mut self, cancel: CancellationToken) -> DomainResult<()> {
        let Some(file) = self.file else {
            cancel.cancelled().await;
            return Ok(());
        };
        loop {
            tokio::select! {
                () = cancel.cancelled() => return Ok(()),
                () = sleep(LOOK) => {}
            }
            // Before the file is read: what is written meanwhile is seen by the next look.
            let now = stamp(&file);
            if now == self.seen {
                continue;
            }
            self.seen = now;
            let read = File::read(&file);
            match &read {
                Ok(read) => tracing::info!(keys = read.keys.len(), "the keys of the API have changed"),
                Err(error) => tracing::error!("api.keys: nobody is let in: {error:#}"),
            }
            self.access.send_replace(read.unwrap_or_default().access());
        }
    }
}

/// Make and take back the keys that applications show to the API.
#[derive(Debug, Args)]
pub(crate) struct Command {
    #[command(subcommand)]
    verb: Verb,
    /// The node's configuration file, which names the file of the keys as `api.keys`.
    #[arg(long, default_value = "quittance.toml", value_name = "FILE", global = true)]
    config: PathBuf,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Make a key, and print it: the only time that it can be seen. A node that runs takes it in within a second.
    Add {
        /// Whose it is, as the log tells it.
        name: String,
        /// What it is for: `read` (all but the content of documents), `write` (all that changes something), `documents`
        /// (their content, in and out).
        #[arg(long = "scope", value_name = "SCOPE", value_parser = scope, required = true, value_delimiter = ',')]
        scopes: Vec<Scope>,
        /// Requests in a second, at the most.
        #[arg(long, value_name = "REQUESTS")]
        per_second: Option<NonZeroU32>,
        /// How long it is good, `90days` for example.
        #[arg(long, value_name = "TIME", value_parser = humantime::parse_duration)]
        expires_in: Option<Duration>,
    },
    /// The keys that there are, without what is secret.
    List,
    /// Take a key back. A node that runs lets nobody in with it any more within a second.
    Remove {
        /// Its name.
        name: String,
    },
}

fn scope(text: &str) -> Result<Scope, String> {
    let all = [Scope::Read, Scope::Write, Scope::Documents];
    let found = all.into_iter().find(|scope| scope.to_string() == text);
    found.ok_or_else(|| "must be read, write or documents".into())
}

impl Command {
    pub(crate) fn run(self) -> anyhow::Result<()> {
        let config = Config::load(&self.config)?;
        let file = config.api.keys.as_ref().map(|file| config.path(file)).with_context(|| {
            format!(
                "{} does not say where the keys are: add `keys = \"api-keys.toml\"` under [api]",
                self.config.display()
            )
        })?;
        let mut keys = if file.exists() { File::read(&file)? } else { File::default() };
        match self.verb {
            Verb::Add { name, scopes, per_second, expires_in } => {
                check_name(&name)?;
                anyhow::ensure!(
                    keys.keys.iter().all(|key| key.name != name),
                    "there is a key `{name}` already"
                );
                let text = new_key();
                let expires = expires_in.map(|good| UNIX_EPOCH + Duration::from_millis(wall()) + good);
                keys.keys.push(Row { name, sha256: Key::hash(&text), scopes, per_second, expires });
                keys.write(&file)?;
                tell(&text)
            }
            Verb::List => tell(&keys.keys.iter().map(Row::line).collect::<Vec<_>>().join("\n")),
            Verb::Remove { name } => {
                let before = keys.keys.len();
                keys.keys.retain(|key| key.name != name);
                anyhow::ensure!(keys.keys.len() < before, "there is no key `{name}`");
                keys.write(&file)
            }
        }
    }
}

impl Row {
    fn line(&self) -> String {
        let scopes = self.scopes.iter().map(ToString::to_string).collect::<Vec<_>>().join(",");
        let rate = self.per_second.map_or_else(String::new, |rate| format!("  {rate}/s"));
        let until = self.expires.map(|time| format!("  until {}", humantime::format_rfc3339_seconds(time)));
        format!("{}  {scopes}{rate}{}", self.name, until.unwrap_or_default())
    }
}

/// 256 random bits, as text that says what it is for where it is found.
fn new_key() -> String {
    format!("quittance_{:x}", B256::from(rand::random::<[u8; 32]>()))
}

fn tell(text: &str) -> anyhow::Result<()> {
    Ok(writeln!(io::stdout().lock(), "{text}")?)
}
