//! The commands.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use crate::{audit, client, config::Config, deploy, init, keys, run};

/// One party's node for settling documents and tokens against money, and the command line to it.
#[derive(Debug, Parser)]
#[command(name = "quittance", version, about, propagate_version = true)]
pub(crate) struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Make a party's keys, certificate and configuration in a new folder.
    Init(init::Init),
    /// Run the node until it is told to stop.
    Node(WithConfig),
    /// Bring the database to this version's schema.
    Migrate(WithConfig),
    /// Show the effective configuration and try everything that the node needs.
    Check(WithConfig),
    Audit(audit::Audit),
    Key(keys::Command),
    /// Deploy the contracts with forge and write their addresses down.
    Deploy(deploy::Deploy),
    /// Deliver a deed and its document against money.
    Dvp(client::Of<client::dvp::Dvp>),
    /// Make tokens, give names to those that are there, and see which there are.
    Pool(client::Of<client::pool::Pool>),
    /// Mint and transfer tokens, and see what an account has.
    Token(client::Of<client::token::Token>),
    /// Add documents to the node, and get them out.
    Document(client::Of<client::document::Document>),
    /// See who is in the registry, and register this node's party.
    Party(client::Of<client::party::Party>),
}

#[derive(Debug, Args)]
struct WithConfig {
    /// The node's configuration file.
    #[arg(long, default_value = "quittance.toml", value_name = "FILE")]
    config: PathBuf,
}

impl Cli {
    pub(crate) async fn run(self) -> anyhow::Result<()> {
        match self.command {
            Command::Init(init) => init.run(),
            Command::Node(with) => run::node(Config::load(&with.config)?).await,
            Command::Migrate(with) => run::migrate(Config::load(&with.config)?).await,
            Command::Check(with) => run::check(Config::load(&with.config)?).await,
            Command::Audit(audit) => audit.run().await,
            Command::Key(keys) => keys.run(),
            Command::Deploy(deploy) => deploy.run(),
            Command::Dvp(of) => of.verb.run(&of.node).await,
            Command::Pool(of) => of.verb.run(&of.node).await,
            Command::Token(of) => of.verb.run(&of.node).await,
            Command::Document(of) => of.verb.run(&of.node).await,
            Command::Party(of) => of.verb.run(&of.node).await,
        }
    }
}
