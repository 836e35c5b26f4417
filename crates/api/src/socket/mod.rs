//! Events on a WebSocket, as FireFly's applications expect them: at least once, in order, each acknowledged.
//!
//! A connection is one task, and what it holds is bounded: it reads a page of the feed when the page before it was
//! told, and no more is under way than the client asked for. One that does not take what it is told, or is not heard of,
//! is let go; whoever comes next is told what was not acknowledged.

mod frame;
mod telling;

use std::{sync::Arc, time::Duration};

use axum::{
    body::Bytes,
    extract::{
        FromRequestParts, Request, State, WebSocketUpgrade,
        ws::{CloseFrame, Message, WebSocket, close_code},
    },
    http::header,
    response::{IntoResponse, Response},
};
use futures::{
    FutureExt, SinkExt, StreamExt,
    stream::{SplitSink, SplitStream},
};
use quittance_domain::{Error, Kind};
use quittance_store::subscriptions;
use tokio::{
    sync::{OwnedSemaphorePermit, watch},
    time::{Instant, sleep, sleep_until, timeout},
};

use self::{
    frame::{Ack, Frame, Start},
    telling::{Past, Telling},
};
use crate::{
    Api,
    access::Pass,
    board::{Connected, Listening},
    origins,
    problem::Problem,
};

/// How long a client may take to make room for what it is told.
const SLOWEST: Duration = Duration::from_secs(20);

/// How often a client is asked whether it is there, and how long it may be silent.
const PING: Duration = Duration::from_secs(30);
const SILENCE: Duration = Duration::from_secs(75);

/// How often positions are stored: what was acknowledged since may be told again after a crash.
const SAVE: Duration = Duration::from_millis(200);

/// Subscriptions that are told no more and of which something is under way still, at the most.
const MAX_PAST: usize = 16;

/// The wait after news that come one by one, so that many of them are read at once.
const GATHER: Duration = Duration::from_millis(5);

/// The longest time between two looks: for news from another process on the same database.
const LOOK: Duration = Duration::from_secs(1);

/// `GET /ws`: for any namespace.
pub(crate) async fn open(State(api): State<Api>, request: Request) -> Result<Response, Problem> {
    upgrade(api, request, false).await
}

/// `GET /api/v1/namespaces/{namespace}/ws`: for this one.
pub(crate) async fn within(State(api): State<Api>, request: Request) -> Result<Response, Problem> {
    upgrade(api, request, true).await
}

async fn upgrade(api: Api, request: Request, scoped: bool) -> Result<Response, Problem> {
    let (mut parts, _) = request.into_parts();
    let query = axum::extract::Query::<Vec<(String, String)>>::try_from_uri(&parts.uri);
    let query = query.map_err(|_| Error::invalid("cannot be read").field("query"))?.0;
    let at_once = Start::of_url(query)?;
    origins::refuse_strangers(&api, &parts.headers)?;
    let pass = parts.extensions.get::<Pass>().cloned().ok_or_else(|| Error::internal("nobody was let in"))?;
    let upgrade = WebSocketUpgrade::from_request_parts(&mut parts, &()).await;
    let upgrade = upgrade.map_err(|refused| {
        Problem::http(refused.into_response().status(), "QT10400", "this address is for WebSockets")
    })?;
    let place = Arc::clone(&api.listening).try_acquire_owned().map_err(|_| {
        Error::unavailable("as many connections as may listen; try again later", "api.max-websockets")
    })?;
    let agent = parts.headers.get(header::USER_AGENT).and_then(|agent| agent.to_str().ok());
    let connected = Arc::clone(&api.board).connect(agent.map(ToOwned::to_owned));
    let most = api.limits.max_body;
    Ok(upgrade
        .max_message_size(most)
        .max_frame_size(most)
        .on_upgrade(move |socket| serve(Session::new(api, pass, connected, scoped, place), socket, at_once)))
}

/// Why a connection ends.
enum End {
    /// The client went.
    Gone,
    /// It said what it must not: it is told, and let go.
    Refused(Error),
    /// Something failed here: it is told that much, and may come again.
    Fault(Error),
}

