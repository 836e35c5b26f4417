//! The terms. No contract opens anything whose kinds are not among ours.

use alloy::primitives::B256;
use quittance_bindings::{Dvp, Escrow, FairExchange, HashLock, Settlement};
use quittance_domain::{
    Amount, Result, U256,
    fact::terms::{DvpTerms, EscrowTerms, FairTerms, LockTerms},
    settlement::{Condition, Leg, Terms},
};

pub(super) fn settlement(terms: &Settlement::Terms) -> Result<Terms> {
    let leg = |leg: &Settlement::Leg| {
        Ok(Leg {
            asset: leg.asset.try_into()?,
            from: leg.from,
            to: leg.to,
            token_id: leg.tokenId,
            amount: Amount::new(leg.amount),
        })
    };
    let condition = |condition: &Settlement::Condition| {
        let kind = condition.kind.try_into()?;
        Ok(Condition { kind, party: condition.party, subject: condition.subject })
    };
    Ok(Terms {
        legs: terms.legs.iter().map(leg).collect::<Result<_>>()?,
        conditions: terms.conditions.iter().map(condition).collect::<Result<_>>()?,
        fund_by: terms.fundBy.to(),
        settle_by: terms.settleBy.to(),
        nonce: terms.nonce,
    })
}

pub(super) fn dvp(terms: &Dvp::DvpTerms) -> Result<DvpTerms> {
    let windows = terms.windows;
    Ok(DvpTerms {
        seller: terms.seller,
        buyer: terms.buyer,
        asset: terms.asset.try_into()?,
        token_id: terms.tokenId,
        amount: Amount::new(terms.amount),
        payment: terms.payment.try_into()?,
        price: Amount::new(terms.price),
        subject: terms.subject,
        fund_by: number(windows, 0),
        settle_by: number(windows, 5),
        nonce: rest(windows, 10),
    })
}

pub(super) fn escrow(terms: &Escrow::EscrowTerms) -> Result<EscrowTerms> {
    Ok(EscrowTerms {
        payer: terms.payer,
        payee: terms.payee,
        asset: terms.asset.try_into()?,
        token_id: terms.tokenId,
        amount: Amount::new(terms.amount),
        subject: terms.subject,
        arbiter: terms.arbiter,
        bond: Amount::new(terms.bond),
        default_bps: terms.defaultBps,
        accept_by: terms.acceptBy.to(),
        dispute_by: terms.disputeBy.to(),
        rule_window: terms.ruleWindow.to(),
        nonce: terms.nonce,
    })
}

pub(super) fn lock(terms: &HashLock::LockTerms) -> Result<LockTerms> {
    Ok(LockTerms {
        sender: terms.sender,
        receiver: terms.receiver,
        asset: terms.asset.try_into()?,
        token_id: terms.tokenId,
        amount: Amount::new(terms.amount),
        hashlock: terms.hashlock,
        hash_kind: terms.lock[0].try_into()?,
        deadline: number(terms.lock, 1),
        nonce: rest(terms.lock, 6),
    })
}

pub(super) fn fair(terms: &FairExchange::FairTerms) -> Result<FairTerms> {
    Ok(FairTerms {
        buyer: terms.buyer,
        seller: terms.seller,
        asset: terms.asset.try_into()?,
        token_id: terms.tokenId,
        amount: Amount::new(terms.amount),
        goods: terms.goods,
        key_commit: terms.keyCommit,
        reveal_by: terms.revealBy.to(),
        window: terms.window.to(),
    })
}

/// The five bytes of a word from `at` on, which are a time.
fn number(word: B256, at: usize) -> u64 {
    word[at..at + 5].iter().fold(0, |number, byte| number << 8 | u64::from(*byte))
}

/// What is left of a word from `at` on.
fn rest(word: B256, at: usize) -> U256 {
    U256::from_be_slice(&word[at..])
}
