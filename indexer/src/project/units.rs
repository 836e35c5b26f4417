//! Who has how much of which class of units. The contract that said so is the one whose classes they are.

use futures::{FutureExt, future::BoxFuture};
use quittance_domain::{
    Result,
    fact::{Event, Log},
};
use quittance_store::{
    Tx,
    units::{self, UnitsMove},
};

use super::Projection;

pub(super) struct Units;

impl Projection for Units {
    fn apply<'a>(&'a self, tx: &'a mut Tx, logs: &'a [Log]) -> BoxFuture<'a, Result<()>> {
        async move { units::moved(tx, &logs.iter().filter_map(step).collect::<Vec<_>>()).await }.boxed()
    }

    fn unwind<'a>(&'a self, tx: &'a mut Tx, ancestor: u64) -> BoxFuture<'a, Result<()>> {
        units::unwind(tx, ancestor).boxed()
    }
}

const fn step(log: &Log) -> Option<UnitsMove> {
    match log.event {
        Some(Event::UnitsMoved { from, to, token_id, amount }) => {
            Some(UnitsMove { origin: log.origin, token: log.address, token_id, from, to, amount })
        }
        _ => None,
    }
}
