//! A chain with a contract that logs whatever it is told, and the program that mirrors it.

use std::{
    path::{Path, PathBuf},
    process::Output,
    time::Duration,
};

use alloy::primitives::{Address, B256, Bytes, address, hex};
use anyhow::{Context, Result, ensure};
use quittance_stories::{Anvil, ports, postgres::Postgres, process::Process, rpc::Rpc, wait::SOON, wait_for};
use serde_json::{Value, json};
use tokio::process::Command;

/// Where the contract is.
pub(crate) const TOKEN: Address = address!("0x70CE000000000000000000000000000000000002");

/// What its interface says.
pub(crate) const ABI: &str = r#"[
  {"type":"event","name":"Transfer","anonymous":false,"inputs":[
    {"name":"from","type":"address","indexed":true},
    {"name":"to","type":"address","indexed":true},
    {"name":"value","type":"uint256","indexed":false}]},
  {"type":"event","name":"Named","anonymous":false,"inputs":[
    {"name":"name","type":"string","indexed":true},
    {"name":"text","type":"string","indexed":false},
    {"name":"at","type":"uint64","indexed":false},
    {"name":"list","type":"int128[]","indexed":false}]},
  {"type":"event","name":"Note","anonymous":true,"inputs":[
    {"name":"what","type":"bytes32","indexed":true}]}]"#;

/// Logs what it is called with: a byte that says how many topics, the topics, the data.
fn code() -> Vec<u8> {
    const BASE: u8 = 0x20;
    let mut code = hex!("5f355f1a 8060051b600101 803603 90 81 90 5f 37 90 60051b60200156").to_vec();
    code.resize(usize::from(BASE), 0);
    for topics in 0..=4_u8 {
        let mut block = vec![0x5b];
        for topic in (0..topics).rev() {
            block.extend([0x60, 1 + 32 * topic, 0x35]);
        }
        block.extend([0x80 + topics, 0x5f, 0xa0 + topics]);
        block.resize(32, 0);
        code.extend(block);
    }
    code
}

pub(crate) struct World {
    pub(crate) dir: tempfile::TempDir,
    pub(crate) anvil: Anvil,
    account: Address,
}

impl World {
    pub(crate) async fn start() -> Result<Self> {
        let dir = tempfile::tempdir()?;
        let anvil = Anvil::start(dir.path(), ports::free()?).await?;
        anvil.rpc.every(0).await?;
        let accounts: Vec<Address> = anvil.rpc.call("eth_accounts", json!([])).await?;
        let _none: Value =
            anvil.rpc.call("anvil_setCode", json!([TOKEN, hex::encode_prefixed(code())])).await?;
        std::fs::write(dir.path().join("Token.json"), ABI)?;
        Ok(Self { dir, anvil, account: accounts[0] })
    }

    pub(crate) fn rpc(&self) -> &Rpc {
        &self.anvil.rpc
    }

    /// Has the contract log something in the next block.
    pub(crate) async fn log(&self, to: Address, topics: &[B256], data: &[u8]) -> Result<()> {
        let mut input = vec![u8::try_from(topics.len())?];
        topics.iter().for_each(|topic| input.extend_from_slice(topic.as_slice()));
        input.extend_from_slice(data);
        let call = json!([{"from": self.account, "to": to, "data": Bytes::from(input), "gas": "0x30d40"}]);
        self.rpc().call::<B256>("eth_sendTransaction", call).await.map(drop)
    }

    pub(crate) async fn transfer(&self, n: u64) -> Result<()> {
        let word = |n: u64| B256::left_padding_from(&n.to_be_bytes());
        let topics = [transfer_topic(), word(n % 7), word(n % 5)];
        self.log(TOKEN, &topics, word(n * 1_000_000_007).as_slice()).await
    }

    /// A block of two transfers by one account to another.
    pub(crate) async fn twins(&self) -> Result<()> {
        let word = |n: u64| B256::left_padding_from(&n.to_be_bytes());
        for value in [1, 2] {
            self.log(TOKEN, &[transfer_topic(), word(3), word(4)], word(value).as_slice()).await?;
        }
        self.rpc().mine().await
    }

    /// Blocks with some transfers each.
    pub(crate) async fn blocks(&self, numbers: std::ops::Range<u64>) -> Result<()> {
        for n in numbers {
            for m in 0..n % 4 {
                self.transfer(10 * n + m).await?;
            }
            self.rpc().mine().await?;
        }
        Ok(())
    }

