//! From a call of the domain to a contract's address and calldata, and from a revert to a reason.

use alloy::{
    primitives::{Address, Bytes, U256, aliases::U40},
    sol_types::{SolCall, SolInterface},
};
use quittance_bindings::{Cash, Deed, DocumentRegistry, Item, PartyRegistry, Settlement, TokenFactory};
use quittance_domain::{
    document::Commitment,
    intent::Call,
    settlement::{Contracts, Terms},
};

/// A transaction that lacks only its nonce and a signature.
#[derive(Clone, Debug)]
pub struct Prepared {
    /// The contract.
    pub to: Address,
    /// What it is asked.
    pub data: Bytes,
    /// The most gas it may use.
    pub gas: u64,
}

/// What a unit of gas may cost, in wei.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fees {
    /// In all.
    pub max_fee_per_gas: u128,
    /// What of that may go to the block's maker.
    pub max_priority_fee_per_gas: u128,
}

impl Fees {
    /// Fees with which a pool lets a transaction take the place of one with these: pools ask for a tenth more
    /// of both. Nothing if that is more than `most`.
    #[must_use]
    pub fn raised(self, now: Self, most: u128) -> Option<Self> {
        let more = |fee: u128| fee.saturating_add(fee / 8).saturating_add(1);
        let raised = Self {
            max_fee_per_gas: more(self.max_fee_per_gas).max(now.max_fee_per_gas.min(most)),
            max_priority_fee_per_gas: more(self.max_priority_fee_per_gas)
                .max(now.max_priority_fee_per_gas.min(most)),
        };
        let sane = raised.max_priority_fee_per_gas <= raised.max_fee_per_gas;
        (sane && raised.max_fee_per_gas <= most).then_some(raised)
    }

    /// No more than `most`.
    #[must_use]
    pub fn capped(self, most: u128) -> Self {
        Self {
            max_fee_per_gas: self.max_fee_per_gas.min(most),
            max_priority_fee_per_gas: self.max_priority_fee_per_gas.min(most),
        }
    }
}

/// Where a call goes, and with what.
pub(crate) fn encode(call: &Call, contracts: &Contracts, from: Address) -> (Address, Bytes) {
    let (to, data) = match call {
        Call::RegisterParty { name, endpoint, tls_key } => (
            contracts.party_registry,
            PartyRegistry::registerCall { name: name.clone(), endpoint: endpoint.clone(), tlsKey: *tls_key }
                .abi_encode(),
        ),
        Call::RegisterDocument { commitment } => (
            contracts.document_registry,
            DocumentRegistry::registerCall { document: registry_document(commitment) }.abi_encode(),
        ),
        Call::CreateToken { name, symbol, fungible, uri } => {
            let call = TokenFactory::create_1Call {
                name: name.clone(),
                symbol: symbol.clone(),
                isFungible: *fungible,
                data: Bytes::new(),
                uri: uri.clone(),
            };
            // Nothing is asked of a factory where there is none: an order is refused before it comes here.
            (contracts.token_factory.unwrap_or_default(), call.abi_encode())
        }
        Call::Mint { token, to, amount } => {
            (*token, Cash::mintCall { to: *to, amount: amount.units() }.abi_encode())
        }
        Call::Transfer { token, to, amount } => {
            (*token, Cash::transferCall { to: *to, value: amount.units() }.abi_encode())
        }
        Call::Burn { token, amount } => (*token, Cash::burnCall { amount: amount.units() }.abi_encode()),
        Call::Grant { token, operator, amount } => {
            (*token, Cash::approveCall { spender: *operator, value: amount.units() }.abi_encode())
        }
        Call::MintItem { token, to, uri } if uri.is_empty() => {
            (*token, Item::mintCall { to: *to }.abi_encode())
        }
        Call::MintItem { token, to, uri } => {
            let call = Item::mintWithURICall { to: *to, data: Bytes::new(), uri: uri.clone() };
            (*token, call.abi_encode())
        }
        Call::MintDeed { to, commitment } => {
            (contracts.deed, Deed::mintCall { to: *to, document: deed_document(commitment) }.abi_encode())
        }
        Call::TransferItem { token, to, token_id } => {
            (*token, Deed::transferFromCall { from, to: *to, tokenId: *token_id }.abi_encode())
        }
        Call::BurnItem { token, token_id } => (*token, Deed::burnCall { tokenId: *token_id }.abi_encode()),
        Call::GrantItem { token, operator, token_id } => {
            (*token, Deed::approveCall { to: *operator, tokenId: *token_id }.abi_encode())
        }
        Call::GrantItems { token, operator, approved } => {
            (*token, Deed::setApprovalForAllCall { operator: *operator, approved: *approved }.abi_encode())
        }
        Call::ApproveCash => (
            contracts.cash,
            Cash::approveCall { spender: contracts.settlement, value: U256::MAX }.abi_encode(),
        ),
        Call::ApproveDeeds => (
            contracts.deed,
            Deed::setApprovalForAllCall { operator: contracts.settlement, approved: true }.abi_encode(),
        ),
        Call::Fund { terms, leg } => (
            contracts.settlement,
            Settlement::fundCall { terms: settlement_terms(terms), leg: U256::from(*leg) }.abi_encode(),
        ),
        Call::Settle { terms, receipt } => {
            let proofs = receipt.iter().cloned().collect();
            (
                contracts.settlement,
                Settlement::settleCall { terms: settlement_terms(terms), proofs }.abi_encode(),
            )
        }
        Call::Abort { terms } => {
            (contracts.settlement, Settlement::abortCall { terms: settlement_terms(terms) }.abi_encode())
        }
    };
    (to, data.into())
}

