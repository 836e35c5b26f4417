//! A subscription that a connection is being told: what was read of the feed, what is under way, and up to where all
//! was acknowledged.
//!
//! ```text
//! …done │ acknowledged  under way  acknowledged │ read, not told yet │ not read
//!       └ position                              └ as many as the window has room for
//! ```

use std::{collections::VecDeque, sync::Arc};

use quittance_domain::Error;
use quittance_store::{feed, subscriptions};
use serde::Serialize;
use serde_json::Value;
use tokio::time::Instant;
use uuid::Uuid;

use super::frame::{Of, Start};
use crate::{
    Api,
    board::Held,
    dto::{self, Event},
    ids::NAMESPACE,
    subscription::{Filter, Matcher, Options, Pace},
};

/// Events that are read at a time.
const PAGE: u32 = 200;

/// A subscription as each event names it.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Name {
    id: String,
    namespace: &'static str,
    name: String,
}

/// Something that was told and not acknowledged, or before which something was not.
#[derive(Debug)]
struct UnderWay {
    id: String,
    /// The first event in it.
    first: u64,
    acknowledged: bool,
}

/// A subscription, on its way through the feed.
pub(super) struct Telling {
    name: Name,
    matcher: Matcher,
    pace: Pace,
    /// Only for one that is kept: nobody else tells it meanwhile.
    kept: Option<Kept>,
    read: u64,
    ready: VecDeque<Event>,
    ready_since: Instant,
    under_way: VecDeque<UnderWay>,
}

#[derive(Debug)]
struct Kept {
    _held: Held,
    /// When it was last made what it is.
    updated_at: u64,
    /// Up to where its acknowledgements are stored.
    saved: u64,
}

impl Telling {
    /// Begins with what a client asked for. Nothing if it is of a subscription that is not there, or that somebody else
    /// is being told.
    pub(super) async fn open(api: &Api, start: &Start) -> Result<Option<Self>, Error> {
        let mut tx = api.app.store.read().await?;
        if start.ephemeral {
            let (id, mut options) = (Uuid::new_v4().to_string(), start.options.clone());
            let from = options.start(feed::last(&mut tx).await?)?;
            return Self::new((id.clone(), id), &start.filter, &options, from, None).map(Some);
        }
        let Some(row) = subscriptions::named(&mut tx, &start.name).await? else { return Ok(None) };
        let Some(held) = Arc::clone(&api.board).hold(&row.id) else { return Ok(None) };
        // Whoever held it before may have moved it on since.
        drop(tx);
        let row = subscriptions::get(&mut api.app.store.read().await?, &row.id).await?;
        let Some(row) = row else { return Ok(None) };
        let filter = serde_json::from_value(row.filter).map_err(Error::internal)?;
        let options = serde_json::from_value(row.options).map_err(Error::internal)?;
        let kept = Kept { _held: held, updated_at: row.updated_at, saved: row.position };
        Self::new((row.id, row.name), &filter, &options, row.position, Some(kept)).map(Some)
    }

    fn new(
        (id, name): (String, String),
        filter: &Filter,
        options: &Options,
        from: u64,
        kept: Option<Kept>,
    ) -> Result<Self, Error> {
        Ok(Self {
            name: Name { id, namespace: NAMESPACE, name },
            matcher: Matcher::new(filter)?,
            pace: options.pace()?,
            kept,
            read: from,
            ready: VecDeque::new(),
            ready_since: Instant::now(),
            under_way: VecDeque::new(),
        })
    }

    /// Whether it is still what it was when it was begun.
    pub(super) async fn is_current(&self, api: &Api) -> Result<bool, Error> {
        let Some(kept) = &self.kept else { return Ok(true) };
        let row = subscriptions::get(&mut api.app.store.read().await?, &self.name.id).await?;
        Ok(row.is_some_and(|row| row.updated_at == kept.updated_at))
    }

