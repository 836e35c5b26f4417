//! The feed in the words of FireFly's API: events, with what they are about.

use quittance_domain::{
    Address, Error,
    intent::{Action, Call},
    settlement::Contracts,
};
use quittance_store::{
    Tx,
    feed::{Told, What},
    outbox::OutboxRow,
    transactions,
};
use serde::Serialize;
use uuid::Uuid;

use super::{
    Operation, Submitted, TokenApproval, TokenPool, TokenTransfer,
    tokens::{TOKEN_APPROVAL, TOKEN_POOL, TOKEN_TRANSFER, standing, time, types},
};
use crate::{
    Api,
    ids::{self, NAMESPACE},
    pools::{Pool, Pools},
};

/// Something that applications are told.
#[derive(Serialize)]
pub(crate) struct Event {
    pub(crate) id: Uuid,
    pub(crate) sequence: u64,
    pub(crate) r#type: &'static str,
    namespace: &'static str,
    pub(crate) reference: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    correlator: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tx: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) topic: Option<String>,
    created: String,
    /// The type of the transaction that it comes from.
    #[serde(skip)]
    pub(crate) tx_type: &'static str,
    /// Only where it is asked for.
    #[serde(flatten)]
    about: Option<About>,
}

/// What an event is about.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
enum About {
    TokenTransfer(Box<TokenTransfer>),
    TokenApproval(Box<TokenApproval>),
    TokenPool(Box<TokenPool>),
    Transaction(Box<Submitted>),
    Operation(Box<Operation>),
}

impl Event {
    #[cfg(test)]
    pub(crate) fn example(sequence: u64) -> Self {
        Self {
            id: ids::named(&sequence.to_string()),
            sequence,
            r#type: "transaction_submitted",
            namespace: NAMESPACE,
            reference: String::new(),
            correlator: None,
            tx: None,
            topic: None,
            created: time(0),
            tx_type: "",
            about: None,
        }
    }

    /// The same, without what it is about.
    pub(crate) fn bare(self) -> Self {
        Self { about: None, ..self }
    }
}

/// What was told, as events; without what says nothing any more, or is about a token that this node has no pool of.
pub(crate) async fn events(api: &Api, tx: &mut Tx, told: Vec<Told>) -> Result<Vec<Event>, Error> {
    let mut hashes: Vec<_> = told.iter().filter_map(|told| origin(&told.what)).collect();
    hashes.sort_unstable();
    hashes.dedup();
    let keys = transactions::keys(tx, &hashes).await?;
    let pools = Pools::read(api, tx).await?;
    let mut all = vec![];
    for told in told {
        let asked = origin(&told.what).and_then(|hash| keys.get(&hash)).map(String::as_str);
        let saying = match told.what {
            What::Undone => None,
            What::Moved(row) => pools
                .by_token(row.token)
                .map(|pool| Saying::moved(pool, TokenTransfer::mirrored(&row, pool, asked, api.app.us))),
            What::Approved(at, row, yes) => pools
                .by_token(row.token)
                .map(|pool| Saying::approved(pool, TokenApproval::told(&pools, &row, yes, &at, asked))),
            What::Submitted(row) => {
                let sent = transactions::by_key(tx, &row.key).await?;
                Some(Saying::submitted(row, sent))
            }
            What::Failed(row) => Some(Saying::failed(api, &pools, standing(tx, row).await?)),
            What::Pool(row) => Some(Saying::pool(&Pool::new(row)?)),
        };
        all.extend(saying.map(|saying| saying.event(api, told.sequence, told.at)));
    }
    Ok(all)
}

const fn origin(what: &What) -> Option<quittance_domain::B256> {
    match what {
        What::Moved(row) => Some(row.origin.transaction),
        What::Approved(at, ..) => Some(at.transaction),
        What::Submitted(_) | What::Failed(_) | What::Pool(_) | What::Undone => None,
    }
}

