//! Tokens with names: made by the factory, or there already.

use quittance_domain::{
    Address, AssetKind, Error, Kind, Result,
    fact::{Event, Log},
    intent::{Action, Call, Intent},
};
use quittance_store::{
    Tx, feed as told,
    outbox::{self, State},
    pools::{self, Pool},
    transactions,
};

use crate::{App, claim, feed};

/// The name of the pool of a deployment's money.
pub const CASH: &str = "cash";

/// The name of the pool of its deeds.
pub const DEED: &str = "deed";

/// A pool that was asked for.
#[derive(Clone, Debug)]
pub struct NewPool {
    /// Its name on this node.
    pub name: String,
    /// Amounts or items.
    pub kind: AssetKind,
    /// The token's symbol.
    pub symbol: String,
    /// How many of an amount's digits are behind the point.
    pub decimals: Option<u64>,
    /// Where its token comes from.
    pub from: From,
    /// Makes two equal requests one.
    pub idempotency_key: Option<String>,
    /// The most pools that there may be.
    pub most: u64,
    /// Check everything, and ask for nothing.
    pub dry_run: bool,
}

/// Where a pool's token comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum From {
    /// The factory makes it, with this beginning of its items' URIs.
    Factory(String),
    /// It is there, and its logs from this block on count.
    Contract(Address, u64),
}

/// The longest name of a token of amounts that the factory makes: it is that of its EIP-712 domain too.
const MOST_NAME: usize = 31;

impl App {
    /// Has a token made, or gives one that is there a name, and says what came of it.
    ///
    /// # Errors
    /// Names what is wrong: a name or a token that has a pool, a deployment without a factory, more pools than may be.
    pub async fn add_pool(&self, new: &NewPool, id: &str, wall: u64) -> Result<Pool> {
        let (new, id) = (new.clone(), id.to_owned());
        self.write(new.dry_run, move |app, tx| Box::pin(async move { app.pool(tx, &new, &id, wall).await }))
            .await
    }

    async fn pool(&self, tx: &mut Tx, new: &NewPool, id: &str, wall: u64) -> Result<Pool> {
        let request = format!("pool {} {:?} {} {:?}", new.name, new.kind, new.symbol, new.from);
        claim(tx, new.idempotency_key.as_deref(), &request, id, wall).await?;
        free(tx, &new.name).await?;
        let (token, next_block) = match new.from {
            From::Factory(_) => (None, None),
            From::Contract(token, from) => (Some(token), Some(from)),
        };
        let pool = Pool {
            id: id.to_owned(),
            name: Some(new.name.clone()),
            kind: new.kind,
            symbol: new.symbol.clone(),
            decimals: new.decimals,
            token,
            ordered: token.is_none(),
            made_block: None,
            next_block,
            active: false,
            irregular: false,
            created_at: wall,
        };
        if let From::Factory(uri) = &new.from {
            let intent = self.creation(new, uri, id)?;
            feed::ask(tx, &intent, None, None, wall).await?;
        }
        if let Some(token) = token
            && let Some(known) = self.known(tx, token).await?
        {
            return name_again(tx, known, pool).await;
        }
        if pools::count(tx).await? >= new.most {
            let text = format!("there are {} pools already, which is the most there can be", new.most);
            return Err(Error::new(Kind::Full, text).because("api.max-pools"));
        }
        if pools::add(tx, &pool).await? { Ok(pool) } else { Err(taken("name")) }
    }

    fn creation(&self, new: &NewPool, uri: &str, id: &str) -> Result<Intent> {
        if self.deployment.contracts.token_factory.is_none() {
            let text = "is needed: the deployment of this node has no factory that makes tokens";
            return Err(Error::conflict(text).field("config.address"));
        }
        let fungible = new.kind == AssetKind::Erc20;
        if fungible && new.name.len() > MOST_NAME {
            let text = format!("must have at most {MOST_NAME} bytes for a token of amounts");
            return Err(Error::invalid(text).field("name"));
        }
        let (name, symbol, uri) = (new.name.clone(), new.symbol.clone(), uri.to_owned());
        Ok(Intent::new(id, Action::Transact(Call::CreateToken { name, symbol, fungible, uri })))
    }

    /// The pool of this token, if there is one that was put away.
    async fn known(&self, tx: &mut Tx, token: Address) -> Result<Option<Pool>> {
        let contracts = &self.deployment.contracts;
        if token == contracts.cash || token == contracts.deed {
            return Err(taken("config.address"));
        }
        match pools::of_token(tx, token).await? {
            Some(Pool { name: Some(_), .. }) => Err(taken("config.address")),
            known => Ok(known),
        }
    }

    /// Forgets a pool on this node. Its token stays what it is.
    ///
    /// # Errors
    /// When there is no such pool.
    pub async fn remove_pool(&self, id: &str) -> Result<()> {
        let id = id.to_owned();
        self.write(false, move |_, tx| {
            Box::pin(async move {
                match pools::get(tx, &id).await? {
                    Some(pool) if is_past(tx, &pool).await? => pools::remove(tx, &id).await,
                    Some(Pool { name: Some(_), .. }) => pools::put_away(tx, &id).await,
                    _ => Err(Error::not_found("there is no such pool").field("pool")),
                }
            })
        })
        .await
    }

    /// Notes which tokens the factory made for this node.
    pub(crate) async fn made(tx: &mut Tx, logs: &[Log]) -> Result<()> {
        for log in logs {
            let Some(Event::TokenMade { token, .. }) = log.event else { continue };
            let keys = transactions::keys(tx, &[log.origin.transaction]).await?;
            if let Some(id) = keys.get(&log.origin.transaction) {
                pools::made(tx, id, token, log.origin.block.number).await?;
            }
        }
        Ok(())
    }

    /// A pool can be used from now on.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn joined(&self, tx: &mut Tx, pool: &Pool, wall: u64) -> Result<()> {
        told::tell(tx, told::Own::Pool, &pool.id, wall).await
    }
}

/// Refuses a name that is taken; one of a pool whose token could not be made is not.
async fn free(tx: &mut Tx, name: &str) -> Result<()> {
    if name == CASH || name == DEED {
        return Err(taken("name"));
    }
    match pools::named(tx, name).await? {
        Some(pool) if is_past(tx, &pool).await? => pools::remove(tx, &pool.id).await,
        Some(_) => Err(taken("name")),
        None => Ok(()),
    }
}

/// Whether a pool's token could not be made.
async fn is_past(tx: &mut Tx, pool: &Pool) -> Result<bool> {
    let order = outbox::get(tx, &pool.id).await?;
    let failed = order.is_some_and(|order| matches!(order.state, State::Failed | State::Expired));
    Ok(failed && pool.token.is_none())
}

/// Gives a token that was put away its new name. What was taken in of it stays.
async fn name_again(tx: &mut Tx, known: Pool, new: Pool) -> Result<Pool> {
    let Pool { id, name, created_at, .. } = new;
    let pool = Pool { id, name, created_at, ordered: false, made_block: None, ..known };
    pools::replace(tx, &pool).await?;
    Ok(pool)
}

fn taken(field: &'static str) -> Error {
    Error::conflict("has a pool already").field(field)
}
