//! Who sits on councils, and what they decide. The council is the contract that said so.

use futures::{FutureExt, future::BoxFuture};
use quittance_domain::{
    Result,
    fact::{Event, Log},
};
use quittance_store::{
    Tx,
    councils::{self, Electorate},
};

use super::Projection;

pub(super) struct Councils;

impl Projection for Councils {
    fn apply<'a>(&'a self, tx: &'a mut Tx, logs: &'a [Log]) -> BoxFuture<'a, Result<()>> {
        async move {
            for log in logs {
                match &log.event {
                    Some(Event::Reformed { epoch, threshold, members }) => {
                        let (epoch, threshold, members) = (*epoch, *threshold, members.clone());
                        let electorate = Electorate { epoch, threshold, members };
                        councils::reformed(tx, &log.origin, log.address, &electorate).await?;
                    }
                    Some(Event::Proposal(id, event)) => {
                        councils::append(tx, &log.origin, log.address, *id, event).await?;
                    }
                    _ => {}
                }
            }
            Ok(())
        }
        .boxed()
    }

    fn unwind<'a>(&'a self, tx: &'a mut Tx, ancestor: u64) -> BoxFuture<'a, Result<()>> {
        councils::unwind(tx, ancestor).boxed()
    }
}
