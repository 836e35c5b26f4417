//! The party's key: signs transactions and receipts, and is never shown.

use std::{fmt, path::Path};

use alloy::{
    consensus::{SignableTransaction, TxEip1559, TxEnvelope},
    eips::eip2718::{Decodable2718, Encodable2718},
    network::TxSignerSync,
    primitives::{Address, B256, Bytes, TxKind, U256},
    signers::{
        SignerSync,
        local::{MnemonicBuilder, PrivateKeySigner},
    },
};
use quittance_domain::{Error, Result};

use crate::{Fees, Prepared};

/// Where BIP-32's numbers of hardened keys begin, which an account's is not.
const HARDENED: u32 = 1 << 31;

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

    /// A key from its encrypted file, as Web3 Secret Storage version 3 has it.
    ///
    /// # Errors
    /// When the file is none, or the password another; neither is repeated in the error.
    pub fn from_keystore(file: &Path, password: &str) -> Result<Self> {
        let signer = PrivateKeySigner::decrypt_keystore(file, password);
        let signer = signer.map_err(|_| Error::invalid("is not a keystore that this password opens"))?;
        Ok(Self { signer })
    }

    /// The key of one account of a mnemonic (BIP-39), by Ethereum's derivation path `m/44'/60'/0'/0/ACCOUNT`.
    ///
    /// # Errors
    /// When it is not a mnemonic; the words are not repeated in the error.
    pub fn from_mnemonic(words: &str, account: u32) -> Result<Self> {
        if account >= HARDENED {
            return Err(Error::invalid(format!("must be below {HARDENED}")).field("account"));
        }
        let words = words.split_whitespace().collect::<Vec<_>>().join(" ");
        let signer = MnemonicBuilder::try_from_phrase_nth(words, account);
        Ok(Self { signer: signer.map_err(|_| Error::invalid("is not a mnemonic of English words"))? })
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
    pub fn sign(&self, call: &Prepared, fees: Fees, chain_id: u64, nonce: u64) -> Result<SignedTransaction> {
        self.seal(TxEip1559 {
            chain_id,
            nonce,
            gas_limit: call.gas,
            max_fee_per_gas: fees.max_fee_per_gas,
            max_priority_fee_per_gas: fees.max_priority_fee_per_gas,
            to: TxKind::Call(call.to),
            value: U256::ZERO,
            access_list: Default::default(),
            input: call.data.clone(),
        })
    }

    /// Signs the same transaction again with fees that let it take its own place. Nothing if that would take
    /// fees of more than `most`.
    ///
    /// # Errors
    /// When the bytes are none of ours.
    pub fn sign_again(&self, raw: &Bytes, now: Fees, most: u128) -> Result<Option<SignedTransaction>> {
        let signed = TxEnvelope::decode_2718_exact(raw).map_err(Error::internal)?;
        let before = signed.as_eip1559().ok_or_else(|| Error::internal("not a transaction of ours"))?.tx();
        let fees = Fees {
            max_fee_per_gas: before.max_fee_per_gas,
            max_priority_fee_per_gas: before.max_priority_fee_per_gas,
        };
        let Some(Fees { max_fee_per_gas, max_priority_fee_per_gas }) = fees.raised(now, most) else {
            return Ok(None);
        };
        self.seal(TxEip1559 { max_fee_per_gas, max_priority_fee_per_gas, ..before.clone() }).map(Some)
    }

    fn seal(&self, mut transaction: TxEip1559) -> Result<SignedTransaction> {
        let nonce = transaction.nonce;
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
