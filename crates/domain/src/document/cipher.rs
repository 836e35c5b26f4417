//! How a document's chunks are encrypted for one deal, so that a wrong key can be proven wrong on the chain.
//!
//! Keccak in counter mode: the document's key follows from the seller's key, the buyer's secret, the root
//! over the plain chunks and a nonce; each chunk has a key of its own, and each word of it a pad of its own.
//! Either party alone decrypts nothing, and what the chain learns when all goes well is the seller's key.
//!
//! Byte for byte what the contract's judge computes; shared vectors hold the two together.

use std::fmt;

use alloy_primitives::{B256, Keccak256, b256};
use alloy_sol_types::SolStruct;

use super::merkle;

/// What an encrypted chunk's leaf opens with: keccak256("Quittance cipher chunk").
pub const LEAF_CIPHER: B256 = b256!("0xb8e1fe3810519eaf53f8c91b151c0ae5367bf48e7ecd2be4fa651f4636574ed2");

/// What a document's key is derived under: keccak256("Quittance document key").
pub const KDF: B256 = b256!("0x4587539d82e09d086e229555c818f1753556d11589dab0db4d0b24e207caa985");

/// What a key's commitment opens with: keccak256("Quittance seller's key").
pub const COMMIT_KEY: B256 = b256!("0x8109f30006182c15caefc360711f6bf91925a541e5014c1e155a0626b38331a1");

/// EIP-712 shapes, named as in the contracts: the names are part of the hash.
mod typed {
    #![allow(missing_docs, reason = "generated from the Solidity definitions")]

    alloy_sol_types::sol! {
        struct Goods {
            bytes32 plainRoot; bytes32 cipherRoot; uint32 chunks; uint32 chunkSize;
            bytes32 secret; uint64 nonce;
        }
    }
}

/// What is sold, known to buyer and seller alone: the terms on the chain hold only its hash.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Goods {
    /// Root over the plain chunks: the document's commitment.
    pub plain_root: B256,
    /// Root over the encrypted chunks.
    pub cipher_root: B256,
    /// How many chunks.
    pub chunks: u32,
    /// Bytes in a chunk, its salt included.
    pub chunk_size: u32,
    /// The buyer's, fresh for every deal.
    pub secret: B256,
    /// Mixed into the encryption.
    pub nonce: u64,
}

impl Goods {
    /// What stands for the goods in the terms.
    #[must_use]
    pub fn hash(&self) -> B256 {
        typed::Goods {
            plainRoot: self.plain_root,
            cipherRoot: self.cipher_root,
            chunks: self.chunks,
            chunkSize: self.chunk_size,
            secret: self.secret,
            nonce: self.nonce,
        }
        .eip712_hash_struct()
    }
}

impl fmt::Debug for Goods {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Goods").field("plain_root", &self.plain_root).finish_non_exhaustive()
    }
}

/// What encrypts and decrypts all the chunks of one document in one deal.
#[derive(Clone)]
pub struct DocumentKey(B256);

impl DocumentKey {
    /// Derives it from the seller's key, the buyer's secret, and what they are for.
    #[must_use]
    pub fn derive(key: B256, secret: B256, plain_root: B256, nonce: u64) -> Self {
        let mut hasher = Keccak256::new();
        for word in [KDF, key, secret, plain_root, B256::left_padding_from(&nonce.to_be_bytes())] {
            hasher.update(word);
        }
        Self(hasher.finalize())
    }

    /// Encrypts the plain chunk at `index`, or decrypts the encrypted one, in place.
    pub fn apply(&self, index: u32, chunk: &mut [u8]) {
        let key = merkle::node(self.0, B256::left_padding_from(&index.to_be_bytes()));
        for (offset, word) in (0_u64..).step_by(32).zip(chunk.chunks_mut(32)) {
            let pad = merkle::node(key, B256::left_padding_from(&offset.to_be_bytes()));
            word.iter_mut().zip(pad).for_each(|(byte, pad)| *byte ^= pad);
        }
    }

    /// Whether the encrypted chunk at `index` decrypts to what this leaf of the plain tree commits to. The
    /// index of one that does not is what a buyer complains of.
    #[must_use]
    pub fn opens(&self, index: u32, chunk: &[u8], plain_leaf: B256) -> bool {
        let mut plain = chunk.to_vec();
        self.apply(index, &mut plain);
        merkle::leaf(index, &plain) == plain_leaf
    }
}

