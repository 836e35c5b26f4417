//! What applications are told, and whom.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Path, State},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
};
use quittance_domain::{Error, Kind};
use quittance_store::{Tx, feed, subscriptions};
use serde::{Deserialize, de::IgnoredAny};

use super::{Answer, page};
use crate::{
    Api,
    dto::{self, Event, Nothing, Subscription},
    extract::{Body, Query},
    ids::{self, NAMESPACE},
    problem::Problem,
    subscription::{Filter, Matcher, Options, check_name},
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Listed {
    limit: Option<u32>,
    after: Option<u64>,
    #[serde(default, alias = "fetchreference")]
    fetchreferences: bool,
}

/// `GET /events?fetchreferences=`: newest first.
pub(super) async fn list(
    State(api): State<Api>,
    Query(query): Query<Listed>,
) -> Answer<(HeaderMap, Json<Vec<Event>>)> {
    let (mut tx, limit) = (api.app.store.read().await?, page(query.limit)?);
    let before = query.after.unwrap_or(LAST).min(LAST);
    let told = feed::before(&mut tx, before, limit).await?;
    let next = told.last().filter(|_| told.len() == limit as usize).map(|last| last.sequence.to_string());
    let mut events = dto::events(&api, &mut tx, told).await?;
    if !query.fetchreferences {
        events = events.into_iter().map(Event::bare).collect();
    }
    Ok((dto::next_page(next.as_deref()), Json(events)))
}

/// A number that no event has.
const LAST: u64 = i64::MAX.unsigned_abs();

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Whole {
    #[serde(default, alias = "fetchreferences")]
    fetchreference: bool,
}

/// `GET /events/{id}?fetchreference=`.
pub(super) async fn one(
    State(api): State<Api>,
    Path(id): Path<String>,
    Query(query): Query<Whole>,
) -> Answer<Json<Event>> {
    let none = || Error::not_found("no such event").field("id");
    let sequence = ids::sequence(api.app.us, &id).ok_or_else(none)?;
    let mut tx = api.app.store.read().await?;
    let told = feed::after(&mut tx, sequence.saturating_sub(1), 1).await?;
    let event = dto::events(&api, &mut tx, told).await?.pop().filter(|event| event.sequence == sequence);
    let event = event.ok_or_else(none)?;
    Ok(Json(if query.fetchreference { event } else { event.bare() }))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct SubscriptionBody {
    name: String,
    namespace: Option<String>,
    transport: Option<String>,
    #[serde(default)]
    filter: Filter,
    #[serde(default)]
    options: Options,
    /// What a subscription says of itself in answers, and some clients therefore in requests. It is not theirs to choose.
    #[serde(default, rename = "id")]
    _id: IgnoredAny,
    #[serde(default, rename = "ephemeral")]
    _ephemeral: IgnoredAny,
    #[serde(default, rename = "created")]
    _created: IgnoredAny,
    #[serde(default, rename = "updated")]
    _updated: IgnoredAny,
    #[serde(default, rename = "status")]
    _status: IgnoredAny,
}

impl SubscriptionBody {
    fn check(&self) -> Result<(), Error> {
        check_name(&self.name)?;
        if self.namespace.as_deref().is_some_and(|namespace| namespace != NAMESPACE) {
            return Err(Error::invalid(format!("must be `{NAMESPACE}`")).field("namespace"));
        }
        if self.transport.as_deref().is_some_and(|transport| transport != "websockets") {
            return Err(Error::invalid("must be `websockets`: there is no other yet").field("transport"));
        }
        Matcher::new(&self.filter)?;
        self.options.pace().map(drop)
    }

    /// Makes it. What it is made from is named as it is kept.
    async fn add(mut self, api: &Api, tx: &mut Tx) -> Result<subscriptions::Subscription, Error> {
        let (most, now) = (api.limits.max_subscriptions, api.now());
        if subscriptions::count(tx).await? >= most {
            let text = format!("there are {most} subscriptions already, which is the most there can be");
            return Err(Error::new(Kind::Full, text).because("api.max-subscriptions"));
        }
        let position = self.options.start(feed::last(tx).await?)?;
        let made = subscriptions::Subscription {
            id: ids::new(),
            name: self.name,
            filter: serde_json::to_value(&self.filter).map_err(Error::internal)?,
            options: serde_json::to_value(&self.options).map_err(Error::internal)?,
            position,
            created_at: now,
            updated_at: now,
        };
        if !subscriptions::add(tx, &made).await? {
            return Err(Error::new(Kind::Duplicate, "there is a subscription of this name").field("name"));
        }
        Ok(made)
    }

    /// Makes what is there into this. Where it began, and what was told, stay.
    async fn change(
        mut self,
        api: &Api,
        tx: &mut Tx,
        old: subscriptions::Subscription,
    ) -> Result<subscriptions::Subscription, Error> {
        let before: Options = serde_json::from_value(old.options.clone()).map_err(Error::internal)?;
        self.options.first_event = before.first_event;
        let filter = serde_json::to_value(&self.filter).map_err(Error::internal)?;
        let options = serde_json::to_value(&self.options).map_err(Error::internal)?;
        if (&filter, &options) == (&old.filter, &old.options) {
            return Ok(old);
        }
        let new = subscriptions::Subscription {
            filter,
            options,
            // Later than before, whatever the clock says: who tells it sees by this that it has changed.
            updated_at: api.now().max(old.updated_at + 1),
            ..old
        };
        subscriptions::change(tx, &new.id, &new.filter, &new.options, new.updated_at).await?;
        Ok(new)
    }
}

/// `POST /subscriptions`.
pub(super) async fn subscribe(
    State(api): State<Api>,
    Query(Nothing {}): Query<Nothing>,
    Body(body): Body<SubscriptionBody>,
) -> Answer<Response> {
    body.check()?;
    let mut tx = api.app.store.begin().await?;
    let made = match body.add(&api, &mut tx).await {
        Err(error) if error.kind() == Kind::Duplicate => {
            let text = "name: there is a subscription of this name";
            return Err(Problem::http(StatusCode::CONFLICT, "FF10193", text));
        }
        made => made?,
    };
    tx.commit().await?;
    api.board.tell();
    Ok((StatusCode::CREATED, Json(Subscription::from(made))).into_response())
}

/// `PUT /subscriptions`: makes it, or makes the one of its name into this one.
pub(super) async fn replace(
    State(api): State<Api>,
    Query(Nothing {}): Query<Nothing>,
    Body(body): Body<SubscriptionBody>,
) -> Answer<Json<Subscription>> {
    body.check()?;
    let mut tx = api.app.store.begin().await?;
    let made = match subscriptions::named(&mut tx, &body.name).await? {
        Some(old) => body.change(&api, &mut tx, old).await?,
        None => body.add(&api, &mut tx).await?,
    };
    tx.commit().await?;
    api.board.tell();
    Ok(Json(made.into()))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Named {
    name: Option<String>,
    limit: Option<u32>,
    after: Option<String>,
}

/// `GET /subscriptions?name=`: newest first.
pub(super) async fn all(
    State(api): State<Api>,
    Query(query): Query<Named>,
) -> Answer<(HeaderMap, Json<Vec<Subscription>>)> {
    let mut tx = api.app.store.read().await?;
    let (name, after) = (query.name.as_deref(), query.after.as_deref());
    let rows = subscriptions::all(&mut tx, name, after, page(query.limit)?).await?;
    let all = rows.items.into_iter().map(Subscription::from).collect();
    Ok((dto::next_page(rows.next.as_deref()), Json(all)))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WithStatus {
    #[serde(default)]
    fetchstatus: bool,
}

/// `GET /subscriptions/{id}?fetchstatus=`.
pub(super) async fn subscription(
    State(api): State<Api>,
    Path(id): Path<String>,
    Query(query): Query<WithStatus>,
) -> Answer<Json<Subscription>> {
    let row = known(&mut api.app.store.read().await?, &id).await?;
    let position = row.position;
    let told = Subscription::from(row);
    Ok(Json(if query.fetchstatus { told.at(position) } else { told }))
}

/// `DELETE /subscriptions/{id}`.
pub(super) async fn unsubscribe(
    State(api): State<Api>,
    Path(id): Path<String>,
    Query(Nothing {}): Query<Nothing>,
) -> Answer<StatusCode> {
    let mut tx = api.app.store.begin().await?;
    if !subscriptions::remove(&mut tx, &id).await? {
        return Err(unknown().into());
    }
    tx.commit().await?;
    api.board.tell();
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Between {
    startsequence: Option<u64>,
    endsequence: Option<u64>,
    limit: Option<u32>,
}

/// The most of the feed that is looked through for one request.
const MAX_RANGE: u32 = 1_000;

/// `GET /subscriptions/{id}/events?startsequence=&endsequence=`: which of a part of the feed a subscription wants,
/// newest first. If nothing is said, of the last part.
pub(super) async fn wanted(
    State(api): State<Api>,
    Path(id): Path<String>,
    Query(query): Query<Between>,
) -> Answer<Json<Vec<Event>>> {
    let limit = page(query.limit)?;
    let mut tx = api.app.store.read().await?;
    let filter = serde_json::from_value(known(&mut tx, &id).await?.filter).map_err(Error::internal)?;
    let (matcher, most) = (Matcher::new(&filter)?, u64::from(MAX_RANGE));
    let last = feed::last(&mut tx).await?;
    let end = match (query.startsequence, query.endsequence) {
        (Some(start), None) => last.min(start.saturating_add(most - 1)).max(start),
        (_, end) => end.unwrap_or(last),
    };
    let end = end.min(LAST - 1);
    let start = query.startsequence.unwrap_or(end.saturating_sub(most - 1));
    if start > end || end - start >= most {
        let text = format!("must be a number up to {most} before the end");
        return Err(Problem::coded("FF10463", Error::invalid(text).field("startsequence")));
    }
    let mut told = feed::before(&mut tx, end + 1, MAX_RANGE).await?;
    told.retain(|told| told.sequence >= start);
    let events = dto::events(&api, &mut tx, told).await?.into_iter().filter(|event| matcher.wants(event));
    Ok(Json(events.take(limit as usize).map(Event::bare).collect()))
}

async fn known(tx: &mut Tx, id: &str) -> Result<subscriptions::Subscription, Error> {
    subscriptions::get(tx, id).await?.ok_or_else(unknown)
}

fn unknown() -> Error {
    Error::not_found("no such subscription").field("id")
}

/// `GET /websockets`: who listens, and to what.
pub(super) async fn sockets(
    State(api): State<Api>,
    Query(Nothing {}): Query<Nothing>,
) -> Json<serde_json::Value> {
    let connections = Arc::clone(&api.board).connections();
    Json(serde_json::json!({ "enabled": true, "connections": connections }))
}
