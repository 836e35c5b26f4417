//! What owners let others move. The events do not name their token: the contract that said so is it.

use futures::{FutureExt, future::BoxFuture};
use quittance_domain::{
    Address, Result,
    fact::{Event, Grant, Log, Origin},
};
use quittance_store::{
    Tx,
    approvals::{self, Approval},
};

use super::Projection;

pub(super) struct Approvals;

impl Projection for Approvals {
    fn apply<'a>(&'a self, tx: &'a mut Tx, logs: &'a [Log]) -> BoxFuture<'a, Result<()>> {
        async move {
            approvals::granted(tx, &logs.iter().filter_map(granted).collect::<Vec<_>>()).await?;
            for log in logs {
                let (token_id, pair) = match log.event {
                    Some(Event::Approved { owner, spender, grant: Grant::Deed { token_id } }) => {
                        (token_id, (owner, spender))
                    }
                    // The token ends the grant without a word of its own.
                    Some(Event::DeedMoved { to, token_id, .. }) => (token_id, (to, Address::ZERO)),
                    _ => continue,
                };
                approvals::deed_granted(tx, &log.origin, log.address, token_id, pair).await?;
            }
            Ok(())
        }
        .boxed()
    }

    fn unwind<'a>(&'a self, tx: &'a mut Tx, ancestor: u64) -> BoxFuture<'a, Result<()>> {
        approvals::unwind(tx, ancestor).boxed()
    }
}

/// Amounts and everything: whatever was granted before, this replaces it.
const fn granted(log: &Log) -> Option<(Origin, Approval)> {
    match log.event {
        Some(Event::Approved { grant: Grant::Deed { .. }, .. }) => None,
        Some(Event::Approved { owner, spender, grant }) => {
            Some((log.origin, Approval { token: log.address, owner, spender, grant }))
        }
        _ => None,
    }
}
