//! The order of private messages.

use futures::{FutureExt, future::BoxFuture};
use quittance_domain::{
    Result,
    fact::{Event, Log},
};
use quittance_store::{Tx, pins};

use super::Projection;

pub(super) struct Pins;

impl Projection for Pins {
    fn apply<'a>(&'a self, tx: &'a mut Tx, logs: &'a [Log]) -> BoxFuture<'a, Result<()>> {
        async move {
            for log in logs {
                if let Some(Event::Pinned(pin)) = &log.event {
                    pins::append(tx, &log.origin, pin).await?;
                }
            }
            Ok(())
        }
        .boxed()
    }

    fn unwind<'a>(&'a self, tx: &'a mut Tx, ancestor: u64) -> BoxFuture<'a, Result<()>> {
        pins::unwind(tx, ancestor).boxed()
    }
}
