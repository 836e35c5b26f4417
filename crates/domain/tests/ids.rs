//! Ids and digests of what the domain has no nouns for yet, made from the words of the interfaces alone: the same as
//! the contracts make, at the edges of every field.
#![expect(clippy::unwrap_used, reason = "a test says what is wrong by stopping there")]

use alloy_primitives::{Address, B256, Bytes, U256};
use alloy_sol_types::{Eip712Domain, SolStruct, SolValue};
use serde::de::DeserializeOwned;
use serde_json::Value;

/// EIP-712 shapes, named as in the contracts: the names are part of the hash.
mod typed {
    alloy_sol_types::sol! {
        #[derive(serde::Deserialize)]
        #[serde(deny_unknown_fields)]
        struct EscrowTerms {
            address payer; address payee; bytes32 asset; uint256 tokenId; uint256 amount; bytes32 subject;
            address arbiter; uint256 bond; uint16 defaultBps; uint40 acceptBy; uint40 disputeBy; uint40 ruleWindow;
            uint256 nonce;
        }
        struct Release { bytes32 escrow; uint16 releasedBps; }

        #[derive(serde::Deserialize)]
        #[serde(deny_unknown_fields)]
        struct LockTerms {
            address sender; address receiver; bytes32 asset; uint256 tokenId; uint256 amount; bytes32 hashlock;
            bytes32 lock;
        }

        #[derive(serde::Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Order {
            address maker; address taker; bytes32 give; uint256 giveId; uint256 giveAmount; bytes32 take;
            uint256 takeId; uint256 takeAmount; uint256 minFill; uint40 deadline; uint256 nonce;
        }
        #[derive(serde::Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Take { bytes32 order; address taker; uint256 amount; uint40 deadline; uint256 nonce; }

        #[derive(serde::Deserialize)]
        #[serde(deny_unknown_fields)]
        struct DvpTerms {
            address seller; address buyer; bytes32 asset; uint256 tokenId; uint256 amount; bytes32 payment;
            uint256 price; bytes32 subject; bytes32 windows;
        }
        struct Receipt { bytes32 settlement; address party; bytes32 subject; }
        struct Cancel { bytes32 settlement; address party; }

        #[derive(serde::Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Call { address target; uint256 value; bytes data; }
        #[derive(serde::Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Proposal {
            Call[] calls; bytes32 subject; uint40 voteBy; uint40 executeFrom; uint40 executeBy; uint256 nonce;
        }
        struct Vote { Proposal proposal; uint256 epoch; uint8 seat; }
        struct Approval { bytes32 digest; uint256 epoch; uint8 seat; }
    }
}

/// What the contract said of one sample, and the domain that it said it in.
struct Vector {
    said: Value,
    domain: Eip712Domain,
}

impl Vector {
    fn get<T: DeserializeOwned>(&self, name: &str) -> T {
        serde_json::from_value(self.said[name].clone()).unwrap()
    }

    fn check_digest(&self, name: &str, message: &impl SolStruct) {
        let digest = message.eip712_signing_hash(&self.domain);
        assert_eq!(digest, self.get::<B256>(name), "{name} of {}", self.said);
    }

    fn check_abi(&self, terms: &impl SolValue) {
        assert_eq!(Bytes::from(terms.abi_encode()), self.get::<Bytes>("abi"), "abi of {}", self.said);
    }
}

/// All vectors of one contract, whose EIP-712 name is `name`.
fn vectors(contract: &str, name: &'static str) -> Vec<Vector> {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../../contracts/test/vectors/ids.json");
    let file: Value = serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
    let vectors: Vec<Vector> = file[contract]
        .as_array()
        .unwrap()
        .iter()
        .map(|said| {
            let mut vector = Vector { said: said.clone(), domain: Eip712Domain::default() };
            let (chain, address): (u64, Address) = (vector.get("chainId"), vector.get("contract"));
            let domain = (Some(name.into()), Some("1".into()), Some(U256::from(chain)), Some(address), None);
            vector.domain = Eip712Domain::new(domain.0, domain.1, domain.2, domain.3, domain.4);
            vector
        })
        .collect();
    assert!(vectors.len() >= 8, "{contract} has {} vectors", vectors.len());
    vectors
}

#[test]
fn an_escrows_id_and_release_are_the_contracts() {
    for vector in vectors("escrow", "Quittance Escrow") {
        let terms: typed::EscrowTerms = vector.get("terms");
        vector.check_abi(&terms);
        vector.check_digest("id", &terms);
        let release = typed::Release { escrow: vector.get("id"), releasedBps: vector.get("releasedBps") };
        vector.check_digest("releaseDigest", &release);
    }
}

#[test]
fn a_locks_id_is_the_contracts() {
    for vector in vectors("hashLock", "Quittance HashLock") {
        let terms: typed::LockTerms = vector.get("terms");
        vector.check_abi(&terms);
        vector.check_digest("id", &terms);
        let (kind, deadline, nonce): (U256, U256, U256) =
            (vector.get("kind"), vector.get("deadline"), vector.get("nonce"));
        let high_bits = U256::from_be_bytes(terms.lock.0) >> 208_u8;
        assert_eq!(high_bits, kind << 40_u8 | deadline, "kind and deadline of {}", vector.said);
        assert_eq!(B256::from(high_bits << 208_u8 | nonce), terms.lock, "nonce of {}", vector.said);
    }
}

#[test]
fn an_orders_id_and_take_are_the_contracts() {
    for vector in vectors("exchange", "Quittance Exchange") {
        let order: typed::Order = vector.get("order");
        vector.check_abi(&order);
        vector.check_digest("id", &order);
        let take: typed::Take = vector.get("take");
        assert_eq!(take.order, vector.get::<B256>("id"));
        vector.check_digest("takeDigest", &take);
    }
}

#[test]
fn a_dvps_id_receipt_and_cancel_are_the_contracts() {
    for vector in vectors("dvp", "Quittance Dvp") {
        let terms: typed::DvpTerms = vector.get("terms");
        vector.check_abi(&terms);
        vector.check_digest("id", &terms);
        let settlement = vector.get("id");
        let receipt = typed::Receipt { settlement, party: terms.buyer, subject: terms.subject };
        vector.check_digest("receiptDigest", &receipt);
        vector.check_digest("cancelDigest", &typed::Cancel { settlement, party: terms.seller });

        let (fund_by, settle_by, nonce): (U256, U256, U256) =
            (vector.get("fundBy"), vector.get("settleBy"), vector.get("nonce"));
        let windows = fund_by << 216_u8 | settle_by << 176_u8 | nonce;
        assert_eq!(B256::from(windows), terms.windows, "windows of {}", vector.said);
    }
}

#[test]
fn a_proposals_id_vote_and_approval_are_the_contracts() {
    for vector in vectors("council", "Quittance Council") {
        let proposal: typed::Proposal = vector.get("proposal");
        vector.check_abi(&proposal);
        vector.check_digest("id", &proposal);
        let (epoch, seat) = (vector.get("epoch"), vector.get("seat"));
        vector.check_digest("voteDigest", &typed::Vote { proposal, epoch, seat });
        vector.check_digest("approvalDigest", &typed::Approval { digest: vector.get("digest"), epoch, seat });
    }
}
