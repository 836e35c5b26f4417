//! This party's own entry in the on-chain registry.

use alloy_primitives::{B256, keccak256};
use quittance_domain::{
    Result,
    intent::{Action, Call, Intent},
    party::Party,
};
use quittance_store::{
    Tx,
    outbox::{self, State},
    parties,
};

use crate::{App, feed};

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
        let wanted = Party { address: self.us, name: name.into(), endpoint: endpoint.into(), tls_key };
        let mut tx = self.store.begin().await?;
        let present = parties::by_address(&mut tx, self.us).await?;
        let key = free_key(&mut tx, &wanted, present.as_ref()).await?;
        let call = Call::RegisterParty { name: wanted.name, endpoint: wanted.endpoint, tls_key };
        feed::ask(&mut tx, &Intent::new(key.clone(), Action::Transact(call)), None, None, wall).await?;
        self.commit(tx).await?;
        Ok(key)
    }
}

/// The key under which an entry is asked for: that of an equal intent, unless the registry has been changed
/// since that was done.
async fn free_key(tx: &mut Tx, wanted: &Party, present: Option<&Party>) -> Result<String> {
    let digest = keccak256(format!("{}\n{}\n{}", wanted.name, wanted.endpoint, wanted.tls_key));
    let mut times = 0_u64;
    loop {
        let key = format!("party:{digest:#x}:{times}");
        let done = outbox::get(tx, &key).await?.is_some_and(|row| row.state == State::Done);
        if !done || present == Some(wanted) {
            return Ok(key);
        }
        times += 1;
    }
}
