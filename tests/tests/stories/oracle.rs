//! Receipts are what another, independent implementation of EIP-712 and of ECDSA makes of the same key and
//! the same message.

use std::fs;

use alloy::{
    primitives::{Address, B256, Bytes, address, b256, hex},
    signers::{SignerSync, local::PrivateKeySigner},
    sol_types::SolCall,
};
use anyhow::{Context, Result, ensure};
use ethers_core::types::transaction::eip712::TypedData;
use ethers_signers::{LocalWallet, Signer};
use quittance_domain::{
    DocumentId, SettlementId,
    settlement::{Contracts, Deployment},
};
use quittance_stories::Database;
use serde_json::json;

use crate::restart::settleCall;

/// What ethers signs for this receipt.
async fn ethers(key: &str, contract: Address, settlement: B256, subject: B256) -> Result<(Address, Bytes)> {
    let wallet: LocalWallet = key.trim().trim_start_matches("0x").parse()?;
    let party = Address::from(wallet.address().0);
    let message: TypedData = serde_json::from_value(json!({
        "types": {
            "EIP712Domain": [
                {"name": "name", "type": "string"},
                {"name": "version", "type": "string"},
                {"name": "chainId", "type": "uint256"},
                {"name": "verifyingContract", "type": "address"},
            ],
            "Receipt": [
                {"name": "settlement", "type": "bytes32"},
                {"name": "party", "type": "address"},
                {"name": "subject", "type": "bytes32"},
            ],
        },
        "primaryType": "Receipt",
        "domain": {
            "name": "Quittance Settlement",
            "version": "1",
            "chainId": 31337,
            "verifyingContract": contract,
        },
        "message": {"settlement": settlement, "party": party, "subject": subject},
    }))?;
    let signature = wallet.sign_typed_data(&message).await?;
    Ok((party, Bytes::from(signature.to_vec())))
}

fn deployment(settlement: Address) -> Deployment {
    let none = Address::ZERO;
    Deployment {
        chain_id: 31337,
        start_block: 0,
        contracts: Contracts {
            cash: none,
            deed: none,
            document_registry: none,
            party_registry: none,
            settlement,
            ..Contracts::default()
        },
    }
}

#[tokio::test]
async fn ethers_signs_the_same_receipt() -> Result<()> {
    let contract = address!("0x879Dd9bb089FC6725Cc944EdA75524Ba6d3c47B4");
    let settlement = b256!("0x6fe2a2b58e9d3c7d6e6b6c1f0b9a8877665544332211ffeeddccbbaa00998877");
    let document = b256!("0x01020304050607080910111213141516171819202122232425262728293031ff");
    // The smallest key, the greatest, and one between.
    let most = "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364140";
    for key in [format!("{:064x}", 1), hex::encode([0x5a; 32]), most.to_owned()] {
        let ours: PrivateKeySigner = key.parse()?;
        let (id, document_id) = (SettlementId(settlement), DocumentId(document));
        let digest = deployment(contract).receipt_digest(id, ours.address(), document_id);
        let signature = Bytes::from(ours.sign_hash_sync(&digest)?.as_bytes());
        let theirs = ethers(&key, contract, settlement, document).await?;
        ensure!((ours.address(), signature) == theirs, "ethers makes {theirs:?} of it");
    }
    Ok(())
}

/// The receipt that Bob's node signed and that settled a trade is the one that ethers makes of Bob's key.
#[test]
fn the_node_signs_what_ethers_signs() -> Result<()> {
    crate::tell(Database::Sqlite, async |world| {
        let document = world.deed("house", 50_000).await?.id;
        let trade = world.agree(&world.offer(document).await?, false).await?;
        world.both_reach(trade, "settled").await?;
        let sent = world.chain.transactions().await?;
        let settled = sent.iter().find_map(|sent| settleCall::abi_decode(&sent.input).ok());
        let on_chain = settled.context("nobody settled")?.proofs.into_iter().next().context("no receipt")?;
        let key = fs::read_to_string(world.bob.dir.join("party.key"))?;
        let (bob, receipt) = ethers(&key, world.chain.settlement, trade, document).await?;
        ensure!(bob == world.bob.address, "the key is {bob}'s");
        ensure!(receipt == on_chain, "ethers signs {receipt}, the node {on_chain}");
        Ok(())
    })
}