/// An event before it has a number.
struct Saying {
    r#type: &'static str,
    reference: String,
    correlator: Option<String>,
    tx: Option<String>,
    topic: Option<String>,
    tx_type: &'static str,
    about: About,
}

impl Saying {
    fn moved(pool: &Pool, transfer: TokenTransfer) -> Self {
        Self {
            r#type: "token_transfer_confirmed",
            reference: transfer.local_id.clone(),
            correlator: None,
            tx: transfer.tx.id.clone(),
            topic: Some(pool.id.to_string()),
            tx_type: TOKEN_TRANSFER,
            about: About::TokenTransfer(Box::new(transfer)),
        }
    }

    fn approved(pool: &Pool, approval: TokenApproval) -> Self {
        Self {
            r#type: "token_approval_confirmed",
            reference: approval.local_id.clone(),
            correlator: None,
            tx: approval.tx.as_ref().and_then(|tx| tx.id.clone()),
            topic: Some(pool.id.to_string()),
            tx_type: TOKEN_APPROVAL,
            about: About::TokenApproval(Box::new(approval)),
        }
    }

    fn pool(pool: &Pool) -> Self {
        let id = pool.id.to_string();
        Self {
            r#type: "token_pool_confirmed",
            reference: id.clone(),
            correlator: None,
            tx: pool.row.as_ref().filter(|row| row.ordered).map(|row| row.id.clone()),
            topic: Some(id),
            tx_type: TOKEN_POOL,
            about: About::TokenPool(Box::new(pool.into())),
        }
    }

    fn submitted(row: OutboxRow, sent: Option<transactions::Sent>) -> Self {
        let (tx_type, _) = types(&row.action);
        Self {
            r#type: "transaction_submitted",
            reference: row.key.clone(),
            correlator: None,
            tx: Some(row.key.clone()),
            topic: Some(tx_type.to_owned()),
            tx_type,
            about: About::Transaction(Box::new(Submitted::new(row, sent))),
        }
    }

    fn failed(api: &Api, pools: &Pools, row: OutboxRow) -> Self {
        let (tx_type, _) = types(&row.action);
        let pool = || {
            token_of(&row.action, &api.app.deployment.contracts)
                .and_then(|token| pools.by_token(token))
                .map(|pool| pool.id.to_string())
        };
        let (r#type, topic) = match tx_type {
            TOKEN_TRANSFER => ("token_transfer_op_failed", pool()),
            TOKEN_APPROVAL => ("token_approval_op_failed", pool()),
            TOKEN_POOL => ("token_pool_op_failed", Some(row.key.clone())),
            _ => ("blockchain_invoke_op_failed", None),
        };
        Self {
            r#type,
            reference: row.key.clone(),
            correlator: topic.as_ref().map(|_| row.key.clone()),
            tx: Some(row.key.clone()),
            topic,
            tx_type,
            about: About::Operation(Box::new(row.into())),
        }
    }

    fn event(self, api: &Api, sequence: u64, at: u64) -> Event {
        let Self { r#type, reference, correlator, tx, topic, tx_type, about } = self;
        Event {
            id: ids::event(api.app.us, sequence),
            sequence,
            r#type,
            namespace: NAMESPACE,
            reference,
            correlator,
            tx,
            topic,
            created: time(at),
            tx_type,
            about: Some(about),
        }
    }
}

/// The token that an action moves, makes or grants.
const fn token_of(action: &Action, of: &Contracts) -> Option<Address> {
    match action {
        Action::Transact(
            Call::Mint { token, .. }
            | Call::MintItem { token, .. }
            | Call::Transfer { token, .. }
            | Call::TransferItem { token, .. }
            | Call::Burn { token, .. }
            | Call::BurnItem { token, .. }
            | Call::Grant { token, .. }
            | Call::GrantItem { token, .. }
            | Call::GrantItems { token, .. },
        ) => Some(*token),
        Action::Transact(Call::ApproveCash) => Some(of.cash),
        Action::Transact(Call::MintDeed { .. } | Call::ApproveDeeds) => Some(of.deed),
        _ => None,
    }
}
