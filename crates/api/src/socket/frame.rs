//! What a client says on its WebSocket, or in the URL that it opens it by.

use axum::http::StatusCode;
use quittance_domain::Error;
use serde::Deserialize;

use crate::{
    ids::NAMESPACE,
    problem::Problem,
    subscription::{Filter, Options, check_name},
};

/// A frame.
#[derive(Debug, Deserialize)]
#[serde(tag = "type", rename_all = "lowercase")]
pub(super) enum Frame {
    Start(Box<Start>),
    Ack(Ack),
}

/// Asks for events. What else an application of FireFly's says with it does not matter here.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Start {
    pub(super) namespace: String,
    pub(super) name: String,
    pub(super) ephemeral: bool,
    pub(super) autoack: Option<bool>,
    pub(super) filter: Filter,
    pub(super) options: Options,
}

/// Acknowledges an event, or a batch.
#[derive(Debug, Deserialize)]
pub(super) struct Ack {
    /// Which; the first that is not acknowledged, if nothing is said.
    pub(super) id: Option<String>,
    /// Of which subscription; the only one, if nothing is said.
    pub(super) subscription: Option<Of>,
}

/// A subscription, by its id or its name.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Of {
    pub(super) id: String,
    pub(super) name: String,
}

impl Frame {
    pub(super) fn read(text: &[u8]) -> Result<Self, Error> {
        let said: serde_json::Value = serde_json::from_slice(text)
            .map_err(|_| Error::invalid("FF10176: is not JSON").field("frame"))?;
        match said.get("type").and_then(serde_json::Value::as_str) {
            Some("start" | "ack") => serde_json::from_value(said)
                .map_err(|error| Error::invalid(format!("FF10176: {error}")).field("frame")),
            _ => Err(Error::invalid("FF10177: must be start or ack").field("type")),
        }
    }
}

impl Start {
    /// What the URL asks for, if it asks for anything.
    pub(super) fn of_url(query: Vec<(String, String)>) -> Result<Option<Self>, Problem> {
        let (mut start, mut asks) = (Self::default(), false);
        for (name, value) in query {
            let yes = || flag(&name, &value);
            let filter = &mut start.filter;
            match name.as_str() {
                "namespace" => start.namespace = value,
                "name" => (start.name, asks) = (value, true),
                "ephemeral" => (start.ephemeral, asks) = (yes()?, true),
                "autoack" => start.autoack = Some(yes()?),
                "batch" => start.options.batch = Some(yes()?),
                "batchtimeout" => start.options.batch_timeout = Some(value),
                "readahead" => {
                    let number = value.parse().map_err(|_| bad(&name, "must be a number up to 65535"))?;
                    start.options.read_ahead = Some(number);
                }
                "firstevent" => start.options.first_event = Some(value),
                "filter.events" => filter.events = value,
                "filter.topic" | "filter.topics" => filter.topic = value,
                "filter.tag" => filter.tag = value,
                "filter.group" => filter.group = value,
                "filter.author" => filter.author = value,
                "filter.message.tag" => filter.message.tag = value,
                "filter.message.group" => filter.message.group = value,
                "filter.message.author" => filter.message.author = value,
                "filter.transaction.type" => filter.transaction.r#type = value,
                "filter.blockchain.name" => filter.blockchainevent.name = value,
                "filter.blockchain.listener" => filter.blockchainevent.listener = value,
                _ => return Err(bad(&name, "is not known here")),
            }
        }
        Ok(asks.then_some(start))
    }

    /// Refuses what names no subscription, or one of another namespace. A connection to a namespace need not name it.
    pub(super) fn check(&self, scoped: bool) -> Result<(), Error> {
        let named = self.ephemeral || !self.name.is_empty();
        if !named || self.namespace.is_empty() && !scoped {
            let text = "FF10178: namespace and name are needed, or ephemeral";
            return Err(Error::invalid(text).field("start"));
        }
        if !self.name.is_empty() {
            check_name(&self.name)?;
        }
        match self.namespace.as_str() {
            "" | NAMESPACE => Ok(()),
            _ if scoped => Err(Error::invalid("FF10462: is not this connection's").field("namespace")),
            _ => Err(Error::invalid("FF10187: there is no such namespace").field("namespace")),
        }
    }
}

/// A flag of a URL, which need not have a value.
fn flag(name: &str, value: &str) -> Result<bool, Problem> {
    match value {
        "" | "true" => Ok(true),
        "false" => Ok(false),
        _ => Err(bad(name, "must be true or false")),
    }
}

fn bad(name: &str, why: &str) -> Problem {
    Problem::http(StatusCode::BAD_REQUEST, "QT10400", format!("{name}: {why}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_may_ask_at_once() {
        let url = |pairs: &[(&str, &str)]| {
            Start::of_url(pairs.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect())
        };
        assert!(url(&[]).unwrap().is_none());
        let start =
            url(&[("namespace", "default"), ("ephemeral", ""), ("autoack", "true")]).unwrap().unwrap();
        assert_eq!((start.ephemeral, start.autoack), (true, Some(true)));
        let start =
            url(&[("name", "a"), ("filter.events", "token_.*"), ("readahead", "9")]).unwrap().unwrap();
        assert_eq!((start.name.as_str(), start.filter.events.as_str()), ("a", "token_.*"));
        assert_eq!(start.options.read_ahead, Some(9));
        for bad in [("readahead", "-1"), ("ephemeral", "maybe"), ("color", "red")] {
            assert!(url(&[bad]).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn a_frame_says_what_is_wrong_with_it() {
        let refused = |text: &str| {
            Frame::read(text.as_bytes()).err().map(|error| error.to_string()).unwrap_or_default()
        };
        assert!(refused("{").contains("FF10176"));
        assert!(refused(r#"{"type":"stop"}"#).contains("FF10177"));
        assert!(refused(r#"{"type":"start","filter":{"color":"red"}}"#).contains("color"));
        assert!(matches!(Frame::read(br#"{"type":"ack"}"#), Ok(Frame::Ack(Ack { id: None, .. }))));
        let start = |text: &str, scoped| match Frame::read(text.as_bytes()) {
            Ok(Frame::Start(start)) => {
                start.check(scoped).err().map(|error| error.to_string()).unwrap_or_default()
            }
            other => panic!("{other:?}"),
        };
        assert_eq!(start(r#"{"type":"start","name":"a"}"#, true), "");
        assert!(start(r#"{"type":"start","name":"a"}"#, false).contains("FF10178"));
        assert!(start(r#"{"type":"start","namespace":"default"}"#, false).contains("FF10178"));
        assert!(start(r#"{"type":"start","namespace":"b","name":"a"}"#, true).contains("FF10462"));
        assert!(start(r#"{"type":"start","namespace":"b","name":"a"}"#, false).contains("FF10187"));
    }
}
