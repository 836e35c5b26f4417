//! The tokens that this node works with, as pools.

use quittance_domain::{Address, AssetKind, Error};
use uuid::Uuid;

use crate::{Api, ids};

/// The names under which this node knows its two tokens.
const CASH: &str = "cash";
const DEED: &str = "deed";

/// A token with a name.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pool {
    pub(crate) id: Uuid,
    pub(crate) name: &'static str,
    pub(crate) kind: AssetKind,
    pub(crate) token: Address,
}

/// All of them.
pub(crate) struct Pools {
    pub(crate) cash: Pool,
    pub(crate) deed: Pool,
}

impl Pools {
    pub(crate) fn of(api: &Api) -> Self {
        let deployment = &api.app.deployment;
        let pool = |name, kind, token: Address| {
            // The same on every node that mirrors this contract.
            let id = ids::named(&format!("pool {} {token:#x}", deployment.chain_id));
            Pool { id, name, kind, token }
        };
        Self {
            cash: pool(CASH, AssetKind::Erc20, deployment.contracts.cash),
            deed: pool(DEED, AssetKind::Erc721, deployment.contracts.deed),
        }
    }

    pub(crate) const fn all(&self) -> [&Pool; 2] {
        [&self.cash, &self.deed]
    }

    /// The pool with this name or id.
    pub(crate) fn get(&self, name_or_id: &str) -> Result<&Pool, Error> {
        let id = Uuid::try_parse(name_or_id).ok();
        let found = self.all().into_iter().find(|pool| pool.name == name_or_id || Some(pool.id) == id);
        let unknown =
            || Error::not_found("there is no such pool: this node has `cash` and `deed`").field("pool");
        found.ok_or_else(unknown)
    }

    pub(crate) fn by_token(&self, token: Address) -> Option<&Pool> {
        self.all().into_iter().find(|pool| pool.token == token)
    }
}