impl From<Error> for End {
    fn from(error: Error) -> Self {
        Self::Fault(error)
    }
}

impl From<axum::Error> for End {
    fn from(_: axum::Error) -> Self {
        Self::Gone
    }
}

type Out = SplitSink<WebSocket, Message>;

async fn serve(mut session: Session, socket: WebSocket, at_once: Option<Start>) {
    let (mut out, mut said) = socket.split();
    let ended = match at_once.map_or(Ok(()), |start| session.start(start)) {
        Ok(()) => session.run(&mut out, &mut said).await,
        Err(end) => end,
    };
    session.save(true).await;
    let last = match ended {
        End::Gone => return,
        End::Refused(error) => {
            let last = serde_json::json!({ "type": "protocol_error", "error": error.to_string() });
            Message::Text(last.to_string().into())
        }
        End::Fault(error) => {
            tracing::warn!(inside = error.inside(), "a listener is let go: {error}");
            let reason = "something failed here; come again".into();
            Message::Close(Some(CloseFrame { code: close_code::ERROR, reason }))
        }
    };
    let close = async {
        let _ = out.send(last).await;
        let _ = out.close().await;
    };
    let _ = timeout(SLOWEST, close).await;
}

/// A subscription that was asked for: not told as long as it is not there, or somebody else is being told.
struct Asked {
    start: Start,
    telling: Option<Telling>,
}

/// One connection.
struct Session {
    api: Api,
    pass: Pass,
    connected: Connected,
    scoped: bool,
    autoack: Option<bool>,
    asked: Vec<Asked>,
    /// What was under way of subscriptions that are told no more, the oldest first.
    past: Vec<Past>,
    /// Told when subscriptions are others.
    changes: watch::Receiver<u64>,
    /// Whether to look for subscriptions that are not told.
    looks: bool,
    /// Whether what was read may say nothing any more.
    rechecks: bool,
    /// Whether something was handed over that may not have left.
    unflushed: bool,
    _place: OwnedSemaphorePermit,
}

impl Session {
    fn new(api: Api, pass: Pass, connected: Connected, scoped: bool, place: OwnedSemaphorePermit) -> Self {
        Self {
            changes: api.board.changes(),
            api,
            pass,
            connected,
            scoped,
            autoack: None,
            asked: vec![],
            past: vec![],
            looks: false,
            rechecks: false,
            unflushed: false,
            _place: place,
        }
    }

    /// Tells and listens, until one of both ends it.
    async fn run(&mut self, out: &mut Out, said: &mut SplitStream<WebSocket>) -> End {
        match self.listen(out, said).await {
            Ok(never) => match never {},
            Err(end) => end,
        }
    }

    async fn listen(
        &mut self,
        out: &mut Out,
        said: &mut SplitStream<WebSocket>,
    ) -> Result<std::convert::Infallible, End> {
        let mut head = self.api.head.clone();
        let outbox = Arc::clone(&self.api.app.outbox);
        let (mut heard, mut asked_for, mut saved) = (Instant::now(), Instant::now(), Instant::now());
        loop {
            // Listening begins before the look, so that no news falls between the two.
            let news = outbox.notified();
            tokio::pin!(news);
            news.as_mut().enable();
            self.rechecks |= head.has_changed().map_err(|_| End::Gone)?;
            head.mark_unchanged();
            self.may_stay()?;
            let more = or_later(self.tell_all(out).await)?.unwrap_or(false);
            if saved.elapsed() >= SAVE {
                self.save(false).await;
                saved = Instant::now();
            }
            let wait = self.asked.iter().filter_map(|asked| asked.telling.as_ref()?.wait()).min();
            let wait = wait.unwrap_or_else(|| Instant::now() + LOOK).min(Instant::now() + LOOK);
            let wait = if self.has_moved() { wait.min(saved + SAVE) } else { wait };
            tokio::select! {
                message = said.next() => {
                    heard = Instant::now();
                    self.hear(message).await?;
                    // Acknowledgements come in a row: all that are here are taken before there is another look.
                    while let Some(message) = said.next().now_or_never() {
                        self.hear(message).await?;
                    }
                }
                changed = head.changed() => {
                    changed.map_err(|_| End::Gone)?;
                    self.rechecks = true;
                }
                () = news => sleep(GATHER).await,
                changed = self.changes.changed() => {
                    changed.map_err(|_| End::Gone)?;
                    or_later(self.look_again().await)?;
                }
                () = sleep_until(wait) => drop(or_later(self.look_again().await)?),
                () = std::future::ready(()), if more => {}
            }
            if heard.elapsed() >= SILENCE {
                return Err(End::Gone);
            }
            if asked_for.elapsed() >= PING {
                send(out, Message::Ping(Bytes::new())).await?;
                asked_for = Instant::now();
            }
        }
    }

