//! Where deals of every kind stand.

use futures::{FutureExt, future::BoxFuture};
use quittance_domain::{
    Result,
    fact::{Event, Log},
};
use quittance_store::{Tx, deals};

use super::Projection;

pub(super) struct Deals;

impl Projection for Deals {
    fn apply<'a>(&'a self, tx: &'a mut Tx, logs: &'a [Log]) -> BoxFuture<'a, Result<()>> {
        async move {
            for log in logs {
                match &log.event {
                    Some(Event::Deal(kind, id, event)) => {
                        deals::append(tx, &log.origin, *kind, *id, event).await?;
                    }
                    Some(Event::NoncesSpent(spent)) => deals::nonces_spent(tx, &log.origin, spent).await?,
                    _ => {}
                }
            }
            Ok(())
        }
        .boxed()
    }

    fn unwind<'a>(&'a self, tx: &'a mut Tx, ancestor: u64) -> BoxFuture<'a, Result<()>> {
        deals::unwind(tx, ancestor).boxed()
    }
}
