//! The floor: the same locks and settlements as bare transactions, by a program that knows everything
//! beforehand, keeps nothing, tells nobody and moves no document.

use std::time::{Duration, Instant};

use alloy::{
    consensus::{SignableTransaction, TxEip1559, TxEnvelope},
    eips::eip2718::Encodable2718,
    primitives::{Address, B256, Bytes, TxKind, U256, aliases::U40, hex},
    signers::{SignerSync, local::PrivateKeySigner},
    sol,
    sol_types::{Eip712Domain, SolCall, SolStruct},
};
use anyhow::{Context, Result, ensure};
use quittance_stories::{
    Anvil,
    deploy::{self, Deployment},
    ports,
    rpc::{Rpc, number},
    tools, wait_for,
};
use serde_json::{Value, json};

use crate::dvp::Run;

sol! {
    struct Document {
        address issuer; bytes32 root; uint32 chunks; uint32 chunkSize; uint64 size;
        bytes32 schema; bytes32 previous;
    }
    struct Leg { bytes32 asset; address from; address to; uint256 tokenId; uint256 amount; }
    struct Condition { uint8 kind; address party; bytes32 subject; }
    struct Terms { Leg[] legs; Condition[] conditions; uint40 fundBy; uint40 settleBy; uint256 nonce; }
    struct Receipt { bytes32 settlement; address party; bytes32 subject; }
    function register(Document calldata document) external;
    interface Deed { function mint(address to, Document calldata document) external; }
    interface Cash { function mint(address to, uint256 amount) external; }
    function approve(address spender, uint256 value) external;
    function setApprovalForAll(address operator, bool approved) external;
    function fund(Terms calldata terms, uint256 leg) external;
    function settle(Terms calldata terms, bytes[] calldata proofs) external;
}

/// The contract's numbers for kinds of tokens.
const ERC20: u8 = 0;
const ERC721: u8 = 1;

/// More than any of these transactions takes.
const GAS: u64 = 600_000;
/// Wei for each unit of gas, and in each purse.
const FEE: u128 = 20_000_000_000;
const PURSE: u128 = 1_000_000_000_000_000_000_000;
/// The limit for a transaction to be in a block.
const MINED: Duration = Duration::from_secs(120);

/// An account that counts its own transactions.
pub(crate) struct Account {
    pub(crate) key: PrivateKeySigner,
    next: u64,
    rpc: Rpc,
}

impl Account {
    pub(crate) async fn new(rpc: &Rpc) -> Result<Self> {
        let key = PrivateKeySigner::random();
        rpc.set_balance(key.address(), PURSE).await?;
        Ok(Self { key, next: 0, rpc: rpc.clone() })
    }

    async fn send(&mut self, to: Address, call: &impl SolCall) -> Result<B256> {
        let raw = self.sign(to, call)?;
        self.rpc.call("eth_sendRawTransaction", json!([raw])).await
    }

    /// The next transaction, ready to be sent.
    pub(crate) fn sign(&mut self, to: Address, call: &impl SolCall) -> Result<String> {
        let transaction = TxEip1559 {
            chain_id: 31337,
            nonce: self.next,
            gas_limit: GAS,
            max_fee_per_gas: FEE,
            max_priority_fee_per_gas: 1,
            to: TxKind::Call(to),
            input: Bytes::from(call.abi_encode()),
            ..TxEip1559::default()
        };
        self.next += 1;
        let signature = self.key.sign_hash_sync(&transaction.signature_hash())?;
        Ok(hex::encode_prefixed(TxEnvelope::from(transaction.into_signed(signature)).encoded_2718()))
    }
}

/// The block that a transaction is in, and did what it was meant to.
async fn mined(rpc: &Rpc, hash: B256) -> Result<u64> {
    let receipt = wait_for("a transaction to be mined", MINED, async || {
        let receipt: Value = rpc.call("eth_getTransactionReceipt", json!([hash])).await?;
        Ok(receipt.is_object().then_some(receipt))
    })
    .await?;
    ensure!(receipt["status"] == "0x1", "a transaction failed: {receipt}");
    number(receipt["blockNumber"].as_str().context("a receipt without a block")?)
}

