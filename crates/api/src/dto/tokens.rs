//! Tokens in the words of FireFly's API: pools, transfers, balances, approvals, and what was asked for.

use std::time::{Duration, UNIX_EPOCH};

use axum::http::StatusCode;
use quittance_app::tokens::{Allowance, Grant, Order, Verb, What};
use quittance_domain::{
    Address, Amount, AssetKind, B256, BlockRef, Error, Timestamp, U256,
    fact::{self, Origin},
    intent::{Action, Call},
};
use quittance_store::{
    Position, Tx, approvals,
    outbox::{self, OutboxRow, State},
    tokens, transactions,
};
use serde::Serialize;
use uuid::Uuid;

use crate::{
    Api, BoxFuture,
    ids::{self, NAMESPACE},
    pools::{Pool, Pools},
    problem::Problem,
};

/// What moves our tokens: there is one way.
pub(crate) const CONNECTOR: &str = "quittance";

/// Wall time in milliseconds, as FireFly writes times.
pub(crate) fn time(millis: u64) -> String {
    humantime::format_rfc3339_millis(UNIX_EPOCH + Duration::from_millis(millis)).to_string()
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct TokenPool {
    id: Uuid,
    name: String,
    r#type: &'static str,
    namespace: &'static str,
    standard: &'static str,
    connector: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    locator: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    address: Option<Address>,
    #[serde(skip_serializing_if = "Option::is_none")]
    symbol: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    decimals: Option<u64>,
    active: bool,
    published: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    created: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tx: Option<TxRef>,
    #[serde(skip_serializing_if = "Option::is_none")]
    info: Option<PoolInfo>,
}

/// What there is to know about a pool's mirror.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PoolInfo {
    /// The first block of which its token's logs are missing, until it is active.
    #[serde(skip_serializing_if = "Option::is_none")]
    next_block: Option<u64>,
    /// Its token moved more than it ever said was there: its balances are not to be relied on.
    irregular: bool,
}

impl From<&Pool> for TokenPool {
    fn from(pool: &Pool) -> Self {
        let (r#type, standard) = match pool.kind {
            AssetKind::Erc721 => ("nonfungible", "ERC721"),
            _ => ("fungible", "ERC20"),
        };
        let row = pool.row.as_ref();
        let locator = |token| format!("address={token:#x}&schema={standard}WithData&type={type}");
        let ordered = row.filter(|row| row.ordered).map(|row| row.id.clone());
        Self {
            id: pool.id,
            name: pool.name.clone(),
            r#type,
            namespace: NAMESPACE,
            standard,
            connector: CONNECTOR,
            locator: pool.address.map(locator),
            address: pool.address,
            symbol: row.map(|row| row.symbol.clone()).filter(|symbol| !symbol.is_empty()),
            decimals: row.and_then(|row| row.decimals),
            active: pool.active,
            published: false,
            created: row.map(|row| time(row.created_at)),
            tx: ordered.map(|id| TxRef { r#type: TOKEN_POOL, id: Some(id) }),
            info: row.map(|row| PoolInfo { next_block: row.next_block, irregular: row.irregular }),
        }
    }
}

/// The transaction that something was done by.
#[derive(Clone, Serialize)]
pub(crate) struct TxRef {
    r#type: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) id: Option<String>,
}

/// Which tokens are meant.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct InPool {
    pool: Uuid,
    pool_name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    token_index: Option<Amount>,
    connector: &'static str,
    namespace: &'static str,
}

impl InPool {
    /// What a value of a pool's token means, and how much of it that is.
    fn of(pool: &Pool, value: U256) -> (Self, Amount) {
        let (token_index, amount) = match pool.kind {
            AssetKind::Erc721 => (Some(Amount::new(value)), U256::ONE),
            _ => (None, value),
        };
        let (connector, namespace) = (CONNECTOR, NAMESPACE);
        let of = Self { pool: pool.id, pool_name: pool.name.clone(), token_index, connector, namespace };
        (of, Amount::new(amount))
    }
}

/// A transfer, a mint or a burn: asked for, or in the chain.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct TokenTransfer {
    r#type: &'static str,
    pub(crate) local_id: String,
    #[serde(flatten)]
    of: InPool,
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<Address>,
    #[serde(skip_serializing_if = "Option::is_none")]
    from: Option<Address>,
    #[serde(skip_serializing_if = "Option::is_none")]
    to: Option<Address>,
    amount: Amount,
    created: String,
    pub(crate) tx: TxRef,
    #[serde(flatten)]
    mined: Option<Mined>,
}

