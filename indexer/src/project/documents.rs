//! Which documents stand.

use futures::{FutureExt, future::BoxFuture};
use quittance_domain::{
    Result,
    fact::{Event, Log},
};
use quittance_store::{Tx, documents};

use super::Projection;

pub(super) struct Documents;

impl Projection for Documents {
    fn apply<'a>(&'a self, tx: &'a mut Tx, logs: &'a [Log]) -> BoxFuture<'a, Result<()>> {
        async move {
            for log in logs {
                match &log.event {
                    Some(Event::DocumentRegistered(id, commitment)) => {
                        documents::registered(tx, &log.origin, *id, commitment).await?;
                    }
                    Some(Event::DocumentSuperseded(id, next)) => {
                        documents::superseded(tx, &log.origin, *id, *next).await?;
                    }
                    Some(Event::DocumentRevoked(id)) => documents::revoked(tx, &log.origin, *id).await?,
                    _ => {}
                }
            }
            Ok(())
        }
        .boxed()
    }

    fn unwind<'a>(&'a self, tx: &'a mut Tx, ancestor: u64) -> BoxFuture<'a, Result<()>> {
        documents::unwind(tx, ancestor).boxed()
    }
}