    pub(crate) fn sqlite(&self, name: &str) -> String {
        format!("sqlite://{}", self.dir.path().join(name).display())
    }

    pub(crate) fn databases(&self) -> Result<[String; 2]> {
        Ok([self.sqlite("events.db"), Postgres::shared()?.database("events")?])
    }

    /// The program with the flags for this chain.
    pub(crate) fn command(&self, db: &str, arguments: &[&str]) -> Command {
        self.command_at(self.rpc().url(), db, arguments)
    }

    pub(crate) fn command_at(&self, rpc: &str, db: &str, arguments: &[&str]) -> Command {
        let mut command = program();
        command.args(arguments).args(["--rpc", rpc, "--db", db, "--address", &TOKEN.to_string(), "--abi"]);
        command.arg(self.dir.path().join("Token.json"));
        command
    }

    pub(crate) async fn once(&self, db: &str) -> Result<()> {
        succeed(self.command(db, &["--from", "0", "--once"])).await.map(drop)
    }

    /// Starts following the chain.
    pub(crate) fn follow(&self, rpc: &str, db: &str, arguments: &[&str]) -> Result<Process> {
        let often: &[&str] =
            if arguments.contains(&"--poll-interval") { &[] } else { &["--poll-interval", "20ms"] };
        let arguments = [&["--from", "0"], often, arguments].concat();
        let command = self.command_at(rpc, db, &arguments);
        Process::start(&mut command.into_std(), &self.dir.path().join("mirror.log"))
    }

    /// Says how many rows differ from the chain.
    pub(crate) async fn differences(&self, db: &str) -> Result<u64> {
        let output = self.command(db, &["verify", "--json"]).output().await?;
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        let report: Value = serde_json::from_slice(&output.stdout).context(said)?;
        let count = report["count"].as_u64().context("no count")?;
        ensure!(output.status.success() == (count == 0), "the exit code says otherwise");
        if count > 0 {
            eprintln!("{report:#}");
        }
        Ok(count)
    }

    pub(crate) async fn status(&self, db: &str) -> Result<Value> {
        let mut command = program();
        command.args(["status", "--json", "--db", db]);
        Ok(serde_json::from_slice(&succeed(command).await?.stdout)?)
    }

    /// Waits until the mirror has the chain's newest block.
    pub(crate) async fn caught_up(&self, db: &str, mirror: &mut Process) -> Result<()> {
        let head: Value = self.rpc().call("eth_getBlockByNumber", json!(["latest", false])).await?;
        let hash = head["hash"].as_str().context("a block without a hash")?.to_owned();
        wait_for("the mirror to catch up", SOON, async || {
            if let Some(status) = mirror.status()? {
                return Ok(Some(Err(anyhow::anyhow!("it ended ({status}): {}", mirror.tail()))));
            }
            let found = self.status(db).await?["block"]["hash"] == hash.as_str();
            Ok(found.then_some(Ok(())))
        })
        .await?
    }
}

pub(crate) fn transfer_topic() -> B256 {
    alloy::primitives::keccak256("Transfer(address,address,uint256)")
}

pub(crate) fn program() -> Command {
    let mut command = Command::new(PathBuf::from(env!("CARGO_BIN_EXE_quittance-indexer")));
    command.kill_on_drop(true);
    command
}

/// Runs a program to its end.
pub(crate) async fn succeed(mut command: Command) -> Result<Output> {
    let output = tokio::time::timeout(Duration::from_secs(120), command.output()).await??;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Ok(output)
}

/// Runs a program that is to fail, and returns what it says.
pub(crate) async fn fail(mut command: Command) -> Result<String> {
    let output = tokio::time::timeout(Duration::from_secs(120), command.output()).await??;
    ensure!(!output.status.success(), "it succeeded");
    Ok(String::from_utf8_lossy(&output.stderr).into_owned())
}

/// Changes a SQLite database behind the mirror's back.
pub(crate) fn tamper(db: &str, sql: &str) -> Result<()> {
    let path = Path::new(db.strip_prefix("sqlite://").context("not SQLite")?);
    let done = std::process::Command::new("sqlite3").arg(path).arg(sql).status();
    ensure!(done.context("sqlite3 is not installed")?.success(), "sqlite3 failed");
    Ok(())
}
