//! This party's own entry in the on-chain registry.

use alloy_primitives::{B256, keccak256};
use quittance_domain::{
    Result,
    intent::{Action, Call, Intent},
};
use quittance_store::outbox;

use crate::App;

impl App {
    /// Registers this party, or changes what it had registered.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn register_self(
        &self,
        name: &str,
        endpoint: &str,
        tls_key: B256,
        wall: u64,
    ) -> Result<String> {
        // The same entry again is the same intent; a changed one is a new one.
        let digest = keccak256(format!("{name}\n{endpoint}\n{tls_key}"));
        let key = format!("party/{digest:#x}");
        let call = Call::RegisterParty { name: name.into(), endpoint: endpoint.into(), tls_key };
        let mut tx = self.store.begin().await?;
        outbox::add(&mut tx, &Intent::new(key.clone(), Action::Transact(call)), None, None, wall).await?;
        self.commit(tx).await?;
        Ok(key)
    }
}