/// A revert in words: the contract's own error where it is one of ours.
pub(crate) fn reason(data: &[u8]) -> String {
    fn named<E: SolInterface + std::fmt::Debug>(data: &[u8]) -> Option<String> {
        let text = format!("{:?}", E::abi_decode(data).ok()?);
        // The generated enum wraps each error in a variant of the same name.
        Some(text.split_once('(').map_or(text.clone(), |(_, inner)| inner.trim_end_matches(')').to_owned()))
    }
    named::<Settlement::SettlementErrors>(data)
        .or_else(|| named::<Cash::CashErrors>(data))
        .or_else(|| named::<Deed::DeedErrors>(data))
        .or_else(|| named::<DocumentRegistry::DocumentRegistryErrors>(data))
        .or_else(|| named::<PartyRegistry::PartyRegistryErrors>(data))
        .or_else(|| named::<TokenFactory::TokenFactoryErrors>(data))
        .or_else(|| named::<Item::ItemErrors>(data))
        .or_else(|| alloy::sol_types::decode_revert_reason(data))
        .unwrap_or_else(|| format!("reverted with {}", Bytes::copy_from_slice(data)))
}

/// The same struct, once for each contract that has it in its ABI.
macro_rules! document {
    ($name:ident, $contract:ident) => {
        fn $name(from: &Commitment) -> $contract::Document {
            $contract::Document {
                issuer: from.issuer,
                root: from.root,
                chunks: from.chunks,
                chunkSize: from.chunk_size,
                size: from.size,
                schema: from.schema,
                previous: from.previous,
            }
        }
    };
}
document!(registry_document, DocumentRegistry);
document!(deed_document, Deed);

pub(crate) fn settlement_terms(terms: &Terms) -> Settlement::Terms {
    let leg = |leg: &quittance_domain::settlement::Leg| Settlement::Leg {
        asset: leg.asset.into(),
        from: leg.from,
        to: leg.to,
        tokenId: leg.token_id,
        amount: leg.amount.units(),
    };
    let condition = |condition: &quittance_domain::settlement::Condition| Settlement::Condition {
        kind: condition.kind as u8,
        party: condition.party,
        subject: condition.subject,
    };
    Settlement::Terms {
        legs: terms.legs.iter().map(leg).collect(),
        conditions: terms.conditions.iter().map(condition).collect(),
        fundBy: U40::saturating_from(terms.fund_by),
        settleBy: U40::saturating_from(terms.settle_by),
        nonce: terms.nonce,
    }
}

#[cfg(test)]
mod tests {
    use alloy::sol_types::SolError;

    use super::*;

    #[test]
    fn a_contracts_own_error_is_named_with_its_values() {
        let error = Cash::ERC20InsufficientBalance {
            sender: Address::with_last_byte(1),
            balance: U256::from(5),
            needed: U256::from(7),
        };
        let text = reason(&error.abi_encode());
        assert!(text.contains("ERC20InsufficientBalance") && text.contains("needed: 7"), "{text}");
    }

    #[test]
    fn a_raise_is_what_pools_ask_for_and_no_more_than_allowed() {
        let fees =
            |max_fee_per_gas, max_priority_fee_per_gas| Fees { max_fee_per_gas, max_priority_fee_per_gas };
        assert_eq!(fees(80, 8).raised(fees(70, 1), 100), Some(fees(91, 10)));
        assert_eq!(fees(80, 8).raised(fees(95, 20), 100), Some(fees(95, 20)));
        assert_eq!(fees(80, 8).raised(fees(500, 20), 100), Some(fees(100, 20)));
        assert_eq!(fees(95, 8).raised(fees(500, 20), 100), None);
        assert_eq!(fees(0, 0).raised(fees(0, 0), 100), Some(fees(1, 1)));
    }

    #[test]
    fn an_unknown_revert_shows_its_bytes() {
        assert_eq!(reason(&[0xde, 0xad, 0xbe, 0xef]), "reverted with 0xdeadbeef");
    }
}
