//! Who has what. The events do not name their token: the contract that said so is it.

use futures::{FutureExt, future::BoxFuture};
use quittance_domain::{
    Result,
    fact::{Event, Log},
};
use quittance_store::{
    Tx,
    tokens::{self, CashMove},
};

use super::Projection;

pub(super) struct Tokens;

impl Projection for Tokens {
    fn apply<'a>(&'a self, tx: &'a mut Tx, logs: &'a [Log]) -> BoxFuture<'a, Result<()>> {
        async move {
            tokens::cash_moves(tx, &logs.iter().filter_map(cash).collect::<Vec<_>>()).await?;
            for log in logs {
                if let Some(Event::DeedMoved { from, to, token_id }) = &log.event {
                    tokens::deed_moved(tx, &log.origin, log.address, *from, *to, *token_id).await?;
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

const fn cash(log: &Log) -> Option<CashMove> {
    match log.event {
        Some(Event::CashMoved { from, to, amount }) => {
            Some(CashMove { origin: log.origin, token: log.address, from, to, amount })
        }
        _ => None,
    }
}