/// Where on the chain it is.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Mined {
    protocol_id: String,
    block: BlockRef,
    timestamp: Timestamp,
    transaction: B256,
    log_index: u64,
}

impl From<&Origin> for Mined {
    fn from(origin: &Origin) -> Self {
        let &Origin { block, timestamp, transaction, log_index } = origin;
        Self {
            protocol_id: format!("{:012}/{log_index:06}", block.number),
            block,
            timestamp,
            transaction,
            log_index,
        }
    }
}

pub(crate) const TOKEN_POOL: &str = "token_pool";
pub(crate) const TOKEN_TRANSFER: &str = "token_transfer";
pub(crate) const TOKEN_APPROVAL: &str = "token_approval";

impl TokenTransfer {
    /// A transfer in the chain; `asked` is the id under which this node asked for it, if it did.
    pub(crate) fn mirrored(row: &tokens::Transfer, pool: &Pool, asked: Option<&str>, us: Address) -> Self {
        let asked = asked.filter(|key| ids::is_ours(key));
        let given = |who: Address| (!who.is_zero()).then_some(who);
        let (of, amount) = InPool::of(pool, row.value);
        Self {
            r#type: match (given(row.from), given(row.to)) {
                (None, _) => "mint",
                (_, None) => "burn",
                _ => "transfer",
            },
            local_id: asked.map_or_else(|| ids::transfer(row).to_string(), ToOwned::to_owned),
            of,
            key: asked.map(|_| us),
            from: given(row.from),
            to: given(row.to),
            amount,
            created: time(row.origin.timestamp.saturating_mul(1_000)),
            tx: TxRef { r#type: TOKEN_TRANSFER, id: asked.map(ToOwned::to_owned) },
            mined: Some(Mined::from(&row.origin)),
        }
    }

    /// A transfer that was asked for.
    pub(crate) fn asked(api: &Api, pool: &Pool, order: &Order, to: Option<Address>, id: String) -> Self {
        let us = api.app.us;
        let (mut of, amount) = match &order.what {
            What::Amount(amount) => InPool::of(pool, amount.units()),
            What::Item(token_id) => InPool::of(pool, *token_id),
            What::Next(_) => InPool::of(pool, U256::ZERO),
        };
        if matches!(order.what, What::Next(_)) {
            // Its number is the token's to give.
            of.token_index = None;
        }
        Self {
            r#type: match order.verb {
                Verb::Mint => "mint",
                Verb::Transfer => "transfer",
                Verb::Burn => "burn",
            },
            of,
            key: Some(us),
            from: (order.verb != Verb::Mint).then_some(us),
            to,
            amount,
            created: time(api.now()),
            tx: TxRef { r#type: TOKEN_TRANSFER, id: Some(id.clone()) },
            local_id: id,
            mined: None,
        }
    }
}

/// Transfers as this node tells them: those that it asked for under the ids that it gave then.
pub(crate) async fn transfers(
    api: &Api,
    tx: &mut Tx,
    rows: &[tokens::Transfer],
) -> Result<Vec<TokenTransfer>, Error> {
    let mut hashes: Vec<B256> = rows.iter().map(|row| row.origin.transaction).collect();
    hashes.sort_unstable();
    hashes.dedup();
    let keys = transactions::keys(tx, &hashes).await?;
    let pools = Pools::read(api, tx).await?;
    let told = |row: &tokens::Transfer| {
        let asked = keys.get(&row.origin.transaction).map(String::as_str);
        Some(TokenTransfer::mirrored(row, pools.by_token(row.token)?, asked, api.app.us))
    };
    Ok(rows.iter().filter_map(told).collect())
}

