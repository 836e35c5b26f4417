//! A subscription that a connection is being told: what was read of the feed, what is under way, and up to where all
//! was acknowledged.
//!
//! ```text
//! …done │ acknowledged  under way  acknowledged │ read, not told yet │ not read
//!       └ position                              └ as many as the window has room for
//! ```

use std::{
    collections::{HashMap, VecDeque},
    sync::Arc,
    time::Duration,
};

use quittance_domain::Error;
use quittance_store::{Tx, feed, subscriptions};
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

/// Events that are under way at the most, however many are asked for: fewer are always to be expected.
const MAX_WINDOW: usize = 1_000;

/// How often a position is stored that moved only over what is not wanted.
const SAVE_UNWANTED: Duration = Duration::from_secs(5);

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
    /// The first event that was handed over and may not have left: it counts as acknowledged once it has.
    leaving: Option<u64>,
}

#[derive(Debug)]
struct Kept {
    _held: Held,
    /// When it was last made what it is.
    updated_at: u64,
    /// Up to where its acknowledgements are stored, and since when.
    saved: u64,
    saved_at: Instant,
    /// Whether anything was acknowledged since.
    acknowledged: bool,
}

/// A subscription that is told no more, and what of it was under way: a client that acknowledges that does nothing
/// wrong.
#[derive(Debug)]
pub(super) struct Past {
    name: Name,
    open: VecDeque<String>,
}

impl Past {
    pub(super) fn is(&self, of: &Of) -> bool {
        self.name.is(of)
    }

    /// Takes an acknowledgement; false if it is not of this.
    pub(super) fn acknowledge(&mut self, id: Option<&str>) -> bool {
        let found = self.open.iter().position(|open| id.is_none_or(|id| id == open));
        found.and_then(|found| self.open.remove(found)).is_some()
    }

    /// Whether nothing is missing any more.
    pub(super) fn is_over(&self) -> bool {
        self.open.is_empty()
    }
}

