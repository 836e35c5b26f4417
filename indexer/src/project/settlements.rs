//! Where settlements stand.

use futures::{FutureExt, future::BoxFuture};
use quittance_domain::{
    Result,
    fact::{Event, Log},
};
use quittance_store::{Tx, settlements};

use super::Projection;

pub(super) struct Settlements;

impl Projection for Settlements {
    fn apply<'a>(&'a self, tx: &'a mut Tx, logs: &'a [Log]) -> BoxFuture<'a, Result<()>> {
        async move {
            for log in logs {
                if let Some(Event::Settlement(id, event)) = &log.event {
                    settlements::append(tx, &log.origin, *id, event).await?;
                }
            }
            Ok(())
        }
        .boxed()
    }

    fn unwind<'a>(&'a self, tx: &'a mut Tx, ancestor: u64) -> BoxFuture<'a, Result<()>> {
        settlements::unwind(tx, ancestor).boxed()
    }
}