/// The transfer with this id, once it is in the chain.
pub(crate) async fn transfer(api: &Api, tx: &mut Tx, id: &str) -> Result<TokenTransfer, Error> {
    let none = || Error::not_found("no such transfer in the chain").field("id");
    let rows: Vec<_> = find_transfer(tx, id).await?.into_iter().collect();
    transfers(api, tx, &rows).await?.pop().ok_or_else(none)
}

/// The transfer that is known by this id, or was asked for under it.
pub(crate) async fn find_transfer(tx: &mut Tx, id: &str) -> Result<Option<tokens::Transfer>, Error> {
    Ok(match ids::place(id) {
        Some((block_number, log_index)) => {
            let row = tokens::transfer_at(tx, Position { block_number, log_index }).await?;
            row.filter(|row| ids::transfer(row).to_string() == id)
        }
        None => match transactions::by_key(tx, id).await?.and_then(|sent| Some((sent.mined?, sent.signed))) {
            Some(((block, _), signed)) => {
                tokens::transfers_by(tx, block.number, signed.hash).await?.into_iter().next()
            }
            None => None,
        },
    })
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct TokenBalance {
    #[serde(flatten)]
    of: InPool,
    key: Address,
    balance: Amount,
}

impl TokenBalance {
    pub(crate) fn new(pool: &Pool, key: Address, value: U256) -> Self {
        let (of, balance) = InPool::of(pool, value);
        Self { of, key, balance }
    }
}

#[derive(Serialize)]
pub(crate) struct TokenAccount {
    pub(crate) key: Address,
}

#[derive(Serialize)]
pub(crate) struct TokenAccountPool {
    pub(crate) pool: Uuid,
}

/// What an owner lets somebody move: asked for, or as it stands in the chain.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct TokenApproval {
    pub(crate) local_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pool: Option<Uuid>,
    /// The token's contract, which may be in no pool.
    token: Address,
    connector: &'static str,
    namespace: &'static str,
    key: Address,
    operator: Address,
    approved: bool,
    info: ApprovalInfo,
    subject: String,
    active: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    created: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) tx: Option<TxRef>,
}

/// How much, or which ones.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ApprovalInfo {
    #[serde(skip_serializing_if = "Option::is_none")]
    value: Option<Amount>,
    #[serde(skip_serializing_if = "Option::is_none")]
    token_index: Option<Amount>,
    all: bool,
}

impl TokenApproval {
    fn new(
        pool: Option<&Pool>,
        token: Address,
        (key, operator): (Address, Address),
        grant: fact::Grant,
    ) -> Self {
        let (approved, value, token_index, all) = match grant {
            fact::Grant::Amount { token_id, amount } => {
                let class = pool.is_none() || !token_id.is_zero();
                (!amount.is_zero(), Some(amount), class.then_some(Amount::new(token_id)), false)
            }
            fact::Grant::Deed { token_id } => (true, None, Some(Amount::new(token_id)), false),
            fact::Grant::All(yes) => (yes, None, None, true),
        };
        let which = token_index.map_or_else(|| String::from("*"), |index| index.to_string());
        let subject = format!("{key:#x}:{operator:#x}:{which}");
        Self {
            local_id: ids::named(&format!("approval {token:#x} {subject}")).to_string(),
            pool: pool.map(|pool| pool.id),
            token,
            connector: CONNECTOR,
            namespace: NAMESPACE,
            key,
            operator,
            approved,
            info: ApprovalInfo { value, token_index, all },
            subject,
            active: true,
            created: None,
            tx: None,
        }
    }

    /// One that stands in the chain.
    pub(crate) fn mirrored(pools: &Pools, row: &approvals::Approval) -> Self {
        Self::new(pools.by_token(row.token), row.token, (row.owner, row.spender), row.grant)
    }