impl Name {
    fn is(&self, of: &Of) -> bool {
        if of.id.is_empty() { of.name == self.name } else { of.id == self.id }
    }
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
        let kept = Kept {
            _held: held,
            updated_at: row.updated_at,
            saved: row.position,
            saved_at: Instant::now(),
            acknowledged: false,
        };
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
            pace: options.pace().map(|pace| Pace { window: pace.window.min(MAX_WINDOW), ..pace })?,
            kept,
            read: from,
            ready: VecDeque::new(),
            ready_since: Instant::now(),
            under_way: VecDeque::new(),
            leaving: None,
        })
    }

    /// Whether it is still what it was when it was begun, by when each subscription was made what it is.
    pub(super) fn is_current(&self, made: &HashMap<String, u64>) -> bool {
        self.kept.as_ref().is_none_or(|kept| made.get(&self.name.id) == Some(&kept.updated_at))
    }

    /// The id of the subscription, if it is one that is kept.
    pub(super) fn kept_as(&self) -> Option<&str> {
        self.kept.as_ref().map(|_| self.name.id.as_str())
    }

    /// What remains of it when it is told no more; nothing if nothing is under way.
    pub(super) fn end(self) -> Option<Past> {
        let open: VecDeque<String> =
            self.under_way.into_iter().filter(|it| !it.acknowledged).map(|it| it.id).collect();
        (!open.is_empty()).then_some(Past { name: self.name, open })
    }

    /// Leaves out what was read and not told yet, and says nothing any more: a reorg took it back.
    pub(super) async fn recheck(&mut self, tx: &mut Tx) -> Result<(), Error> {
        let (Some(first), Some(last)) = (self.ready.front(), self.ready.back()) else { return Ok(()) };
        let undone = feed::undone(tx, first.sequence, last.sequence).await?;
        self.ready.retain(|event| !undone.contains(&event.sequence));
        Ok(())
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
        if acknowledged {
            self.leaving.get_or_insert(first);
        } else {
            self.under_way.push_back(UnderWay { id, first, acknowledged });
        }
        Ok(Some(text))
    }

    /// Until when a batch that is not full waits, once there is room for it.
    pub(super) fn wait(&self) -> Option<Instant> {
        let (size, timeout) = self.pace.batch?;
        let waits = self.has_room() && !self.ready.is_empty() && self.ready.len() < size;
        waits.then(|| self.ready_since + timeout)
    }

    /// What was handed over has left.
    pub(super) fn has_left(&mut self) {
        if self.leaving.take().is_some() {
            self.moved();
        }
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
        self.name.is(of)
    }

    /// Notes that something was acknowledged; false if it is not under way.
    pub(super) fn acknowledge(&mut self, id: Option<&str>) -> bool {
        let open = self.under_way.iter_mut().find(|it| !it.acknowledged && id.is_none_or(|id| id == it.id));
        let Some(open) = open else { return false };
        open.acknowledged = true;
        while self.under_way.front().is_some_and(|it| it.acknowledged) {
            self.under_way.pop_front();
        }
        self.moved();
        true
    }

    fn moved(&mut self) {
        if let Some(kept) = &mut self.kept {
            kept.acknowledged = true;
        }
    }

    /// Everything up to here was told and acknowledged, or is not wanted.
    fn position(&self) -> u64 {
        let open = self.under_way.front().map(|it| it.first).or(self.leaving);
        let open = open.or_else(|| self.ready.front().map(|event| event.sequence));
        open.map_or(self.read, |first| first - 1)
    }

    /// The position that is to be stored, if there is one; where that is worth a write by itself, or `all` is wanted.
    pub(super) fn unsaved(&self, all: bool) -> Option<(String, u64)> {
        let (kept, position) = (self.kept.as_ref()?, self.position());
        let due = all || kept.acknowledged || kept.saved_at.elapsed() >= SAVE_UNWANTED;
        (due && kept.saved < position).then(|| (self.name.id.clone(), position))
    }

    /// Its position was stored.
    pub(super) fn saved(&mut self, position: u64) {
        if let Some(kept) = &mut self.kept {
            (kept.saved, kept.saved_at, kept.acknowledged) = (position, Instant::now(), false);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn telling(options: &str) -> Telling {
        let options: Options = serde_json::from_str(options).unwrap();
        Telling::new(("id".into(), "name".into()), &Filter::default(), &options, 0, None).unwrap()
    }

    #[tokio::test]
    async fn a_part_of_a_batch_waits_for_room_and_not_for_time() {
        let mut it = telling(r#"{"batch": true, "readAhead": 2, "batchTimeout": "1s"}"#);
        it.ready.extend([Event::example(1), Event::example(2), Event::example(3)]);
        assert!(it.wait().is_none(), "a full batch waits for nothing");
        assert!(it.next(false).unwrap().is_some());
        // What is left does not fill a batch, and there is no room for it until the first is acknowledged.
        it.ready_since -= Duration::from_secs(2);
        assert!(it.wait().is_none() && it.next(false).unwrap().is_none());
        assert!(it.acknowledge(None));
        assert!(it.wait().is_some_and(|until| until <= Instant::now()));
        assert!(it.next(false).unwrap().is_some());
    }

    #[tokio::test]
    async fn what_has_not_left_is_told_again() {
        let mut it = telling("{}");
        it.ready.extend([Event::example(4), Event::example(5)]);
        it.read = 5;
        assert_eq!(it.position(), 3);
        it.next(true).unwrap().unwrap();
        it.next(true).unwrap().unwrap();
        assert_eq!(it.position(), 3, "handed over is not told");
        it.has_left();
        assert_eq!(it.position(), 5);
    }

    #[tokio::test]
    async fn what_was_under_way_may_be_acknowledged_late() {
        let mut it = telling(r#"{"readAhead": 2}"#);
        it.ready.extend([Event::example(1), Event::example(2), Event::example(3)]);
        while it.next(false).unwrap().is_some() {}
        let second = it.under_way[1].id.clone();
        assert!(it.acknowledge(Some(&second)));
        let mut past = it.end().unwrap();
        assert!(past.is(&Of { id: String::new(), name: "name".into() }));
        assert!(!past.acknowledge(Some(&second)), "once is enough");
        assert!(past.acknowledge(None) && !past.is_over());
        assert!(past.acknowledge(None) && past.is_over() && !past.acknowledge(None));
        assert!(telling("{}").end().is_none());
    }
}