/// Settles so many trades, from nothing but keys.
pub(crate) async fn run(trades: u64) -> Result<Run> {
    let dir = tempfile::Builder::new().prefix("floor-").tempdir_in(tools::scratch("worlds")?)?;
    let anvil = Anvil::start(dir.path(), ports::free()?).await?;
    let (mut seller, mut buyer) = (Account::new(&anvil.rpc).await?, Account::new(&anvil.rpc).await?);
    let plan = deploy::Plan {
        rpc: anvil.rpc.url(),
        cash_issuer: buyer.key.address(),
        deed_issuer: seller.key.address(),
        record: dir.path(),
        notes: &dir.path().join("forge"),
    };
    let deployment = deploy::deploy(&plan).await?;
    let terms = prepare(&deployment, &mut seller, &mut buyer, trades).await?;
    let escrow = deployment.address("Settlement")?;

    let (start, from) = (Instant::now(), anvil.rpc.head().await?);
    let mut locks = Vec::new();
    for terms in &terms {
        let call = |leg| fundCall { terms: terms.clone(), leg: U256::from(leg) };
        locks.push((seller.send(escrow, &call(0)).await?, buyer.send(escrow, &call(1)).await?));
    }
    let mut settlements = Vec::new();
    for (terms, (deed, cash)) in terms.iter().zip(locks) {
        mined(&anvil.rpc, deed).await?;
        mined(&anvil.rpc, cash).await?;
        let proofs = vec![receipt(&buyer.key, escrow, terms)?];
        settlements.push(seller.send(escrow, &settleCall { terms: terms.clone(), proofs }).await?);
    }
    let mut blocks = Vec::new();
    for settlement in settlements {
        let to = mined(&anvil.rpc, settlement).await?;
        blocks.push(f64::from(u32::try_from(to.saturating_sub(from))?));
    }
    Ok(Run { took: start.elapsed(), blocks })
}

/// Deeds, money and approvals, which are not part of what is measured; and the terms of each trade.
async fn prepare(
    deployment: &Deployment,
    seller: &mut Account,
    buyer: &mut Account,
    trades: u64,
) -> Result<Vec<Terms>> {
    let [registry, deed, cash, escrow] =
        ["DocumentRegistry", "Deed", "Cash", "Settlement"].map(|name| deployment.address(name));
    let (registry, deed, cash, escrow) = (registry?, deed?, cash?, escrow?);
    let (from, to) = (seller.key.address(), buyer.key.address());
    let domain = domain("Quittance DocumentRegistry", registry);
    let now = seller.rpc.time().await?;
    let mut all = Vec::new();
    for trade in 0..trades {
        let document = Document {
            issuer: from,
            root: B256::from(U256::from(trade + 1)),
            chunks: 1,
            chunkSize: 1024,
            size: 992,
            schema: B256::ZERO,
            previous: B256::ZERO,
        };
        let id = document.eip712_signing_hash(&domain);
        seller.send(registry, &registerCall { document: document.clone() }).await?;
        seller.send(deed, &Deed::mintCall { to: from, document }).await?;
        let leg = |asset, from, to, id| Leg { asset, from, to, tokenId: id, amount: U256::ONE };
        all.push(Terms {
            legs: vec![
                leg(asset(ERC721, deed), from, to, id.into()),
                leg(asset(ERC20, cash), to, from, U256::ZERO),
            ],
            conditions: vec![Condition { kind: 0, party: to, subject: id }],
            fundBy: U40::from(now + 3600),
            settleBy: U40::from(now + 7200),
            nonce: U256::from(trade),
        });
    }
    buyer.send(cash, &Cash::mintCall { to, amount: U256::from(trades) }).await?;
    let paid = buyer.send(cash, &approveCall { spender: escrow, value: U256::MAX }).await?;
    let approved = seller.send(deed, &setApprovalForAllCall { operator: escrow, approved: true }).await?;
    mined(&seller.rpc, paid).await?;
    mined(&seller.rpc, approved).await?;
    Ok(all)
}

/// The contract's word for a token: its kind, and where it is.
fn asset(kind: u8, token: Address) -> B256 {
    let mut word = token.into_word();
    word[0] = kind;
    word
}

fn domain(name: &'static str, contract: Address) -> Eip712Domain {
    Eip712Domain::new(Some(name.into()), Some("1".into()), Some(U256::from(31337)), Some(contract), None)
}

fn receipt(key: &PrivateKeySigner, escrow: Address, terms: &Terms) -> Result<Bytes> {
    let domain = domain("Quittance Settlement", escrow);
    let settlement = terms.eip712_signing_hash(&domain);
    let Condition { party, subject, .. } = terms.conditions.first().context("no condition")?.clone();
    let digest = Receipt { settlement, party, subject }.eip712_signing_hash(&domain);
    Ok(Bytes::from(key.sign_hash_sync(&digest)?.as_bytes()))
}