    /// Reads on if all that was read is told, and says whether there may be more.
    pub(super) async fn read_on(&mut self, api: &Api) -> Result<bool, Error> {
        if self.ready.len() >= self.pace.batch.map_or(1, |(size, _)| size) || !self.has_room() {
            return Ok(false);
        }
        let mut tx = api.app.store.read().await?;
        let told = feed::after(&mut tx, self.read, PAGE).await?;
        let Some(last) = told.last() else { return Ok(false) };
        let (last, full) = (last.sequence, told.len() == PAGE as usize);
        let events = dto::events(api, &mut tx, told).await?;
        if self.ready.is_empty() {
            self.ready_since = Instant::now();
        }
        self.ready.extend(events.into_iter().filter(|event| self.matcher.wants(event)));
        self.read = last;
        Ok(full)
    }

    fn has_room(&self) -> bool {
        self.under_way.len() < self.pace.window
    }

    /// What is to be told now, if anything: an event, or a batch that is full or has waited long enough.
    pub(super) fn next(&mut self, acknowledged: bool) -> Result<Option<String>, Error> {
        if !self.has_room() || self.wait().is_some_and(|until| until > Instant::now()) {
            return Ok(None);
        }
        let size = self.pace.batch.map_or(1, |(size, _)| size).min(self.ready.len());
        let events: Vec<Event> = self.ready.drain(..size).collect();
        let Some(first) = events.first().map(|event| event.sequence) else { return Ok(None) };
        let (id, text) = self.frame(events)?;
        if !acknowledged {
            self.under_way.push_back(UnderWay { id, first, acknowledged });
        }
        Ok(Some(text))
    }

    /// Until when a batch that is not full waits.
    pub(super) fn wait(&self) -> Option<Instant> {
        let (size, timeout) = self.pace.batch?;
        (!self.ready.is_empty() && self.ready.len() < size).then(|| self.ready_since + timeout)
    }

    fn frame(&self, mut events: Vec<Event>) -> Result<(String, String), Error> {
        let named = |event: &Event| {
            let mut event = serde_json::to_value(event).map_err(Error::internal)?;
            event["subscription"] = serde_json::to_value(&self.name).map_err(Error::internal)?;
            Ok::<Value, Error>(event)
        };
        match (self.pace.batch, events.pop()) {
            (None, Some(event)) => Ok((event.id.to_string(), named(&event)?.to_string())),
            (_, last) => {
                let all = events.iter().chain(&last).map(named).collect::<Result<Vec<_>, _>>()?;
                let id = Uuid::new_v4().to_string();
                let batch = serde_json::json!({
                    "type": "event_batch", "id": id, "subscription": self.name, "events": all,
                });
                Ok((id, batch.to_string()))
            }
        }
    }

    /// Whether a client means this one.
    pub(super) fn is(&self, of: &Of) -> bool {
        if of.id.is_empty() { of.name == self.name.name } else { of.id == self.name.id }
    }

    /// Notes that something was acknowledged; false if it is not under way.
    pub(super) fn acknowledge(&mut self, id: Option<&str>) -> bool {
        let open = self.under_way.iter_mut().find(|it| !it.acknowledged && id.is_none_or(|id| id == it.id));
        let Some(open) = open else { return false };
        open.acknowledged = true;
        while self.under_way.front().is_some_and(|it| it.acknowledged) {
            self.under_way.pop_front();
        }
        true
    }

    /// Everything up to here was told and acknowledged, or is not wanted.
    fn position(&self) -> u64 {
        let open = self.under_way.front().map(|it| it.first);
        let open = open.or_else(|| self.ready.front().map(|event| event.sequence));
        open.map_or(self.read, |first| first - 1)
    }

    /// Whether there is a position to be stored.
    pub(super) fn has_moved(&self) -> bool {
        self.kept.as_ref().is_some_and(|kept| kept.saved < self.position())
    }

    /// Stores the position of one that is kept, if it has moved.
    pub(super) async fn save(&mut self, api: &Api) -> Result<(), Error> {
        let position = self.position();
        let Some(kept) = self.kept.as_mut().filter(|kept| kept.saved < position) else { return Ok(()) };
        let mut tx = api.app.store.begin().await?;
        subscriptions::advance(&mut tx, &self.name.id, position).await?;
        tx.commit().await?;
        kept.saved = position;
        Ok(())
    }
}
