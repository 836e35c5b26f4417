//! Amounts and items of tokens, in FireFly's words.

use axum::{
    Json,
    extract::{Path, State},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
};
use quittance_app::{
    resolve,
    tokens::{self as operations, Allowance, Grant, Verb, What},
};
use quittance_domain::{Address, Amount, AssetKind, Error, U256};
use quittance_store::{
    Tx, approvals,
    filter::{Condition, Is, Order, Value},
    tokens,
};
use serde::Deserialize;

use super::{Answer, Paged, page, pools::check_uri};
use crate::{
    Api,
    dto::{self, CONNECTOR, Manner},
    extract::{self, Body, Query},
    filter::{self, Filter, Kind, Known, Test},
    ids,
    pools::{self, Pool, Pools},
    problem::Problem,
};

/// `GET /tokens/connectors`: what moves tokens here.
pub(super) async fn connectors(Query(dto::Nothing {}): Query<dto::Nothing>) -> Json<serde_json::Value> {
    Json(serde_json::json!([{ "name": CONNECTOR }]))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct OrderBody {
    pool: String,
    amount: Option<Number>,
    token_index: Option<String>,
    from: Option<String>,
    to: Option<String>,
    key: Option<String>,
    /// Of an item that is minted.
    uri: Option<String>,
    idempotency_key: Option<String>,
}

/// A number as FireFly's applications write it: a string, or a JSON number small enough to have lost no digits.
#[derive(Deserialize)]
#[serde(untagged, expecting = "must be a decimal string of digits, in the token's smallest units")]
enum Number {
    Text(String),
    Small(u64),
}

impl Number {
    /// The largest number that every JSON reader keeps exactly.
    const MOST: u64 = (1 << 53) - 1;

    fn amount(&self, field: &'static str) -> Result<Amount, Error> {
        match self {
            Self::Text(text) => extract::amount(field, text),
            Self::Small(number) if *number <= Self::MOST => Ok(Amount::new(U256::from(*number))),
            Self::Small(_) => {
                let text = format!("must be a decimal string where it is above {}", Self::MOST);
                Err(Error::invalid(text).field(field))
            }
        }
    }
}

impl OrderBody {
    /// What is ordered. Names of others stay as they came: a repeated request is known by its own words.
    async fn order(self, api: &Api, verb: Verb, dry_run: bool) -> Result<(operations::Order, Pool), Error> {
        let body = self;
        own(api, "key", body.key.as_deref()).await?;
        own(api, "from", body.from.as_deref()).await?;
        let needed = |field| Error::invalid("is needed for this pool").field(field);
        let barred = |field| Err(Error::invalid("is not for this pool").field(field));
        let pool = pools::find(api, &body.pool).await?;
        let amount = body.amount.map(|amount| amount.amount("amount")).transpose()?;
        check_uri("uri", body.uri.as_deref())?;
        let what = match (pool.kind, amount, &body.token_index) {
            (AssetKind::Erc721, Some(amount), _) if amount.units() != U256::ONE => return barred("amount"),
            (AssetKind::Erc721, _, None) => What::Next(body.uri.clone().unwrap_or_default()),
            (AssetKind::Erc721, _, Some(index)) => What::Item(extract::token_id("tokenIndex", index)?),
            (_, _, Some(_)) => return barred("tokenIndex"),
            (_, amount, None) => What::Amount(amount.ok_or_else(|| needed("amount"))?),
        };
        if body.uri.is_some() && (verb != Verb::Mint || !matches!(what, What::Next(_))) {
            return barred("uri");
        }
        let (token, idempotency_key) = (pool.token()?, body.idempotency_key);
        Ok((operations::Order { verb, token, what, to: body.to, idempotency_key, dry_run }, pool))
    }
}

/// Refuses to act for anybody but this party.
pub(super) async fn own(api: &Api, field: &'static str, who: Option<&str>) -> Result<(), Error> {
    let Some(who) = who else { return Ok(()) };
    if account(&mut api.app.store.read().await?, field, who).await? != api.app.us {
        return Err(Error::forbidden("is not this node's own party").field(field));
    }
    Ok(())
}

/// `POST /tokens/mint?dryRun=&confirm=`.
pub(super) async fn mint(api: State<Api>, manner: Query<Manner>, body: Body<OrderBody>) -> Answer<Response> {
    ordered(api, manner, body, Verb::Mint).await
}

/// `POST /tokens/transfers?dryRun=&confirm=`.
pub(super) async fn transfer(
    api: State<Api>,
    manner: Query<Manner>,
    body: Body<OrderBody>,
) -> Answer<Response> {
    ordered(api, manner, body, Verb::Transfer).await
}

/// `POST /tokens/burn?dryRun=&confirm=`.
pub(super) async fn burn(api: State<Api>, manner: Query<Manner>, body: Body<OrderBody>) -> Answer<Response> {
    ordered(api, manner, body, Verb::Burn).await
}

/// Answers an order: at once with what was asked for, or once it is confirmed with what became of it.
async fn ordered(
    State(api): State<Api>,
    Query(manner): Query<Manner>,
    Body(body): Body<OrderBody>,
    verb: Verb,
) -> Answer<Response> {
    let waiting = manner.waits(&api)?;
    let ((order, pool), id) = (body.order(&api, verb, manner.dry_run).await?, ids::new());
    let to = api.app.order(&order, &id, api.now()).await?;
    if manner.dry_run {
        return Ok(dto::dry());
    }
    let Some(_waiting) = waiting else {
        let asked = dto::TokenTransfer::asked(&api, &pool, &order, to, id);
        return Ok((StatusCode::ACCEPTED, Json(asked)).into_response());
    };
    dto::confirmed(&api, &id).await?;
    let mut tx = api.app.store.read().await?;
    Ok(Json(dto::transfer(&api, &mut tx, &id).await?).into_response())
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct GrantBody {
    pool: String,
    operator: String,
    #[serde(default = "yes")]
    approved: bool,
    key: Option<String>,
    #[serde(default)]
    config: GrantConfig,
    idempotency_key: Option<String>,
}

const fn yes() -> bool {
    true
}

/// What FireFly leaves to the connector.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct GrantConfig {
    allowance: Option<Number>,
    token_index: Option<String>,
}

/// `POST /tokens/approvals?dryRun=&confirm=`: lets an operator move up to an amount, `config.allowance`, all of it if
/// none is named; the item `config.tokenIndex`, or all items.
pub(super) async fn approve(
    State(api): State<Api>,
    Query(manner): Query<Manner>,
    Body(body): Body<GrantBody>,
) -> Answer<Response> {
    let waiting = manner.waits(&api)?;
    own(&api, "key", body.key.as_deref()).await?;
    let barred = |field| Problem::from(Error::invalid("is not for this pool").field(field));
    let allowance = body.config.allowance.map(|amount| amount.amount("config.allowance")).transpose()?;
    let pool = pools::find(&api, &body.pool).await?;
    let what = match (pool.kind, allowance, body.config.token_index) {
        (AssetKind::Erc721, Some(_), _) => return Err(barred("config.allowance")),
        (AssetKind::Erc721, None, Some(index)) => {
            Allowance::Item(extract::token_id("config.tokenIndex", &index)?, body.approved)
        }
        (AssetKind::Erc721, None, None) => Allowance::Items(body.approved),
        (_, _, Some(_)) => return Err(barred("config.tokenIndex")),
        (_, allowance, None) if body.approved => {
            Allowance::Amount(allowance.unwrap_or(Amount::new(U256::MAX)))
        }
        _ => Allowance::Amount(Amount::ZERO),
    };
    let Manner { dry_run, .. } = manner;
    let (token, idempotency_key) = (pool.token()?, body.idempotency_key);
    let grant = Grant { token, what, operator: body.operator, idempotency_key, dry_run };
    let id = ids::new();
    let operator = api.app.approve(&grant, &id, api.now()).await?;
    if dry_run {
        return Ok(dto::dry());
    }
    let asked = Json(dto::TokenApproval::asked(&api, &pool, &grant, operator, id.clone()));
    let Some(_waiting) = waiting else {
        return Ok((StatusCode::ACCEPTED, asked).into_response());
    };
    dto::confirmed(&api, &id).await?;
    Ok(asked.into_response())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Granted {
    key: Option<String>,
    limit: Option<u32>,
    after: Option<String>,
}

/// `GET /tokens/approvals?key=`: what an owner lets others move, this party if none is named. An amount is what was
/// approved last: what of it was used since, the tokens do not say.
pub(super) async fn approvals(
    State(api): State<Api>,
    Query(query): Query<Granted>,
) -> Answer<(HeaderMap, Json<Vec<dto::TokenApproval>>)> {
    let mut tx = api.app.store.read().await?;
    let owner = match &query.key {
        Some(who) => account(&mut tx, "key", who).await?,
        None => api.app.us,
    };
    let rows = approvals::of(&mut tx, owner, query.after.as_deref(), page(query.limit)?).await?;
    let pools = Pools::read(&api, &mut tx).await?;
    let all = rows.items.iter().map(|row| dto::TokenApproval::mirrored(&pools, row)).collect();
    Ok((dto::next_page(rows.next.as_deref()), Json(all)))
}

/// `GET /tokens/accounts`: who has ever had something.
pub(super) async fn accounts(
    State(api): State<Api>,
    Query(query): Query<Paged>,
) -> Answer<(HeaderMap, Json<Vec<dto::TokenAccount>>)> {
    let mut tx = api.app.store.read().await?;
    let rows = tokens::holders(&mut tx, query.after.as_deref(), page(query.limit)?).await?;
    let all = rows.items.into_iter().map(|key| dto::TokenAccount { key }).collect();
    Ok((dto::next_page(rows.next.as_deref()), Json(all)))
}

/// `GET /tokens/accounts/{key}/pools`: of which pools somebody has ever had something.
pub(super) async fn account_pools(
    State(api): State<Api>,
    Path(key): Path<String>,
    Query(dto::Nothing {}): Query<dto::Nothing>,
) -> Answer<Json<Vec<dto::TokenAccountPool>>> {
    let mut tx = api.app.store.read().await?;
    let holder = account(&mut tx, "key", &key).await?;
    let pools = Pools::read(&api, &mut tx).await?;
    let held = tokens::tokens_of(&mut tx, holder).await?;
    let pools = held.into_iter().filter_map(|token| pools.by_token(token));
    Ok(Json(pools.map(|pool| dto::TokenAccountPool { pool: pool.id }).collect()))
}

/// What a list of balances can be asked for.
const HELD: [Known; 4] = [
    Known("pool", Kind::Exact, &["token"]),
    Known("key", Kind::Exact, &["holder"]),
    Known("tokenIndex", Kind::Ordered, &["token_id"]),
    Known("balance", Kind::Ordered, &["balance"]),
];

/// `GET /tokens/balances`: who has what, by the mirrored chain.
pub(super) async fn balances(
    State(api): State<Api>,
    Query(query): Query<Vec<(String, String)>>,
) -> Answer<Response> {
    let filter = Filter::read(&query, &HELD)?;
    let mut tx = filter.begin(&api, ["pool", "key"]).await?;
    let pools = Pools::read(&api, &mut tx).await?;
    if let Some([pool, key]) = filter.plain(["pool", "key"]) {
        return held(&mut tx, &pools, pool, key, &filter).await;
    }
    let mut meant = vec![];
    for test in filter.tests() {
        meant.push(match test.field {
            "pool" => test.column("token", pools.get(test.needed()?)?.looked_for()),
            "key" => test.column("holder", account(&mut tx, "key", test.needed()?).await?),
            "tokenIndex" if test.is.is_none() => Condition::Null("token_id"),
            "tokenIndex" => test.column("token_id", extract::token_id("tokenIndex", &test.value)?),
            _ => test.column("balance", test.number()?),
        });
    }
    let selection = filter.selection(&["token", "token_id", "holder"], Order::Ascending, meant)?;
    let found = tokens::select_holdings(&mut tx, &selection).await?;
    let told = |row: &tokens::Holding| {
        let value = row.token_id.unwrap_or_else(|| row.amount.units());
        Some(dto::TokenBalance::new(pools.by_token(row.token)?, row.holder, value))
    };
    Ok(filter::answer(found.items.iter().filter_map(told).collect(), found.total, None))
}

/// Balances page by page: first of money, then of deeds. Which of them a cursor is of, its length tells.
async fn held(
    tx: &mut Tx,
    pools: &Pools,
    pool: Option<&str>,
    key: Option<&str>,
    Filter { limit, after, .. }: &Filter,
) -> Answer<Response> {
    let holder = match key {
        Some(key) => Some(account(tx, "key", key).await?),
        None => None,
    };
    let pool = pool.map(|pool| pools.get(pool)).transpose()?;
    let (kind, token) = (pool.map(|pool| pool.kind), pool.map(Pool::looked_for));
    let mut after = after.as_deref();
    let of_money = after.is_none_or(|cursor| cursor.len() == MONEY_CURSOR);
    let (mut rows, mut next, mut left) = (vec![], None, *limit);
    if of_money && kind.is_none_or(|kind| kind == AssetKind::Erc20) {
        let filter = tokens::BalanceFilter { token, holder };
        let held = tokens::balances(tx, filter, after.take(), left).await?;
        left = left.saturating_sub(u32::try_from(held.items.len()).unwrap_or(u32::MAX));
        next = held.items.last().map(|last| format!("{:#x}-{:#x}", last.token, last.holder));
        next = next.filter(|_| held.next.is_some() || (left == 0 && pool.is_none()));
        let told = |row: &tokens::Balance| {
            Some(dto::TokenBalance::new(pools.by_token(row.token)?, row.holder, row.amount.units()))
        };
        rows.extend(held.items.iter().filter_map(told));
    }
    if left > 0 && kind.is_none_or(|kind| kind == AssetKind::Erc721) {
        let held = tokens::deeds(tx, token, holder, after, left).await?;
        // What is burnt nobody has.
        let kept = held.items.iter().filter(|row| !row.owner.is_zero());
        let told = |row: &tokens::OwnedDeed| {
            Some(dto::TokenBalance::new(pools.by_token(row.token)?, row.owner, row.token_id))
        };
        rows.extend(kept.filter_map(told));
        next = held.next;
    }
    Ok(filter::answer(rows, None, next.as_deref()))
}

/// The length of a cursor of two addresses.
const MONEY_CURSOR: usize = 85;

/// What a list of transfers can be asked for.
const MOVED: [Known; 12] = [
    Known("pool", Kind::Exact, &["token"]),
    Known("fromOrTo", Kind::Exact, &[]),
    Known("from", Kind::Exact, &["sender"]),
    Known("to", Kind::Exact, &["receiver"]),
    Known("type", Kind::Exact, &[]),
    Known("id", Kind::Exact, &[]),
    Known("localId", Kind::Exact, &[]),
    Known("tx.id", Kind::Exact, &[]),
    Known("amount", Kind::Ordered, &[]),
    Known("tokenIndex", Kind::Exact, &[]),
    Known("protocolId", Kind::Exact, &["block_number", "log_index"]),
    Known("created", Kind::Ordered, &["block_number", "log_index"]),
];

/// `GET /tokens/transfers`: newest first, unless another order is asked for.
pub(super) async fn transfers(
    State(api): State<Api>,
    Query(query): Query<Vec<(String, String)>>,
) -> Answer<Response> {
    let filter = Filter::read(&query, &MOVED)?;
    let mut tx = filter.begin(&api, ["pool", "fromOrTo"]).await?;
    let pools = Pools::read(&api, &mut tx).await?;
    if let Some([pool, party]) = filter.plain(["pool", "fromOrTo"]) {
        let token = pool.map(|pool| pools.get(pool)).transpose()?.map(Pool::looked_for);
        let from_or_to = match party {
            Some(who) => Some(account(&mut tx, "fromOrTo", who).await?),
            None => None,
        };
        let wanted = tokens::TransferFilter { token, from_or_to };
        let rows = tokens::transfers(&mut tx, wanted, filter.after.as_deref(), filter.limit).await?;
        let all = dto::transfers(&api, &mut tx, &rows.items).await?;
        return Ok(filter::answer(all, None, rows.next.as_deref()));
    }
    let mut meant = vec![];
    for test in filter.tests() {
        meant.push(moved(&mut tx, &pools, test).await?);
    }
    let selection = filter.selection(&["block_number", "log_index"], Order::Descending, meant)?;
    let found = tokens::select_transfers(&mut tx, &selection).await?;
    let all = dto::transfers(&api, &mut tx, &found.items).await?;
    Ok(filter::answer(all, found.total, None))
}

/// What is asked of a transfer, as its columns have it.
async fn moved(tx: &mut Tx, pools: &Pools, test: &Test) -> Result<Condition, Error> {
    let end = |column| Condition::equal(column, Address::ZERO);
    Ok(match test.field {
        "from" if test.is.is_none() => end("sender"),
        "to" if test.is.is_none() => end("receiver"),
        "tokenIndex" if test.is.is_none() => kind(AssetKind::Erc20),
        "pool" => test.column("token", pools.get(test.needed()?)?.looked_for()),
        "from" => test.column("sender", account(tx, "from", &test.value).await?),
        "to" => test.column("receiver", account(tx, "to", &test.value).await?),
        "fromOrTo" => {
            let who = account(tx, "fromOrTo", test.needed()?).await?;
            Condition::Any(vec![test.column("sender", who), test.column("receiver", who)])
        }
        "type" => match test.needed()? {
            "mint" => end("sender"),
            "burn" => Condition::All(vec![no(end("sender")), end("receiver")]),
            "transfer" => Condition::All(vec![no(end("sender")), no(end("receiver"))]),
            _ => return Err(test.refused("must be mint, burn or transfer")),
        },
        "amount" => {
            // A deed is one, whichever it is.
            let (number, is) = (test.number()?, test.is.unwrap_or(Is::Equal));
            let one = U256::ONE;
            let deed = match is {
                Is::Below => one < number,
                Is::AtMost => one <= number,
                Is::Above => one > number,
                Is::AtLeast => one >= number,
                _ => one == number,
            };
            let money = Condition::All(vec![kind(AssetKind::Erc20), test.column("value", number)]);
            let deeds = Condition::All(vec![kind(AssetKind::Erc721), Condition::constant(deed)]);
            Condition::Any(vec![money, deeds])
        }
        "tokenIndex" => {
            let token_id = extract::token_id("tokenIndex", &test.value)?;
            Condition::All(vec![kind(AssetKind::Erc721), test.column("value", token_id)])
        }
        "protocolId" => {
            let place = test.needed()?.split_once('/');
            let place = place.and_then(|(block, log)| Some((block.parse().ok()?, log.parse().ok()?)));
            let (block, log): (u64, u64) = place
                .ok_or_else(|| test.refused("must be a block and a log's index: 000000000001/000000"))?;
            let block = Condition::equal("block_number", block);
            Condition::All(vec![block, Condition::equal("log_index", log)])
        }
        "created" => times(tx, test.time("timestamp", 1_000_000_000)?).await?,
        _ => dto::find_transfer(tx, test.needed()?).await?.map_or(Condition::constant(false), |row| {
            let block = Condition::equal("block_number", row.origin.block.number);
            Condition::All(vec![block, Condition::equal("log_index", row.origin.log_index)])
        }),
    })
}

fn no(condition: Condition) -> Condition {
    Condition::Not(Box::new(condition))
}

fn kind(kind: AssetKind) -> Condition {
    Condition::equal("kind", if kind == AssetKind::Erc721 { "erc721" } else { "erc20" })
}

/// A condition on times as one on blocks, which have an index.
async fn times(tx: &mut Tx, condition: Condition) -> Result<Condition, Error> {
    let Condition::Column(_, is, Value::Int(time)) = condition else { return Ok(condition) };
    let from = tokens::first_block_since(tx, time).await?;
    let after = tokens::first_block_since(tx, time.saturating_add(1)).await?;
    let block = |is, number| Condition::Column("block_number", is, Value::Int(number));
    Ok(match is {
        Is::Below => block(Is::Below, from),
        Is::AtMost => block(Is::Below, after),
        Is::Above => block(Is::AtLeast, after),
        Is::AtLeast => block(Is::AtLeast, from),
        _ => Condition::All(vec![block(Is::AtLeast, from), block(Is::Below, after)]),
    })
}

/// `GET /tokens/transfers/{id}`: once it is in the chain.
pub(super) async fn one_transfer(
    State(api): State<Api>,
    Path(id): Path<String>,
) -> Answer<Json<dto::TokenTransfer>> {
    let mut tx = api.app.store.read().await?;
    Ok(Json(dto::transfer(&api, &mut tx, &id).await?))
}

/// An account, which need not be a registered party when its address is given.
pub(super) async fn account(tx: &mut Tx, field: &'static str, who: &str) -> Result<Address, Error> {
    match who.parse() {
        Ok(address) => Ok(address),
        Err(_) => Ok(resolve(tx, field, who).await?.address),
    }
}
