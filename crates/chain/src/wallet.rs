//! The party's key: signs transactions and receipts, and is never shown.

use std::fmt;

use alloy::{
    consensus::{SignableTransaction, TxEip1559, TxEnvelope},
    eips::eip2718::Encodable2718,
    network::TxSignerSync,
    primitives::{Address, B256, Bytes, TxKind, U256},
    signers::{SignerSync, local::PrivateKeySigner},
};
use quittance_domain::{Error, Result};

use crate::Prepared;

/// A party's signing key.
#[derive(Clone)]
pub struct Wallet {
    signer: PrivateKeySigner,
}

/// A signed transaction, to be sent byte for byte as often as it takes.
#[derive(Clone, Debug)]
pub struct SignedTransaction {
    /// Its place in the signer's sequence.
    pub nonce: u64,
    /// The signed bytes.
    pub raw: Bytes,
    /// Their hash, by which the chain knows it.
    pub hash: B256,
}

impl Wallet {
    /// A new random key.
    #[must_use]
    pub fn random() -> Self {
        Self { signer: PrivateKeySigner::random() }
    }

    /// A key from its 32 bytes in hexadecimal.
    ///
    /// # Errors
    /// When it is not a key; the text is not repeated in the error.
    pub fn from_hex(key: &str) -> Result<Self> {
        let signer = key.trim().parse().map_err(|_| Error::invalid("is not a private key of 32 bytes"))?;
        Ok(Self { signer })
    }

    /// The key itself, for the file it is kept in.
    #[must_use]
    pub fn to_hex(&self) -> String {
        format!("{:#x}", self.signer.to_bytes())
    }

    /// The account that this key controls.
    #[must_use]
    pub fn address(&self) -> Address {
        self.signer.address()
    }

    /// Signs an EIP-712 digest.
    ///
    /// # Errors
    /// When the key cannot sign, which a local one always can.
    pub fn sign_digest(&self, digest: &B256) -> Result<Bytes> {
        let signature = self.signer.sign_hash_sync(digest).map_err(Error::internal)?;
        Ok(signature.as_bytes().to_vec().into())
    }

    /// Signs a transaction at `nonce`.
    ///
    /// # Errors
    /// When the key cannot sign, which a local one always can.
    pub fn sign(&self, call: &Prepared, chain_id: u64, nonce: u64) -> Result<SignedTransaction> {
        let mut transaction = TxEip1559 {
            chain_id,
            nonce,
            gas_limit: call.gas,
            max_fee_per_gas: call.max_fee_per_gas,
            max_priority_fee_per_gas: call.max_priority_fee_per_gas,
            to: TxKind::Call(call.to),
            value: U256::ZERO,
            access_list: Default::default(),
            input: call.data.clone(),
        };
        let signature = self.signer.sign_transaction_sync(&mut transaction).map_err(Error::internal)?;
        let envelope = TxEnvelope::from(transaction.into_signed(signature));
        let hash = *envelope.tx_hash();
        Ok(SignedTransaction { nonce, raw: envelope.encoded_2718().into(), hash })
    }
}

impl fmt::Debug for Wallet {
    /// The address only: a key must not reach a log.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Wallet").field(&self.address()).finish()
    }
}