impl fmt::Debug for DocumentKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DocumentKey(hidden)")
    }
}

/// What binds the seller to a key.
#[must_use]
pub fn commit(key: B256) -> B256 {
    merkle::node(COMMIT_KEY, key)
}

/// The leaf of the encrypted chunk at `index`.
#[must_use]
pub fn leaf(index: u32, chunk: &[u8]) -> B256 {
    let mut hasher = Keccak256::new();
    hasher.update(LEAF_CIPHER);
    hasher.update([0; 28]);
    hasher.update(index.to_be_bytes());
    hasher.update(chunk);
    hasher.finalize()
}

#[cfg(test)]
mod tests {
    use alloy_primitives::{Bytes, U256, keccak256};
    use proptest::prelude::*;
    use serde_json::Value;

    use super::*;

    const RIGHT: u64 = 6;
    const WRONG: u64 = 7;

    fn vectors() -> Value {
        let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../../contracts/test/vectors/fair-exchange.json");
        serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap()
    }

    fn read<T: serde::de::DeserializeOwned>(value: &Value) -> T {
        serde_json::from_value(value.clone()).unwrap()
    }

    fn goods(value: &Value) -> Goods {
        Goods {
            plain_root: read(&value["plainRoot"]),
            cipher_root: read(&value["cipherRoot"]),
            chunks: read(&value["chunks"]),
            chunk_size: read(&value["chunkSize"]),
            secret: read(&value["secret"]),
            nonce: U256::from_be_bytes(read::<B256>(&value["nonce"]).0).to(),
        }
    }

    fn key_of(deal: &Value) -> DocumentKey {
        let goods = goods(&deal["goods"]);
        DocumentKey::derive(read(&deal["key"]), goods.secret, goods.plain_root, goods.nonce)
    }

    /// What the judge says, by its definition; only verdicts on complaints that fit the tree are told apart.
    fn judge(terms: &Value, complaint: &Value) -> Option<u64> {
        let (goods, key) = (goods(&complaint["goods"]), read::<B256>(&complaint["key"]));
        let bound =
            goods.hash() == read::<B256>(&terms["goods"]) && commit(key) == read::<B256>(&terms["keyCommit"]);
        let index = U256::from_be_bytes(read::<B256>(&complaint["index"]).0);
        let proof: Vec<B256> = read(&complaint["proof"]);
        let words = usize::try_from(goods.chunk_size / 32).unwrap();
        let depth = usize::try_from(merkle::depth(goods.chunks)).unwrap();
        if !bound || index >= U256::from(goods.chunks) || proof.len() != words + 2 * depth {
            return None;
        }
        let index: u32 = index.to();
        let (chunk, paths) = proof.split_at(words);
        let (chunk, plain_leaf) = (chunk.concat(), read::<B256>(&complaint["leaf"]));
        let placed = merkle::climb(leaf(index, &chunk), index, &paths[..depth]) == goods.cipher_root
            && merkle::climb(plain_leaf, index, &paths[depth..]) == goods.plain_root;
        let document = DocumentKey::derive(key, goods.secret, goods.plain_root, goods.nonce);
        placed.then(|| if document.opens(index, &chunk, plain_leaf) { RIGHT } else { WRONG })
    }

    #[test]
    fn tags_are_the_hashes_of_their_sentences() {
        assert_eq!(LEAF_CIPHER, keccak256("Quittance cipher chunk"));
        assert_eq!(KDF, keccak256("Quittance document key"));
        assert_eq!(COMMIT_KEY, keccak256("Quittance seller's key"));
    }

