//! Many small writes in one transaction: what each would pay alone, its turn at the writer and its commit, they share.

use std::{
    collections::VecDeque,
    fmt,
    future::Future,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use quittance_domain::{Error, Result};
use tokio::sync::{Mutex as Turn, oneshot};

use crate::{Store, Tx, sqlite::on_one_thread};

/// How many share a transaction at most: those that come later wait for the next.
const MOST: usize = 256;

/// A future that may borrow the transaction.
pub type Doing<'a, T> = Pin<Box<dyn Future<Output = Result<T>> + Send + 'a>>;

/// Writes that wait for a transaction. There are as many as callers that wait for them.
#[derive(Clone, Default)]
pub(crate) struct Group(Arc<Inner>);

#[derive(Default)]
struct Inner {
    waiting: Mutex<VecDeque<Job>>,
    /// Whose turn it is to take all that wait.
    turn: Turn<()>,
}

type Work = Box<dyn for<'a> FnOnce(&'a mut Tx) -> Doing<'a, ()> + Send>;

struct Job {
    work: Work,
    answer: oneshot::Sender<Result<()>>,
}

impl Store {
    /// Does something in the write transaction, which it may share with others: if it fails, only what it did itself is
    /// taken back. It has lasted once this returns, and is done to its end even if nobody waits for it.
    ///
    /// # Errors
    /// Its own, or that the database cannot make it last; then none of it does.
    pub async fn together<T: Send + 'static>(
        &self,
        work: impl for<'a> FnOnce(&'a mut Tx) -> Doing<'a, T> + Send + 'static,
    ) -> Result<T> {
        let (put, done) = oneshot::channel();
        let (answer, answered) = oneshot::channel();
        let work: Work = Box::new(move |tx| {
            Box::pin(async move {
                // Nobody may be waiting any more, and it is to be done all the same.
                drop(put.send(work(tx).await?));
                Ok(())
            })
        });
        self.group().waiting().push_back(Job { work, answer });
        // On a task of its own: a caller that goes away must not take others' work with it.
        tokio::spawn(round(self.clone()));
        let lost =
            |_| Error::unavailable("the database could not take this in; try again", "a write was lost");
        answered.await.map_err(lost)??;
        done.await.map_err(lost)
    }
}

impl Group {
    fn waiting(&self) -> MutexGuard<'_, VecDeque<Job>> {
        self.0.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn next(&self) -> Option<Job> {
        self.waiting().pop_front()
    }
}

impl fmt::Debug for Group {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Group").field(&self.waiting().len()).finish()
    }
}

/// Does what waits, unless a round before has done it already. Each caller begins one, so none is forgotten.
async fn round(store: Store) {
    let group = store.group();
    let _turn = group.0.turn.lock().await;
    if group.waiting().is_empty() {
        return;
    }
    match store.begin().await {
        Ok(tx) if tx.blocks() => {
            // It fails by a panic alone, and then who waits is told by that nobody answers.
            let _ = on_one_thread(fill(tx, group.clone())).await;
        }
        Ok(tx) => fill(tx, group.clone()).await,
        Err(error) => {
            if let Some(job) = group.next() {
                tell(job.answer, Err(error));
            }
        }
    }
}

/// Does as much as waits, also what comes meanwhile, and says of each what became of it.
async fn fill(mut tx: Tx, group: Group) {
    let mut done = vec![];
    for n in 0..MOST {
        let Some(Job { work, answer }) = group.next() else { break };
        let worked = match tx.part(n == 0).await {
            Ok(()) => work(&mut tx).await,
            Err(error) => Err(error),
        };
        match worked {
            Ok(()) => done.push(answer),
            Err(error) => {
                tell(answer, Err(error));
                if let Err(error) = tx.take_back().await {
                    done.into_iter().for_each(|answer| tell(answer, Err(error.clone())));
                    return;
                }
            }
        }
    }
    let lasts = tx.commit().await;
    done.into_iter().for_each(|answer| tell(answer, lasts.clone()));
}

/// Who does not wait any more is not told.
fn tell(answer: oneshot::Sender<Result<()>>, how: Result<()>) {
    drop(answer.send(how));
}