    /// A key that was taken back ends what it was let in for.
    fn may_stay(&self) -> Result<(), End> {
        if self.api.access.borrow().holds(&self.pass, self.api.now()) {
            return Ok(());
        }
        Err(End::Refused(Error::forbidden("the key of this connection is good for nothing any more")))
    }

    /// Tells each subscription as much as it may be told, a page of the feed at the most; says whether there may be more.
    async fn tell_all(&mut self, out: &mut Out) -> Result<bool, End> {
        let more = self.hand_over(out).await;
        // Also what was handed over before something failed.
        if self.unflushed {
            timeout(SLOWEST, out.flush()).await.map_err(|_| End::Gone)??;
            self.unflushed = false;
            self.asked.iter_mut().filter_map(|asked| asked.telling.as_mut()).for_each(Telling::has_left);
        }
        more
    }

    async fn hand_over(&mut self, out: &mut Out) -> Result<bool, End> {
        let (autoack, mut more) = (self.autoack == Some(true), false);
        if self.rechecks {
            let mut tx = self.api.app.store.read().await?;
            for telling in self.asked.iter_mut().filter_map(|asked| asked.telling.as_mut()) {
                telling.recheck(&mut tx).await?;
            }
            self.rechecks = false;
        }
        for asked in &mut self.asked {
            if asked.telling.is_none() && self.looks {
                asked.telling = Telling::open(&self.api, &asked.start).await.map_err(of_client)?;
            }
            let Some(telling) = &mut asked.telling else { continue };
            more |= telling.read_on(&self.api).await?;
            // What was read may have happened after a subscription ended, and is then not told.
            if self.changes.has_changed().map_err(|_| End::Gone)? {
                return Ok(true);
            }
            while let Some(text) = telling.next(autoack)? {
                self.unflushed = true;
                timeout(SLOWEST, out.feed(Message::Text(text.into()))).await.map_err(|_| End::Gone)??;
            }
        }
        self.looks = false;
        // What was told may have made room for more.
        Ok(more || self.unflushed)
    }

    async fn hear(&mut self, message: Option<Result<Message, axum::Error>>) -> Result<(), End> {
        let text = match message.ok_or(End::Gone)?? {
            Message::Text(text) => Bytes::from(text),
            Message::Binary(bytes) => bytes,
            Message::Ping(_) | Message::Pong(_) => return Ok(()),
            Message::Close(_) => return Err(End::Gone),
        };
        match Frame::read(&text).map_err(End::Refused)? {
            Frame::Start(start) => self.start(*start),
            Frame::Ack(ack) => self.acknowledge(&ack),
        }
    }

    fn start(&mut self, start: Start) -> Result<(), End> {
        let refuse = |text: &str, field| Err(End::Refused(Error::invalid(text).field(field)));
        start.check(self.scoped).map_err(End::Refused)?;
        start.options.pace().map_err(End::Refused)?;
        if self.asked.len() >= self.api.limits.max_starts {
            return refuse(
                "is one more than a connection may ask for (api.max-starts-per-websocket)",
                "start",
            );
        }
        let autoack = start.autoack.or(self.autoack).unwrap_or(false);
        if self.autoack.is_some_and(|before| before != autoack) {
            return refuse("FF10179: must be the same for all of a connection", "autoack");
        }
        self.autoack = Some(autoack);
        self.connected.listens(Listening::to(start.name.clone(), start.ephemeral));
        self.asked.push(Asked { start, telling: None });
        self.looks = true;
        Ok(())
    }

