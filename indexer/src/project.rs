//! What logs mean to the database. Each projection takes the logs that it knows and is undone by number of
//! block; here is the one list of them.

use futures::future::BoxFuture;
use quittance_domain::{Result, fact::Log};
use quittance_store::{Tx, events};

mod approvals;
mod councils;
mod credits;
mod deals;
mod documents;
mod parties;
mod pins;
mod tokens;
mod units;

/// What logs mean to one noun.
trait Projection: Sync {
    /// Takes in what concerns it.
    fn apply<'a>(&'a self, tx: &'a mut Tx, logs: &'a [Log]) -> BoxFuture<'a, Result<()>>;

    /// Takes back all that happened above `ancestor`.
    fn unwind<'a>(&'a self, tx: &'a mut Tx, ancestor: u64) -> BoxFuture<'a, Result<()>>;
}

/// All of them, in the order in which they are applied.
const ALL: [&dyn Projection; 9] = [
    &parties::Parties,
    &documents::Documents,
    &tokens::Tokens,
    &units::Units,
    &approvals::Approvals,
    &deals::Deals,
    &credits::Credits,
    &councils::Councils,
    &pins::Pins,
];

/// Takes in the logs of one block. One that means nothing here is kept and counted all the same.
pub(crate) async fn apply(tx: &mut Tx, logs: &[Log]) -> Result<()> {
    events::append(tx, logs).await?;
    for projection in ALL {
        projection.apply(tx, logs).await?;
    }
    Ok(())
}

/// Takes back all that happened above `ancestor`: the mirror image of [`apply`].
pub(crate) async fn unwind(tx: &mut Tx, ancestor: u64) -> Result<()> {
    for projection in ALL.into_iter().rev() {
        projection.unwind(tx, ancestor).await?;
    }
    events::unwind(tx, ancestor).await
}