    #[test]
    fn encrypts_and_commits_as_the_contracts_do() {
        for deal in ["deal", "wrong"].map(|name| vectors()[name].clone()) {
            let goods = goods(&deal["goods"]);
            assert_eq!(key_of(&deal).0, read::<B256>(&deal["documentKey"]));
            assert_eq!(commit(read(&deal["key"])), read::<B256>(&deal["terms"]["keyCommit"]));
            assert_eq!(goods.hash(), read::<B256>(&deal["goodsHash"]));
            assert_eq!(goods.hash(), read::<B256>(&deal["terms"]["goods"]));

            let (plain, cipher): (Vec<Bytes>, Vec<Bytes>) = (read(&deal["plain"]), read(&deal["cipher"]));
            let plain: Vec<_> = (0..).zip(&plain).map(|(at, chunk)| merkle::leaf(at, chunk)).collect();
            let cipher: Vec<_> = (0..).zip(&cipher).map(|(at, chunk)| leaf(at, chunk)).collect();
            assert_eq!(plain, read::<Vec<B256>>(&deal["plainLeaves"]));
            assert_eq!(cipher, read::<Vec<B256>>(&deal["cipherLeaves"]));
            assert_eq!(merkle::root(plain, merkle::depth(goods.chunks)), goods.plain_root);
            assert_eq!(merkle::root(cipher, merkle::depth(goods.chunks)), goods.cipher_root);
        }
    }

    #[test]
    fn decrypts_what_the_contracts_encrypted() {
        let deal = vectors()["deal"].clone();
        let (plain, cipher): (Vec<Bytes>, Vec<Bytes>) = (read(&deal["plain"]), read(&deal["cipher"]));
        for (index, (plain, cipher)) in (0..).zip(plain.iter().zip(&cipher)) {
            let mut chunk = cipher.to_vec();
            key_of(&deal).apply(index, &mut chunk);
            assert_eq!(chunk, plain.to_vec());
        }
    }

    #[test]
    fn the_wrong_chunk_is_the_one_that_does_not_open() {
        for (name, wrong) in [("deal", None), ("wrong", Some(1))] {
            let deal = vectors()[name].clone();
            let (cipher, leaves): (Vec<Bytes>, Vec<B256>) =
                (read(&deal["cipher"]), read(&deal["plainLeaves"]));
            let key = key_of(&deal);
            let opens = |index: u32| {
                let at = usize::try_from(index).unwrap();
                key.opens(index, &cipher[at], leaves[at])
            };
            assert_eq!((0..3).find(|index| !opens(*index)), wrong);
        }
    }

    #[test]
    fn complaints_are_judged_as_by_the_contract() {
        let vectors = vectors();
        // The list is a text in the file: forge nests objects, but no lists of them.
        let complaints: Vec<Value> = serde_json::from_str(vectors["complaints"].as_str().unwrap()).unwrap();
        assert!(complaints.len() >= 20);
        for complaint in &complaints {
            let terms = &vectors[complaint["about"].as_str().unwrap()]["terms"];
            let expected = Some(complaint["verdict"].as_u64().unwrap()).filter(|verdict| *verdict >= RIGHT);
            assert_eq!(judge(terms, complaint), expected, "{}", complaint["name"]);
        }
    }

    #[test]
    fn secrets_are_not_printed() {
        let deal = vectors()["deal"].clone();
        let secret = deal["goods"]["secret"].as_str().unwrap().to_owned();
        let printed = format!("{:?} {:?}", goods(&deal["goods"]), key_of(&deal));
        assert!(!printed.contains(&secret) && !printed.contains(deal["documentKey"].as_str().unwrap()));
    }

    proptest! {
        #[test]
        fn decrypting_undoes_encrypting(
            key: [u8; 32], secret: [u8; 32], nonce: u64, index: u32, plain in proptest::collection::vec(any::<u8>(), 256),
        ) {
            let key = DocumentKey::derive(key.into(), secret.into(), B256::ZERO, nonce);
            let mut chunk = plain.clone();
            key.apply(index, &mut chunk);
            prop_assert_ne!(&chunk, &plain);
            prop_assert!(key.opens(index, &chunk, merkle::leaf(index, &plain)));
            key.apply(index, &mut chunk);
            prop_assert_eq!(chunk, plain);
        }

        #[test]
        fn no_two_words_share_a_pad(index: u32, other: u32) {
            let key = DocumentKey::derive(B256::ZERO, B256::ZERO, B256::ZERO, 0);
            let (mut pads, mut others) = ([0; 256], [0; 256]);
            key.apply(index, &mut pads);
            key.apply(other, &mut others);
            let mut words: Vec<_> = pads.chunks(32).collect();
            if other != index {
                words.extend(others.chunks(32));
            }
            let distinct: std::collections::BTreeSet<_> = words.iter().collect();
            prop_assert_eq!(distinct.len(), words.len());
        }
    }
}
