//! The parties, as the on-chain registry names them.

use alloy_primitives::{Address, B256};
use serde::{Deserialize, Serialize};

/// A registered party: its address is also its signing key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Party {
    /// The account that owns, pays and signs.
    pub address: Address,
    /// The name it registered, unique among registered parties.
    pub name: String,
    /// Where its private exchange listens: `https://host:port`.
    pub endpoint: String,
    /// SHA-256 of its TLS public key (SubjectPublicKeyInfo), by which peers recognise each other.
    pub tls_key: B256,
}

impl Party {
    /// The party's decentralised identifier.
    #[must_use]
    pub fn did(&self) -> String {
        did(&self.name)
    }
}

/// The decentralised identifier that goes with a registered name.
#[must_use]
pub fn did(name: &str) -> String {
    format!("{DID_PREFIX}{name}")
}

/// What every party's identifier starts with.
pub const DID_PREFIX: &str = "did:firefly:org/";
