//! Contracts whose logs are wanted since the mirror is past their first blocks: they are taken in by themselves, a range
//! at a time between the steps of all others, until they are where those are.

use std::sync::Arc;

use quittance_chain::wire::Log;
use quittance_domain::Result;

use super::{Decode, Engine, Late, NEAR, Target, head::Near};

impl<T: Target> Engine<T> {
    /// Takes in a range of what came late, and says whether there may be more.
    pub(super) async fn catch_late(&mut self) -> Result<bool> {
        let Some(tail) = self.tail else { return Ok(false) };
        let Some(Late { decode, from }) = self.target.late().await? else { return Ok(false) };
        let far = tail.number.saturating_sub(NEAR);
        if from <= far {
            let to = far.min(from.saturating_add(self.wire.range_size() - 1));
            let reader = decode.clone();
            let read = move |logs: &[Log<'_>]| reader.decode(logs);
            let parts = self.wire.range(decode.filter(), (from, to), read).await?;
            let rows = parts.into_iter().map(|part| Ok(part.logs?.rows)).collect::<Result<_>>()?;
            self.target.write_late(rows, to).await?;
            return Ok(true);
        }
        // Near the head by hash, so that what is taken in is of the chain that all others were taken from.
        let headers = self.wire.headers(&(from..=tail.number).collect::<Vec<_>>()).await?;
        let linked = headers.windows(2).all(|pair| pair[1].parent_hash == pair[0].hash);
        if headers.last().is_some_and(|last| last.hash != tail.hash) || !linked {
            // A reorg, which the step after this one takes back.
            return Ok(true);
        }
        let near = Near { wire: Arc::clone(&self.wire), check: self.config.check };
        let mut rows = vec![];
        for header in &headers {
            rows.push(near.logs_of(&decode, header).await?.rows);
        }
        self.target.write_late(rows, tail.number).await?;
        Ok(true)
    }
}
