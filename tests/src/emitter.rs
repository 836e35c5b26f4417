//! A token that logs whatever transfers it is told, and a chain full of them: what a mirror is measured on.
//!
//! The contract keeps no balances, so that a node makes blocks as fast as it can. The transfers are those of
//! a sound token all the same: first every account is given more than it will ever pay, then accounts drawn by
//! a seeded generator pay one another.

use alloy::primitives::{Address, Bytes, U256, address, b256, hex, keccak256};
use anyhow::{Result, ensure};
use rand::{Rng, SeedableRng, rngs::StdRng};
use serde_json::{Value, json};

use crate::rpc::Rpc;

/// Where the contract is.
pub const TOKEN: Address = address!("0x70CE000000000000000000000000000000000001");

/// The topic of its event.
pub const TRANSFER: alloy::primitives::B256 =
    b256!("0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef");

/// Its interface.
pub const ABI: &str = r#"[{"type":"event","name":"Transfer","anonymous":false,"inputs":[
  {"name":"from","type":"address","indexed":true},
  {"name":"to","type":"address","indexed":true},
  {"name":"value","type":"uint256","indexed":false}]}]
"#;

/// Logs a `Transfer` for each 72 bytes of call data: payer, payee, amount.
const CODE: &[u8] = &hex!(
    "5f"                     // p = 0
    "5b"                     // next:
    "8060280135" "5f52"      //   memory[0] = data[p + 40]
    "8060140135" "60601c"    //   payee = data[p + 20] >> 96
    "8135" "60601c"          //   payer = data[p] >> 96
    "7fddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef"
    "60205fa3"               //   log3(memory[0..32], Transfer, payer, payee)
    "604801"                 //   p += 72
    "80361160015700"         //   if p < length of data: goto next; stop
);

/// Gas that a transaction of this many transfers is given, which is more than it takes.
const fn gas(transfers: u64) -> u64 {
    60_000 + 6_000 * transfers
}

/// Accounts that pay one another.
pub const ACCOUNTS: u64 = 1_200;

/// Each is given this much at first, more than all it can pay: no transfer is of more than 2^64 units.
const ENDOWMENT: u128 = 1 << 96;

/// Transactions in a request, each of which makes a block of its own.
const BATCH: usize = 50;

/// The genesis' time, so that every chain has the same.
const GENESIS: u64 = 1_700_000_000;

/// A payment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transfer {
    /// Who pays; nobody if it is given.
    pub from: Address,
    /// Who is paid.
    pub to: Address,
    /// How much.
    pub value: U256,
}

/// The account of this number.
#[must_use]
pub fn account(number: u64) -> Address {
    Address::from_word(keccak256(number.to_be_bytes()))
}

/// All transfers of the chain of this seed, without an end.
pub fn transfers(seed: u64) -> impl Iterator<Item = Transfer> {
    let mut random = StdRng::seed_from_u64(seed);
    let accounts: Vec<Address> = (0..ACCOUNTS).map(account).collect();
    let gifts: Vec<Transfer> = accounts
        .iter()
        .map(|to| Transfer { from: Address::ZERO, to: *to, value: U256::from(ENDOWMENT) })
        .collect();
    gifts.into_iter().chain(std::iter::repeat_with(move || {
        let (from, to) = (random.random_range(0..accounts.len()), random.random_range(0..accounts.len()));
        // As many small amounts as large ones.
        let value = U256::from(random.random::<u64>() >> random.random_range(0..64));
        Transfer { from: accounts[from], to: accounts[to], value }
    }))
}

/// Call data that logs these transfers.
#[must_use]
pub fn call_data(transfers: &[Transfer]) -> Bytes {
    let mut data = Vec::with_capacity(transfers.len() * 72);
    for Transfer { from, to, value } in transfers {
        data.extend_from_slice(from.as_slice());
        data.extend_from_slice(to.as_slice());
        data.extend_from_slice(&value.to_be_bytes::<32>());
    }
    data.into()
}

/// The shape of a chain: so many blocks of one transaction, each logging so many transfers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    /// Blocks after the genesis.
    pub blocks: u64,
    /// Transfers in each.
    pub transfers: u64,
    /// Of the generator.
    pub seed: u64,
}

impl Shape {
    /// How many events there are.
    #[must_use]
    pub fn events(&self) -> u64 {
        self.blocks * self.transfers
    }

    /// What anvil is told so that each block holds one transaction and the base fee never rises: there is room
    /// for less than two, and one fills less than half.
    #[must_use]
    pub fn arguments(&self) -> Vec<String> {
        let limit = (gas(self.transfers) + 10_000).to_string();
        let genesis = GENESIS.to_string();
        ["--no-mining", "--order", "fifo", "--gas-limit", &limit, "--timestamp", &genesis]
            .map(str::to_owned)
            .to_vec()
    }

    /// Makes the chain on an empty node that was started with [`Shape::arguments`], telling how many blocks
    /// there are each time some are added.
    ///
    /// # Errors
    /// When the node does not do as it is told.
    pub async fn make(&self, rpc: &Rpc, mut made: impl FnMut(u64)) -> Result<()> {
        deploy(rpc).await?;
        let sender = sender(rpc).await?;
        let mut transfers = transfers(self.seed);
        for first in (0..self.blocks).step_by(BATCH) {
            let last = self.blocks.min(first + BATCH as u64);
            let calls = (first..last).map(|nonce| {
                let some: Vec<Transfer> = transfers.by_ref().take(usize::try_from(self.transfers)?).collect();
                Ok(("eth_sendTransaction", json!([transaction(sender, nonce, &some)])))
            });
            rpc.batch(&calls.collect::<Result<Vec<_>>>()?).await?;
            // A second apart, like a chain's whose time nobody waits for.
            let count = format!("{:#x}", last - first);
            rpc.call::<Value>("anvil_mine", json!([count, "0x1"])).await?;
            made(last);
        }
        let head = rpc.head().await?;
        ensure!(head == self.blocks, "the chain has {head} blocks and not {}", self.blocks);
        Ok(())
    }
}

/// Puts the contract on a chain.
///
/// # Errors
/// When the node does not let us.
pub async fn deploy(rpc: &Rpc) -> Result<()> {
    rpc.call::<Value>("anvil_setCode", json!([TOKEN, hex::encode_prefixed(CODE)])).await.map(drop)
}

/// An account of the node's own, that it signs for.
///
/// # Errors
/// When the node has none.
pub async fn sender(rpc: &Rpc) -> Result<Address> {
    let accounts: Vec<Address> = rpc.call("eth_accounts", json!([])).await?;
    accounts.first().copied().ok_or_else(|| anyhow::anyhow!("the node has no accounts"))
}

/// A transaction that logs these transfers, for the node to sign.
#[must_use]
pub fn transaction(sender: Address, nonce: u64, transfers: &[Transfer]) -> Value {
    json!({
        "from": sender, "to": TOKEN, "nonce": format!("{nonce:#x}"), "gas": format!("{:#x}", gas(transfers.len() as u64)),
        "gasPrice": format!("{:#x}", 2_000_000_000), "data": call_data(transfers),
    })
}