    /// One that was said on the chain (true), or taken back; `asked` is the id under which this node asked for it, if it
    /// did.
    pub(crate) fn told(
        pools: &Pools,
        row: &approvals::Approval,
        yes: bool,
        at: &Origin,
        asked: Option<&str>,
    ) -> Self {
        let of = Self::mirrored(pools, row);
        let asked = asked.filter(|key| ids::is_ours(key));
        let id = asked.map(ToOwned::to_owned);
        Self {
            local_id: id.clone().unwrap_or(of.local_id),
            approved: yes,
            created: Some(time(at.timestamp.saturating_mul(1_000))),
            tx: Some(TxRef { r#type: TOKEN_APPROVAL, id }),
            ..of
        }
    }

    /// One that was asked for.
    pub(crate) fn asked(api: &Api, pool: &Pool, grant: &Grant, operator: Address, id: String) -> Self {
        let (what, approved) = match grant.what {
            Allowance::Amount(amount) => {
                (fact::Grant::Amount { token_id: U256::ZERO, amount }, !amount.is_zero())
            }
            Allowance::Item(token_id, yes) => (fact::Grant::Deed { token_id }, yes),
            Allowance::Items(yes) => (fact::Grant::All(yes), yes),
        };
        Self {
            local_id: id.clone(),
            approved,
            created: Some(time(api.now())),
            tx: Some(TxRef { r#type: TOKEN_APPROVAL, id: Some(id) }),
            ..Self::new(Some(pool), grant.token, (api.app.us, operator), what)
        }
    }
}

/// The calls of each type that is not just any, by the names under which they are stored. [`types`] says it of a call.
pub(crate) const MOVES: [&str; 7] =
    ["mint", "mint_item", "mint_deed", "transfer", "transfer_item", "burn", "burn_item"];
pub(crate) const GRANTS: [&str; 5] = ["grant", "grant_item", "grant_items", "approve_cash", "approve_deeds"];
pub(crate) const POOLS: [&str; 1] = ["create_token"];

/// The type of a transaction, and of the operation that makes it.
pub(crate) const fn types(action: &Action) -> (&'static str, &'static str) {
    match action {
        Action::Transact(
            Call::Mint { .. }
            | Call::MintDeed { .. }
            | Call::MintItem { .. }
            | Call::Transfer { .. }
            | Call::TransferItem { .. }
            | Call::Burn { .. }
            | Call::BurnItem { .. },
        ) => (TOKEN_TRANSFER, TOKEN_TRANSFER),
        Action::Transact(
            Call::Grant { .. }
            | Call::GrantItem { .. }
            | Call::GrantItems { .. }
            | Call::ApproveCash
            | Call::ApproveDeeds,
        ) => (TOKEN_APPROVAL, TOKEN_APPROVAL),
        Action::Transact(Call::CreateToken { .. }) => (TOKEN_POOL, "token_create_pool"),
        _ => ("contract_invoke", "blockchain_invoke"),
    }
}

/// What was done, or is being done, for a transaction: with us always one thing, which has its id.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Operation {
    id: String,
    namespace: &'static str,
    tx: String,
    r#type: &'static str,
    status: &'static str,
    plugin: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
    created: String,
}

impl From<OutboxRow> for Operation {
    fn from(row: OutboxRow) -> Self {
        Self {
            namespace: NAMESPACE,
            r#type: types(&row.action).1,
            status: status(row.state),
            plugin: CONNECTOR,
            error: row.last_error,
            created: time(row.created_at),
            tx: row.key.clone(),
            id: row.key,
        }
    }
}

const fn status(state: State) -> &'static str {
    match state {
        State::Queued => "Initialized",
        State::Sent => "Pending",
        State::Done => "Succeeded",
        State::Failed | State::Expired => "Failed",
    }
}

/// What became of a transaction, with what makes it up.
#[derive(Serialize)]
pub(crate) struct TransactionStatus {
    status: &'static str,
    details: Vec<StatusDetail>,
}

#[derive(Serialize)]
struct StatusDetail {
    r#type: &'static str,
    subtype: &'static str,
    status: &'static str,
    timestamp: String,
    id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

impl From<OutboxRow> for TransactionStatus {
    fn from(row: OutboxRow) -> Self {
        let Operation { id, r#type: subtype, status, error, created: timestamp, .. } = row.into();
        let overall = if status == "Initialized" { "Pending" } else { status };
        let detail = StatusDetail { r#type: "Operation", subtype, status, timestamp, id, error };
        Self { status: overall, details: vec![detail] }
    }
}

/// The transaction with this id.
pub(crate) async fn row(api: &Api, id: &str) -> Result<OutboxRow, Error> {
    let mut tx = api.app.store.read().await?;
    let row = outbox::get(&mut tx, id).await?.filter(|row| matches!(row.action, Action::Transact(_)));
    let row = row.ok_or_else(|| Error::not_found("no such transaction").field("id"))?;
    standing(&mut tx, row).await
}

/// A transaction as it stands: one that waits for another that has failed has failed with it, until that is tried
/// anew.
pub(crate) async fn standing(tx: &mut Tx, row: OutboxRow) -> Result<OutboxRow, Error> {
    Ok(match outbox::hindrance(tx, &row).await? {
        Some(first) => OutboxRow { state: first.state, last_error: first.last_error, ..row },
        None => row,
    })
}

/// Waits until a transaction is in the chain and in the mirror, or has failed.
pub(crate) async fn confirmed(api: &Api, id: &str) -> Result<(), Problem> {
    let look = || async {
        let row = row(api, id).await?;
        match row.state {
            State::Done => Ok(Some(())),
            State::Failed | State::Expired => {
                Err(Error::conflict(row.last_error.unwrap_or_else(|| "it was given up".into())))
            }
            State::Queued | State::Sent => Ok(None),
        }
    };
    wait(api, id, || Box::pin(look())).await
}

/// Waits for what a transaction, or a pool, is to become.
pub(crate) async fn wait<'a, T>(
    api: &Api,
    id: &str,
    mut look: impl FnMut() -> BoxFuture<'a, Result<Option<T>, Error>>,
) -> Result<T, Problem> {
    let mut head = api.head.clone();
    let done = async {
        loop {
            if let Some(done) = look().await? {
                return Ok(done);
            }
            // A failure comes without a block.
            let _ = tokio::time::timeout(LOOK, head.changed()).await;
        }
    };
    // What takes longer is cut off without a word of what it was about.
    let limit = api.limits.request_timeout.mul_f64(0.9);
    tokio::time::timeout(limit, done).await.unwrap_or_else(|_| {
        let text = format!("not confirmed in time; ask for transaction {id}");
        Err(Problem::http(StatusCode::REQUEST_TIMEOUT, "FF10260", text))
    })
}

const LOOK: Duration = Duration::from_millis(500);

#[cfg(test)]
mod tests {
    use super::*;

    /// What a list is asked for by type is what each of its rows says of itself.
    #[test]
    fn a_type_is_the_same_asked_for_and_told() {
        let (token, to, operator) = (Address::ZERO, Address::ZERO, Address::ZERO);
        let (amount, token_id, uri) = (Amount::ZERO, U256::ZERO, String::new());
        let (name, symbol) = (String::new(), String::new());
        let calls = [
            Call::CreateToken { name, symbol, fungible: true, uri: uri.clone() },
            Call::Mint { token, to, amount },
            Call::MintItem { token, to, uri },
            Call::Transfer { token, to, amount },
            Call::TransferItem { token, to, token_id },
            Call::Burn { token, amount },
            Call::BurnItem { token, token_id },
            Call::Grant { token, operator, amount },
            Call::GrantItem { token, operator, token_id },
            Call::GrantItems { token, operator, approved: true },
            Call::ApproveCash,
            Call::ApproveDeeds,
        ];
        for call in calls {
            let stored = serde_json::to_value(&call).unwrap();
            let (told, _) = types(&Action::Transact(call));
            let listed = [(TOKEN_TRANSFER, &MOVES[..]), (TOKEN_APPROVAL, &GRANTS), (TOKEN_POOL, &POOLS)]
                .into_iter()
                .filter(|(_, calls)| calls.iter().any(|call| stored["call"] == **call))
                .map(|(listed, _)| listed)
                .collect::<Vec<_>>();
            assert_eq!(listed, [told], "{stored}");
        }
    }
}
