//! The stories: what two parties go through together, on a real chain, with the real node on both sides, on
//! both databases; and the checks that need the whole repository.

mod access;
mod arrows;
mod audit;
mod bad_input;
mod demo_once;
mod dvp;
mod events;
mod firefly;
mod oracle;
mod pools;
mod red;
mod reorg;
mod replay;
mod restart;
mod sending;
mod states;
mod tampered;

use anyhow::Result;
use quittance_stories::{Database, World};

/// Runs a story in a world of its own.
fn tell(database: Database, story: impl AsyncFnOnce(&mut World) -> Result<()>) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    runtime.block_on(async {
        let mut world = World::new(database).await?;
        let told = story(&mut world).await;
        world.finish(told)
    })
}

/// Makes a story a test on each database: `sqlite::…` and `postgres::…`.
macro_rules! stories {
    ($($story:ident),* $(,)?) => {
        mod sqlite {
            $(#[test]
            fn $story() -> anyhow::Result<()> {
                crate::tell(quittance_stories::Database::Sqlite, super::$story)
            })*
        }
        mod postgres {
            $(#[test]
            fn $story() -> anyhow::Result<()> {
                crate::tell(quittance_stories::Database::Postgres, super::$story)
            })*
        }
    };
}
pub(crate) use stories;
