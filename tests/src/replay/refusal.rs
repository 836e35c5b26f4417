//! How providers refuse a call: the same three refusals in everybody's own words and codes.
//!
//! The words were seen in the wild; where, is said beside them.

use clap::ValueEnum;
use serde_json::{Value, json};

/// Whose words a server speaks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Style {
    /// What EIP-1474 has: −32602 for parameters it does not like, −32005 "limit exceeded" for too many calls.
    #[default]
    Plain,
    /// INFURA/infura#237 for the range, ethers-io/ethers.js#4703 for the results; for the rate what alloy-json-rpc
    /// takes for a call to be repeated.
    Infura,
    /// BobTheBuidler/dank_mids#772 for the range, ethers-io/ethers.js#4703 for the results,
    /// latticexyz/mud#1522 for the rate.
    Alchemy,
    /// OffchainLabs/arbitrum-sdk#609 for the range, foundry-rs/foundry#4894 for the rate. It has no limit on
    /// results; what it is made to say is what most say.
    Quicknode,
    /// ethereum/go-ethereum#33163 and #35692. It has neither of the other limits: for results what geth's forks
    /// say, for the rate EIP-1474.
    Geth,
    /// erigontech/erigon#20784 and, for the code, #20424.
    Erigon,
    /// paradigmxyz/reth, crates/rpc/rpc/src/eth/filter.rs: it names the range that would have been answered.
    Reth,
    /// BNB Smart Chain's public nodes, AlphaWallet/alpha-wallet-android#2736 for the range and
    /// bnb-chain/docs-site#621 for everything else: "limit exceeded" may mean anything.
    Bsc,
}

/// A call that was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The status of the whole answer.
    pub status: u16,
    /// The error's number.
    pub code: i64,
    /// What it says.
    pub message: String,
    /// What else it carries.
    pub data: Option<Value>,
}

impl Refusal {
    /// A refusal inside an answer that is fine otherwise.
    #[must_use]
    pub fn new(code: i64, message: impl Into<String>) -> Self {
        Self { status: 200, code, message: message.into(), data: None }
    }

    fn status(self, status: u16) -> Self {
        Self { status, ..self }
    }

    fn data(self, data: Value) -> Self {
        Self { data: Some(data), ..self }
    }

    /// The error as JSON-RPC has it.
    #[must_use]
    pub fn error(&self) -> Value {
        let mut error = json!({"code": self.code, "message": self.message});
        if let Some(data) = &self.data {
            error["data"] = data.clone();
        }
        error
    }
}

impl Style {
    /// Whether a range of blocks is within the limit. Some count the blocks, some the steps between them.
    #[must_use]
    pub fn allows(self, from: u64, to: u64, limit: u64) -> bool {
        let steps = to.saturating_sub(from);
        match self {
            Self::Geth | Self::Erigon | Self::Reth => steps <= limit,
            _ => steps < limit,
        }
    }

    /// The range has more blocks than are allowed.
    #[must_use]
    pub fn range(self, from: u64, to: u64, limit: u64) -> Refusal {
        let last = from + limit.max(1) - 1;
        match self {
            Self::Plain => Refusal::new(-32602, format!("block range too large, max range: {limit}")),
            Self::Infura => {
                Refusal::new(-32602, format!("range {} exceeds limit of {limit}", to.saturating_sub(from)))
            }
            Self::Alchemy => Refusal::new(
                -32600,
                format!(
                    "You can make eth_getLogs requests with up to a {limit} block range. Based on your \
                     parameters, this block range should work: [{from:#x}, {last:#x}]"
                ),
            ),
            Self::Quicknode => {
                let range = thousands(limit);
                Refusal::new(-32614, format!("eth_getLogs is limited to a {range} range")).status(413)
            }
            Self::Geth => Refusal::new(-32602, format!("exceed maximum block range {limit}")),
            Self::Erigon => Refusal::new(
                -32602,
                format!("query block range exceeds server limit, narrow your filter: {limit}"),
            ),
            Self::Reth => Refusal::new(-32602, format!("query exceeds max block range {limit}")),
            Self::Bsc => Refusal::new(-32000, format!("exceed maximum block range: {limit}")),
        }
    }

    /// There are more results than are allowed; those up to the block `last` would be few enough.
    #[must_use]
    pub fn results(self, from: u64, last: u64, limit: u64) -> Refusal {
        match self {
            Self::Plain | Self::Geth | Self::Quicknode => {
                Refusal::new(-32005, format!("query returned more than {limit} results"))
            }
            Self::Infura => Refusal::new(
                -32005,
                format!(
                    "query returned more than {limit} results. Try with this block range \
                     [{from:#X}, {last:#X}]."
                )
                .replace("0X", "0x"),
            )
            .data(json!({"from": format!("{from:#x}"), "limit": limit, "to": format!("{last:#x}")})),
            Self::Alchemy => Refusal::new(
                -32602,
                format!(
                    "Log response size exceeded. You can make eth_getLogs requests with up to a 2K block \
                     range and no limit on the response size, or you can request any block range with a cap \
                     of 10K logs in the response. Based on your parameters and the response size limit, this \
                     block range should work: [{from:#x}, {last:#x}]"
                ),
            ),
            Self::Erigon => {
                Refusal::new(-32602, format!("query returns too many logs, narrow your filter: {limit}"))
            }
            Self::Reth => Refusal::new(
                -32602,
                format!("query exceeds max results {limit}, retry with the range {from}-{last}"),
            ),
            Self::Bsc => Refusal::new(-32005, "limit exceeded"),
        }
    }

    /// There were more calls within a second than are allowed.
    #[must_use]
    pub fn rate(self, limit: u32) -> Refusal {
        match self {
            Self::Plain | Self::Geth | Self::Erigon | Self::Reth => Refusal::new(-32005, "limit exceeded"),
            Self::Infura => Refusal::new(-32005, "daily request count exceeded, request rate limited"),
            Self::Alchemy => Refusal::new(
                429,
                "Your app has exceeded its compute units per second capacity. If you have retries enabled, you \
                 can safely ignore this message. If not, check out https://docs.alchemy.com/reference/throughput",
            ),
            Self::Quicknode => Refusal::new(
                -32007,
                format!(
                    "{limit}/second request limit reached - reduce calls per second or upgrade your account at \
                     quicknode.com"
                ),
            ),
            // The same words as for too many results, and no status to tell them apart.
            Self::Bsc => return Refusal::new(-32005, "limit exceeded"),
        }
        .status(429)
    }
}

fn thousands(number: u64) -> String {
    match (number / 1000, number % 1000) {
        (0, rest) => rest.to_string(),
        (thousands, rest) => format!("{thousands},{rest:03}"),
    }
}