    fn acknowledge(&mut self, ack: &Ack) -> Result<(), End> {
        let refuse = |text: &str| Err(End::Refused(Error::invalid(text).field("ack")));
        if self.autoack == Some(true) {
            return refuse("FF10180: is not for a connection with autoack");
        }
        let one = self.asked.len() == 1;
        let mut past = self.past.iter_mut().filter(|past| match &ack.subscription {
            Some(of) => past.is(of),
            None => one,
        });
        if past.any(|past| past.acknowledge(ack.id.as_deref())) {
            self.past.retain(|past| !past.is_over());
            return Ok(());
        }
        let mut meant = self.asked.iter_mut().filter_map(|asked| asked.telling.as_mut());
        let meant = match &ack.subscription {
            Some(of) => meant.find(|telling| telling.is(of)),
            None => meant.next().filter(|_| one),
        };
        let known = match meant {
            Some(telling) => telling.acknowledge(ack.id.as_deref()),
            None => false,
        };
        if known { Ok(()) } else { refuse("FF10175: is of nothing that is under way") }
    }

    /// Lets go of subscriptions that are others now, or gone, and has those looked for that are not told.
    async fn look_again(&mut self) -> Result<(), End> {
        self.looks = true;
        let told = self.asked.iter().filter_map(|asked| asked.telling.as_ref());
        let ids: Vec<&str> = told.filter_map(Telling::kept_as).collect();
        if ids.is_empty() {
            return Ok(());
        }
        let made = subscriptions::made(&mut self.api.app.store.read().await?, &ids).await?;
        let is_past =
            |asked: &Asked| asked.telling.as_ref().is_some_and(|telling| !telling.is_current(&made));
        if self.asked.iter().any(is_past) {
            self.save(true).await;
        }
        for asked in self.asked.iter_mut().filter(|asked| is_past(asked)) {
            self.past.extend(asked.telling.take().and_then(Telling::end));
        }
        self.past.drain(..self.past.len().saturating_sub(MAX_PAST));
        Ok(())
    }

    fn has_moved(&self) -> bool {
        self.asked.iter().any(|asked| asked.telling.as_ref().is_some_and(|it| it.unsaved(false).is_some()))
    }

    /// Stores the positions, of `all` or those for which it is time. What cannot be stored is told again.
    async fn save(&mut self, all: bool) {
        let told = self.asked.iter().filter_map(|asked| asked.telling.as_ref());
        let positions: Vec<_> = told.filter_map(|telling| telling.unsaved(all)).collect();
        if positions.is_empty() {
            return;
        }
        let stored = positions.clone();
        let stored = self
            .api
            .app
            .store
            .together(move |tx| Box::pin(async move { subscriptions::advance(tx, &stored).await }));
        if let Err(error) = stored.await {
            tracing::warn!(inside = error.inside(), "positions cannot be stored: {error}");
            return;
        }
        let told = self.asked.iter_mut().filter_map(|asked| asked.telling.as_mut());
        for telling in told {
            let stored = positions.iter().find(|(id, _)| telling.kept_as() == Some(id));
            if let Some((_, position)) = stored {
                telling.saved(*position);
            }
        }
    }
}

/// What the database could not do now is done at the next look.
fn or_later<T>(done: Result<T, End>) -> Result<Option<T>, End> {
    match done {
        Err(End::Fault(error)) if error.kind() == Kind::Unavailable => {
            tracing::warn!(inside = error.inside(), "a listener has to wait: {error}");
            Ok(None)
        }
        done => done.map(Some),
    }
}

/// An error of the client's own making, if it is one.
fn of_client(error: Error) -> End {
    match error.kind() {
        Kind::Invalid => End::Refused(error),
        _ => End::Fault(error),
    }
}

async fn send(out: &mut Out, message: Message) -> Result<(), End> {
    Ok(timeout(SLOWEST, out.send(message)).await.map_err(|_| End::Gone)??)
}
