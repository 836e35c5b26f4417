//! Who has what. The events do not name their token: the contract that said so is it.

use futures::{FutureExt, future::BoxFuture};
use quittance_domain::{
    Result,
    fact::{Event, Log},
};
use quittance_store::{Tx, tokens};

use super::Projection;

pub(super) struct Tokens;

impl Projection for Tokens {
    fn apply<'a>(&'a self, tx: &'a mut Tx, logs: &'a [Log]) -> BoxFuture<'a, Result<()>> {
        async move {
            for log in logs {
                match &log.event {
                    Some(Event::CashMoved { from, to, amount }) => {
                        tokens::cash_moved(tx, &log.origin, log.address, *from, *to, *amount).await?;
                    }
                    Some(Event::DeedMoved { from, to, token_id }) => {
                        tokens::deed_moved(tx, &log.origin, log.address, *from, *to, *token_id).await?;
                    }
                    _ => {}
                }
            }
            Ok(())
        }
        .boxed()
    }

    fn unwind<'a>(&'a self, tx: &'a mut Tx, ancestor: u64) -> BoxFuture<'a, Result<()>> {
        tokens::unwind(tx, ancestor).boxed()
    }
}
