//! The tokens that this node works with, as pools: the two of its deployment, and those that it was given names for.

use quittance_app::pools::{CASH, DEED};
use quittance_domain::{Address, AssetKind, Error};
use quittance_store::{Tx, pools};
use uuid::Uuid;

use crate::{Api, ids};

/// A token with a name.
#[derive(Clone, Debug)]
pub(crate) struct Pool {
    pub(crate) id: Uuid,
    pub(crate) name: String,
    pub(crate) kind: AssetKind,
    /// The token, once there is one.
    pub(crate) address: Option<Address>,
    /// Whether it can be used.
    pub(crate) active: bool,
    /// What else is known of one that is not of the deployment.
    pub(crate) row: Option<pools::Pool>,
}

impl Pool {
    /// One that is not of the deployment.
    pub(crate) fn new(row: pools::Pool) -> Result<Self, Error> {
        Ok(Self {
            id: Uuid::try_parse(&row.id).map_err(Error::internal)?,
            name: row.name.clone().unwrap_or_default(),
            kind: row.kind,
            address: row.token,
            active: row.active,
            row: Some(row),
        })
    }

    /// The token, to be used now.
    pub(crate) fn token(&self) -> Result<Address, Error> {
        let token = self.address.filter(|_| self.active);
        token.ok_or_else(|| Error::conflict("is not active yet; try again later").field("pool"))
    }

    /// The token, to be looked for: before there is one, nothing is found.
    pub(crate) fn looked_for(&self) -> Address {
        self.address.unwrap_or_default()
    }
}

/// All of them.
pub(crate) struct Pools(Vec<Pool>);

impl Pools {
    pub(crate) async fn read(api: &Api, tx: &mut Tx) -> Result<Self, Error> {
        let mut all = of_deployment(api).to_vec();
        for row in pools::all(tx).await? {
            all.push(Pool::new(row)?);
        }
        Ok(Self(all))
    }

    pub(crate) fn all(&self) -> &[Pool] {
        &self.0
    }

    /// The pool with this name or id.
    pub(crate) fn get(&self, name_or_id: &str) -> Result<&Pool, Error> {
        let id = Uuid::try_parse(name_or_id).ok();
        self.0.iter().find(|pool| pool.name == name_or_id || Some(pool.id) == id).ok_or_else(unknown)
    }

    pub(crate) fn by_token(&self, token: Address) -> Option<&Pool> {
        self.0.iter().find(|pool| pool.address == Some(token))
    }
}

/// The pool with this name or id: one of the deployment without asking the database.
pub(crate) async fn find(api: &Api, name_or_id: &str) -> Result<Pool, Error> {
    let id = Uuid::try_parse(name_or_id).ok();
    let ours = of_deployment(api).into_iter().find(|pool| pool.name == name_or_id || Some(pool.id) == id);
    if let Some(pool) = ours {
        return Ok(pool);
    }
    let mut tx = api.app.store.read().await?;
    let row = match id {
        Some(id) => pools::get(&mut tx, &id.to_string()).await?.filter(|row| row.name.is_some()),
        None => pools::named(&mut tx, name_or_id).await?,
    };
    Pool::new(row.ok_or_else(unknown)?)
}

fn of_deployment(api: &Api) -> [Pool; 2] {
    let deployment = &api.app.deployment;
    let pool = |name: &str, kind, token: Address| Pool {
        // The same on every node that mirrors this contract.
        id: ids::named(&format!("pool {} {token:#x}", deployment.chain_id)),
        name: name.to_owned(),
        kind,
        address: Some(token),
        active: true,
        row: None,
    };
    [
        pool(CASH, AssetKind::Erc20, deployment.contracts.cash),
        pool(DEED, AssetKind::Erc721, deployment.contracts.deed),
    ]
}

fn unknown() -> Error {
    Error::not_found("there is no such pool").field("pool")
}
