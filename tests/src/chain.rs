//! The contracts as the chain itself answers for them: what every node's database is compared with.

use alloy::{
    primitives::{Address, B256, Bytes, hex},
    sol,
    sol_types::SolCall,
};
use anyhow::{Context, Result};
use serde::Deserialize;
use serde_json::json;

use crate::{deploy::Deployment, rpc::Rpc};

sol! {
    #![sol(all_derives)]
    /// What is asked of the contracts.
    interface Contracts {
        function balanceOf(address owner) external view returns (uint256);
        function totalSupply() external view returns (uint256);
        function ownerOf(uint256 tokenId) external view returns (address);
        function status(bytes32 settlement) external view returns (uint8);
    }
}

/// A chain with the contracts on it.
#[derive(Clone, Debug)]
pub struct Chain {
    /// Its endpoint.
    pub rpc: Rpc,
    /// The money.
    pub cash: Address,
    /// The deeds.
    pub deed: Address,
    /// The escrow.
    pub settlement: Address,
}

/// A transaction as the chain has it.
#[derive(Clone, Debug, Deserialize)]
pub struct Sent {
    /// Its hash.
    pub hash: B256,
    /// Who sent it.
    pub from: Address,
    /// Which contract it called.
    pub to: Option<Address>,
    /// With what.
    pub input: Bytes,
}

#[derive(Deserialize)]
struct Block {
    transactions: Vec<Sent>,
}

impl Chain {
    /// The contracts of this deployment.
    ///
    /// # Errors
    /// When one of them was not deployed.
    pub fn new(rpc: Rpc, deployment: &Deployment) -> Result<Self> {
        let address = |name| deployment.address(name);
        Ok(Self { rpc, cash: address("Cash")?, deed: address("Deed")?, settlement: address("Settlement")? })
    }

    /// How much money a party has.
    ///
    /// # Errors
    /// When the chain does not answer.
    pub async fn cash_of(&self, owner: Address) -> Result<u64> {
        Ok(self.call(self.cash, &Contracts::balanceOfCall { owner }).await?.try_into()?)
    }

    /// How much money there is.
    ///
    /// # Errors
    /// When the chain does not answer.
    pub async fn all_cash(&self) -> Result<u64> {
        Ok(self.call(self.cash, &Contracts::totalSupplyCall {}).await?.try_into()?)
    }

    /// Who owns a deed.
    ///
    /// # Errors
    /// When there is none, or the chain does not answer.
    pub async fn owner_of(&self, document: B256) -> Result<Address> {
        self.call(self.deed, &Contracts::ownerOfCall { tokenId: document.into() }).await
    }

    /// Where a settlement stands, by the contract's number.
    ///
    /// # Errors
    /// When the chain does not answer.
    pub async fn status(&self, settlement: B256) -> Result<u8> {
        self.call(self.settlement, &Contracts::statusCall { settlement }).await
    }

    /// Every transaction, oldest first.
    ///
    /// # Errors
    /// When the chain does not answer.
    pub async fn transactions(&self) -> Result<Vec<Sent>> {
        let mut all = Vec::new();
        for number in 0..=self.rpc.head().await? {
            let params = json!([format!("{number:#x}"), true]);
            all.extend(self.rpc.call::<Block>("eth_getBlockByNumber", params).await?.transactions);
        }
        Ok(all)
    }

    async fn call<C: SolCall>(&self, to: Address, call: &C) -> Result<C::Return> {
        let params = json!([{"to": to, "data": hex::encode_prefixed(call.abi_encode())}, "latest"]);
        let result: Bytes = self.rpc.call("eth_call", params).await?;
        C::abi_decode_returns(&result).with_context(|| format!("{} answered something else", C::SIGNATURE))
    }
}
