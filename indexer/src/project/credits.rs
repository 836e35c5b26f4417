//! What contracts keep for those whom they could not pay. The contract that said so is the one that keeps it.

use futures::{FutureExt, future::BoxFuture};
use quittance_domain::{
    Result,
    fact::{Event, Log},
};
use quittance_store::{Tx, credits};

use super::Projection;

pub(super) struct Credits;

impl Projection for Credits {
    fn apply<'a>(&'a self, tx: &'a mut Tx, logs: &'a [Log]) -> BoxFuture<'a, Result<()>> {
        async move {
            for log in logs {
                match &log.event {
                    Some(Event::Credited(credit)) => {
                        credits::credited(tx, &log.origin, log.address, credit).await?;
                    }
                    Some(Event::Withdrawn(credit)) => {
                        credits::withdrawn(tx, &log.origin, log.address, credit).await?;
                    }
                    _ => {}
                }
            }
            Ok(())
        }
        .boxed()
    }

    fn unwind<'a>(&'a self, tx: &'a mut Tx, ancestor: u64) -> BoxFuture<'a, Result<()>> {
        credits::unwind(tx, ancestor).boxed()
    }
}
