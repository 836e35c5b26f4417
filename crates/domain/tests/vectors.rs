//! Ids and digests as the contracts make them: one file of vectors, checked on both sides.
#![expect(clippy::unwrap_used, reason = "a test says what is wrong by stopping there")]

use quittance_domain::{
    Address, Amount, B256, Bytes, DocumentId, SettlementId, U256,
    deal::{Deal, Side},
    document::Commitment,
    settlement::{ConditionKind, Contracts, Deployment, Terms},
};
use serde_json::{Value, json};

fn vectors() -> Value {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../../contracts/test/vectors/vectors.json");
    serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap()
}

fn read<T: serde::de::DeserializeOwned>(value: &Value) -> T {
    serde_json::from_value(value.clone()).unwrap()
}

fn deployment(vectors: &Value) -> Deployment {
    Deployment {
        chain_id: read(&vectors["chainId"]),
        start_block: 0,
        contracts: Contracts {
            cash: Address::ZERO,
            deed: Address::ZERO,
            document_registry: read(&vectors["document"]["contract"]),
            party_registry: Address::ZERO,
            settlement: read(&vectors["settlement"]["contract"]),
            ..Contracts::default()
        },
    }
}

/// The terms, in which the contract numbers what Rust names, and an amount is a word.
fn terms(vectors: &Value) -> Terms {
    let mut terms = vectors["settlement"]["terms"].clone();
    for leg in terms["legs"].as_array_mut().unwrap() {
        leg["amount"] = json!(Amount::new(read(&leg["amount"])));
    }
    for condition in terms["conditions"].as_array_mut().unwrap() {
        condition["kind"] = json!(ConditionKind::ALL[read::<usize>(&condition["kind"])]);
    }
    read(&terms)
}

#[test]
fn a_settlements_id_is_the_contracts() {
    let vectors = vectors();
    let id = deployment(&vectors).settlement_id(&terms(&vectors));
    assert_eq!(id, read::<SettlementId>(&vectors["settlement"]["id"]));
}

#[test]
fn a_documents_id_is_the_contracts() {
    let vectors = vectors();
    let commitment: Commitment = read(&vectors["document"]["document"]);
    let id = deployment(&vectors).document_id(&commitment);
    assert_eq!(id, read::<DocumentId>(&vectors["document"]["id"]));
}

#[test]
fn the_contracts_receipt_is_accepted_and_nothing_else_is() {
    let vectors = vectors();
    let (of, deployment) = (&vectors["settlement"], deployment(&vectors));
    let (id, document): (SettlementId, DocumentId) = (read(&of["id"]), read(&of["receiptSubject"]));
    let (buyer, signature): (Address, Bytes) = (read(&of["buyer"]), read(&of["receiptSignature"]));
    assert_eq!(deployment.receipt_digest(id, buyer, document), read::<B256>(&of["receiptDigest"]));
    deployment.check_receipt(id, document, buyer, &signature).unwrap();

    let other = DocumentId(B256::with_last_byte(1));
    assert!(deployment.check_receipt(id, other, buyer, &signature).is_err(), "another document");
    assert!(deployment.check_receipt(id, document, Address::ZERO, &signature).is_err(), "another party");
    let elsewhere = Deployment { chain_id: 1, ..deployment.clone() };
    assert!(elsewhere.check_receipt(id, document, buyer, &signature).is_err(), "another chain");
    let cancel: Bytes = read(&of["cancelSignature"]);
    assert!(deployment.check_receipt(id, document, buyer, &cancel).is_err(), "another message");
    let mut other_form = signature.to_vec();
    other_form[64] -= 27;
    assert!(deployment.check_receipt(id, document, buyer, &other_form.into()).is_err(), "v of 0 or 1");
    let cut = signature.slice(..64);
    assert!(deployment.check_receipt(id, document, buyer, &cut).is_err(), "not a signature");
}

#[test]
fn a_deals_terms_are_the_vectors_terms() {
    let vectors = vectors();
    let expected = terms(&vectors);
    let [deed, cash] = expected.legs.as_slice() else { panic!("two legs") };
    let deal = Deal {
        seller: deed.from,
        buyer: cash.from,
        document: DocumentId(B256::from(deed.token_id)),
        deed: deed.asset.token,
        cash: cash.asset.token,
        price: cash.amount,
        fund_by: expected.fund_by,
        settle_by: expected.settle_by,
        nonce: expected.nonce,
    };
    assert_eq!(deal.terms(), expected);
    assert_eq!(deal.side(cash.from), Some(Side::Buyer));
    assert_ne!(deal.token_id(), U256::ZERO);
}
