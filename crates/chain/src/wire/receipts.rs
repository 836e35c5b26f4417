//! A block's receipts, held against the root that its header names: nobody can leave a log out, add one or change
//! one without another root coming out.

use alloy::{
    consensus::{
        Eip658Value, Receipt as Outcome, ReceiptEnvelope, ReceiptWithBloom, TxType,
        proofs::calculate_receipt_root,
    },
    primitives::{B256, Log as Plain, LogData, hex},
};
use serde::Deserialize;

use super::json::{Header, Log, Number, maybe_hash};

/// A receipt, as far as its block's root depends on it.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Receipt<'a> {
    /// Old nodes do not say it, of blocks in which there was one type alone.
    #[serde(rename = "type")]
    kind: Option<Number>,
    status: Option<Number>,
    /// What stood in place of the status before EIP-658.
    #[serde(default, deserialize_with = "maybe_hash")]
    root: Option<B256>,
    cumulative_gas_used: Number,
    #[serde(borrow)]
    logs: Vec<Log<'a>>,
}

/// Why receipts do not prove what a block's logs are.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Unproven {
    /// They are not the block's.
    Other,
    /// One is of a type whose encoding is not known here.
    Type(u64),
}

/// The logs of a block's receipts, if these are what the header says.
pub(super) fn proven<'a>(receipts: Vec<Receipt<'a>>, header: &Header) -> Result<Vec<Log<'a>>, Unproven> {
    let envelopes = receipts.iter().map(envelope).collect::<Result<Vec<_>, _>>()?;
    if calculate_receipt_root(&envelopes) != header.receipts_root {
        return Err(Unproven::Other);
    }
    Ok(receipts.into_iter().flat_map(|receipt| receipt.logs).collect())
}

fn envelope(receipt: &Receipt<'_>) -> Result<ReceiptEnvelope, Unproven> {
    let kind = receipt.kind.as_ref().map_or(0, |kind| kind.0);
    let known = u8::try_from(kind).ok().and_then(|kind| TxType::try_from(kind).ok());
    let known = known.ok_or(Unproven::Type(kind))?;
    let status = match (&receipt.status, receipt.root) {
        (Some(status), _) => Eip658Value::Eip658(status.0 == 1),
        (None, Some(root)) => Eip658Value::PostState(root),
        (None, None) => return Err(Unproven::Other),
    };
    let logs = receipt.logs.iter().map(plain).collect::<Option<Vec<_>>>().ok_or(Unproven::Other)?;
    let outcome = Outcome { status, cumulative_gas_used: receipt.cumulative_gas_used.0, logs };
    Ok(ReceiptEnvelope::from_typed(known, ReceiptWithBloom::from(outcome)))
}

fn plain(log: &Log<'_>) -> Option<Plain> {
    let data = hex::decode(log.data).ok()?;
    Some(Plain { address: log.address, data: LogData::new(log.topics.get().to_vec(), data.into())? })
}

#[cfg(test)]
mod tests {
    use super::*;

    const EMPTY: &str = "0x56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421";

    fn header(receipts_root: &str) -> Result<Header, serde_json::Error> {
        let hash = B256::ZERO;
        let bloom = hex::encode_prefixed([0; 256]);
        let header = serde_json::json!({
            "number": "0x1", "hash": hash, "parentHash": hash, "timestamp": "0x1", "logsBloom": bloom,
            "receiptsRoot": receipts_root,
        });
        serde_json::from_str(&header.to_string())
    }

    #[test]
    fn receipts_that_do_not_come_to_the_root_prove_nothing() -> Result<(), serde_json::Error> {
        let receipt = |kind: &str| {
            format!(r#"[{{"type":"{kind}","status":"0x1","cumulativeGasUsed":"0x5208","logs":[]}}]"#)
        };
        let check = |receipts: &str, root: &str| {
            let receipts: Vec<Receipt<'_>> = serde_json::from_str(receipts)?;
            Ok::<_, serde_json::Error>(proven(receipts, &header(root)?).map(|logs| logs.len()))
        };
        assert_eq!(check("[]", EMPTY)?, Ok(0));
        assert_eq!(check(&receipt("0x2"), EMPTY)?, Err(Unproven::Other));
        // The root of every block with one plain payment of the first type.
        let payment = "0x056b23fbba480696b65fe5a59b8f2148a1299103c4f57df839233af2cf4ca2d2";
        assert_eq!(check(&receipt("0x0"), payment)?, Ok(0));
        assert_eq!(check(&receipt("0x2"), payment)?, Err(Unproven::Other));
        assert_eq!(check(&receipt("0x7e"), payment)?, Err(Unproven::Type(0x7e)));
        Ok(())
    }
}
