//! Who may connect: the registered parties, by key.

use std::{
    collections::HashMap,
    sync::{Arc, PoisonError, RwLock},
};

use quittance_domain::{Address, B256};

/// A shared snapshot of the registry, read within each handshake and for each request. Clones share it.
#[derive(Clone, Debug, Default)]
pub struct Directory {
    parties: Arc<RwLock<HashMap<B256, Address>>>,
}

impl Directory {
    /// Puts these keys and parties in the place of all that were known. Whoever is not among them is
    /// refused from now on, on open connections too.
    pub fn replace(&self, parties: impl IntoIterator<Item = (B256, Address)>) {
        let parties = parties.into_iter().filter(|(key, _)| !key.is_zero()).collect();
        *self.parties.write().unwrap_or_else(PoisonError::into_inner) = parties;
    }

    /// Whose key this is.
    #[must_use]
    pub fn party(&self, tls_key: B256) -> Option<Address> {
        self.parties.read().unwrap_or_else(PoisonError::into_inner).get(&tls_key).copied()
    }
}
