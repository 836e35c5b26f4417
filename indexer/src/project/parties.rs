//! Who is found where.

use futures::{FutureExt, future::BoxFuture};
use quittance_domain::{
    Result,
    fact::{Event, Log},
};
use quittance_store::{Tx, parties};

use super::Projection;

pub(super) struct Parties;

impl Projection for Parties {
    fn apply<'a>(&'a self, tx: &'a mut Tx, logs: &'a [Log]) -> BoxFuture<'a, Result<()>> {
        async move {
            for log in logs {
                match &log.event {
                    Some(Event::PartyRegistered(party)) => {
                        parties::registered(tx, &log.origin, party).await?
                    }
                    Some(Event::PartyRemoved(address)) => parties::removed(tx, &log.origin, *address).await?,
                    _ => {}
                }
            }
            Ok(())
        }
        .boxed()
    }

    fn unwind<'a>(&'a self, tx: &'a mut Tx, ancestor: u64) -> BoxFuture<'a, Result<()>> {
        parties::unwind(tx, ancestor).boxed()
    }
}
