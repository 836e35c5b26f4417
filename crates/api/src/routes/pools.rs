//! Pools of tokens: made by the factory, or bound by address.

use axum::{
    Json,
    extract::{Path, State},
    http::StatusCode,
    response::{IntoResponse, Response},
};
use quittance_app::pools::{From, NewPool};
use quittance_domain::{Address, AssetKind, Error, Kind};
use serde::Deserialize;

use super::{Answer, tokens::own};
use crate::{
    Api,
    dto::{self, CONNECTOR, Manner, TokenPool},
    extract::{Body, Query},
    ids,
    pools::{self, Pool, Pools},
    problem::Problem,
    subscription::check_name,
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Named {
    name: Option<String>,
}

/// `GET /tokens/pools?name=`.
pub(super) async fn list(State(api): State<Api>, Query(query): Query<Named>) -> Answer<Json<Vec<TokenPool>>> {
    let pools = Pools::read(&api, &mut api.app.store.read().await?).await?;
    let wanted = |pool: &&Pool| query.name.as_deref().is_none_or(|name| name == pool.name);
    Ok(Json(pools.all().iter().filter(wanted).map(TokenPool::from).collect()))
}

/// `GET /tokens/pools/{nameOrId}`.
pub(super) async fn one(State(api): State<Api>, Path(name_or_id): Path<String>) -> Answer<Json<TokenPool>> {
    Ok(Json(TokenPool::from(&pools::find(&api, &name_or_id).await?)))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct PoolBody {
    name: String,
    r#type: Type,
    connector: Option<String>,
    key: Option<String>,
    #[serde(default)]
    symbol: String,
    #[serde(default)]
    config: PoolConfig,
    idempotency_key: Option<String>,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Type {
    Fungible,
    Nonfungible,
}

/// What FireFly leaves to the connector.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct PoolConfig {
    address: Option<Address>,
    block_number: Option<BlockNumber>,
    factory_address: Option<Address>,
    uri: Option<String>,
}

/// A block's number, as applications write it.
#[derive(Deserialize)]
#[serde(untagged, expecting = "must be a block's number, `oldest` or `newest`")]
enum BlockNumber {
    Number(u64),
    Text(String),
}

/// The longest symbol, and the longest URI of a pool or an item, in bytes.
const MOST_SYMBOL: usize = 32;
pub(super) const MOST_URI: usize = 1_024;

impl BlockNumber {
    fn read(&self, api: &Api) -> Result<u64, Error> {
        let wrong =
            || Error::invalid("must be a block's number, `oldest` or `newest`").field("config.blockNumber");
        match self {
            Self::Number(number) => Ok(*number),
            Self::Text(text) if text == "oldest" => Ok(0),
            Self::Text(text) if text == "newest" || text == "latest" => Ok(next_block(api)),
            Self::Text(text) => text.parse().map_err(|_| wrong()),
        }
    }
}

/// Whether a text can be a symbol. What a token says of itself may be anything.
fn is_symbol(text: &str) -> bool {
    text.len() <= MOST_SYMBOL && !text.chars().any(char::is_control)
}

fn next_block(api: &Api) -> u64 {
    api.head.borrow().map_or(0, |head| head.number + 1)
}

impl PoolBody {
    async fn read(self, api: &Api, dry_run: bool) -> Result<NewPool, Error> {
        let barred = |field, text: &str| Err(Error::invalid(text).field(field));
        check_name(&self.name)?;
        own(api, "key", self.key.as_deref()).await?;
        if self.connector.as_deref().is_some_and(|connector| connector != CONNECTOR) {
            return Err(Error::invalid(format!("must be `{CONNECTOR}`")).field("connector"));
        }
        if !is_symbol(&self.symbol) {
            return barred("symbol", &format!("must be text of at most {MOST_SYMBOL} bytes"));
        }
        let kind = match self.r#type {
            Type::Fungible => AssetKind::Erc20,
            Type::Nonfungible => AssetKind::Erc721,
        };
        let config = &self.config;
        check_uri("config.uri", config.uri.as_deref())?;
        let mut new = NewPool {
            name: self.name,
            kind,
            symbol: self.symbol,
            decimals: (kind == AssetKind::Erc20).then_some(FACTORY_DECIMALS),
            from: From::Factory(config.uri.clone().unwrap_or_default()),
            idempotency_key: self.idempotency_key,
            most: api.limits.max_pools,
            dry_run,
        };
        let Some(address) = config.address else {
            if config.uri.is_some() && kind == AssetKind::Erc20 {
                return barred("config.uri", "is not for a fungible pool");
            }
            if config.block_number.is_some() {
                return barred(
                    "config.blockNumber",
                    "goes with config.address: what is made new begins with itself",
                );
            }
            let factory = api.app.deployment.contracts.token_factory;
            if config.factory_address.is_some_and(|address| Some(address) != factory) {
                return barred("config.factoryAddress", "is not the factory of this node's deployment");
            }
            return Ok(new);
        };
        if config.factory_address.is_some() || config.uri.is_some() {
            return barred("config", "names a contract that is there, and says how to make one");
        }
        let from = config.block_number.as_ref().map_or(Ok(0), |number| number.read(api))?;
        if from > next_block(api) {
            return barred("config.blockNumber", "is a block that is not there yet");
        }
        let found = api.tokens.inspect(address).await?;
        if found.kind != kind {
            let text = format!("is an {:?} token, which is another type", found.kind).replace("Erc", "ERC-");
            return Err(Error::invalid(text).field("config.address"));
        }
        if new.symbol.is_empty() {
            new.symbol = found.symbol.filter(|symbol| is_symbol(symbol)).unwrap_or_default();
        }
        (new.decimals, new.from) = (found.decimals, From::Contract(address, from));
        Ok(new)
    }
}

/// The digits behind the point that the factory gives a token.
const FACTORY_DECIMALS: u64 = 18;

/// Refuses what is no URI to be put on a chain.
pub(super) fn check_uri(field: &'static str, uri: Option<&str>) -> Result<(), Error> {
    let fits = uri.is_none_or(|uri| uri.len() <= MOST_URI && !uri.chars().any(char::is_control));
    if fits {
        return Ok(());
    }
    Err(Error::invalid(format!("must be text of at most {MOST_URI} bytes")).field(field))
}

/// `POST /tokens/pools?dryRun=&confirm=&publish=`.
pub(super) async fn create(
    State(api): State<Api>,
    Query(manner): Query<Manner>,
    Body(body): Body<PoolBody>,
) -> Answer<Response> {
    let waiting = manner.waits(&api)?;
    let (new, id) = (body.read(&api, manner.dry_run).await.map_err(taken)?, ids::new());
    let pool = Pool::new(api.app.add_pool(&new, &id, api.now()).await.map_err(taken)?)?;
    if manner.dry_run {
        return Ok(dto::dry());
    }
    if waiting.is_none() {
        return Ok((StatusCode::ACCEPTED, Json(TokenPool::from(&pool))).into_response());
    }
    Ok(Json(TokenPool::from(&active(&api, pool).await?)).into_response())
}

/// A pool, once it can be used.
async fn active(api: &Api, pool: Pool) -> Result<Pool, Problem> {
    let id = &pool.id.to_string();
    if pool.row.as_ref().is_some_and(|row| row.ordered) {
        dto::confirmed(api, id).await?;
    }
    let look = || async {
        let pool = pools::find(api, id).await?;
        Ok(pool.active.then_some(pool))
    };
    dto::wait(api, id, || Box::pin(look())).await
}

/// A name or a token that has a pool is refused in FireFly's words.
fn taken(error: Error) -> Problem {
    let is_taken =
        error.kind() == Kind::Conflict && matches!(error.field_name(), Some("name" | "config.address"));
    if is_taken { Problem::from(error).with_code("FF10275") } else { error.into() }
}

/// `DELETE /tokens/pools/{nameOrId}`: on this node; the token stays what it is.
pub(super) async fn remove(
    State(api): State<Api>,
    Path(name_or_id): Path<String>,
    Query(dto::Nothing {}): Query<dto::Nothing>,
) -> Answer<StatusCode> {
    let pool = pools::find(&api, &name_or_id).await?;
    if pool.row.is_none() {
        return Err(Error::forbidden("is of this node's deployment, and stays").field("pool").into());
    }
    api.app.remove_pool(&pool.id.to_string()).await?;
    Ok(StatusCode::NO_CONTENT)
}
