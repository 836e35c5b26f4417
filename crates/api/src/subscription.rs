//! What a subscription asks for: which events, from where on, and how many at a time. Read once from what an
//! application said, and then the same for one that is kept and for one that lives as long as its connection.

use std::time::Duration;

use quittance_domain::Error;
use regex::{Regex, RegexBuilder};
use serde::{Deserialize, Serialize};

use crate::dto::Event;

/// The longest pattern, in bytes.
const MAX_PATTERN: usize = 1_024;

/// Memory that a pattern may take when it is compiled, and again while it is used, in bytes.
const MAX_COMPILED: usize = 1 << 18;

/// Which events are wanted: those that match every pattern, wherever in the text.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Filter {
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(crate) events: String,
    #[serde(alias = "topics", skip_serializing_if = "String::is_empty")]
    pub(crate) topic: String,
    /// As older applications ask for what is in `message` now.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(crate) tag: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(crate) group: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(crate) author: String,
    pub(crate) message: MessageFilter,
    pub(crate) transaction: TransactionFilter,
    pub(crate) blockchainevent: BlockchainFilter,
}

/// By the message that an event is about; none of ours is about one.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct MessageFilter {
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(crate) tag: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(crate) group: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(crate) author: String,
}

/// By the transaction that an event comes from.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct TransactionFilter {
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(crate) r#type: String,
}

/// By the log that an event is about; none of ours tells of it.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct BlockchainFilter {
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(crate) name: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(crate) listener: String,
}

/// How events are told.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub(crate) struct Options {
    /// `oldest`, `newest`, or the number of the event before the first one that is wanted. Kept as a number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) first_event: Option<String>,
    /// Events that may be told before the first of them is acknowledged, beside that one; in batches, the size of one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) read_ahead: Option<u16>,
    /// For other transports.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) with_data: Option<bool>,
    /// Tell many at once.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) batch: Option<bool>,
    /// How long a batch that is not full waits, such as `50ms`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) batch_timeout: Option<String>,
}

/// A filter that was read.
#[derive(Debug)]
pub(crate) struct Matcher {
    events: Option<Regex>,
    topic: Option<Regex>,
    transaction: Option<Regex>,
    /// It asks for what no event of ours has.
    nothing: bool,
}

impl Matcher {
    pub(crate) fn new(filter: &Filter) -> Result<Self, Error> {
        let Filter { events, topic, tag, group, author, message, transaction, blockchainevent } = filter;
        let unknown = [
            ("filter.tag", tag),
            ("filter.group", group),
            ("filter.author", author),
            ("filter.message.tag", &message.tag),
            ("filter.message.group", &message.group),
            ("filter.message.author", &message.author),
            ("filter.blockchainevent.name", &blockchainevent.name),
            ("filter.blockchainevent.listener", &blockchainevent.listener),
        ];
        let mut nothing = false;
        for (field, text) in unknown {
            nothing |= pattern(field, text)?.is_some();
        }
        Ok(Self {
            events: pattern("filter.events", events)?,
            topic: pattern("filter.topic", topic)?,
            transaction: pattern("filter.transaction.type", &transaction.r#type)?,
            nothing,
        })
    }

    /// Whether this event is wanted.
    pub(crate) fn wants(&self, event: &Event) -> bool {
        let fits = |pattern: &Option<Regex>, text: &str| {
            pattern.as_ref().is_none_or(|pattern| pattern.is_match(text))
        };
        !self.nothing
            && fits(&self.events, event.r#type)
            && fits(&self.topic, event.topic.as_deref().unwrap_or_default())
            && fits(&self.transaction, event.tx_type)
    }
}

fn pattern(field: &'static str, text: &str) -> Result<Option<Regex>, Error> {
    if text.is_empty() {
        return Ok(None);
    }
    if text.len() > MAX_PATTERN {
        return Err(Error::invalid(format!("must have at most {MAX_PATTERN} bytes")).field(field));
    }
    let compiled = RegexBuilder::new(text).size_limit(MAX_COMPILED).dfa_size_limit(MAX_COMPILED).build();
    compiled
        .map(Some)
        .map_err(|_| Error::invalid("is not a regular expression that can be used").field(field))
}

/// Options that were read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pace {
    /// Events, or batches, that may be under way.
    pub(crate) window: usize,
    /// How many events are told at once, and how long for a batch to fill.
    pub(crate) batch: Option<(usize, Duration)>,
}

/// Events in a batch, and the wait for them, if nothing is said.
const BATCH: (u16, Duration) = (50, Duration::from_millis(50));

/// Events in a batch at the most, however many are asked for.
const MAX_BATCH: u16 = 1_000;

/// The longest that a batch waits.
const MAX_BATCH_TIMEOUT: Duration = Duration::from_secs(60);

impl Options {
    /// What they come down to.
    pub(crate) fn pace(&self) -> Result<Pace, Error> {
        if self.with_data == Some(true) {
            let text = "FF10244: is not for WebSockets: what an event is about comes with it";
            return Err(Error::invalid(text).field("options.withData"));
        }
        let timeout = match &self.batch_timeout {
            None => BATCH.1,
            Some(text) => humantime::parse_duration(text)
                .ok()
                .filter(|timeout| *timeout <= MAX_BATCH_TIMEOUT)
                .ok_or_else(|| {
                    Error::invalid("must be a duration of at most 60s, such as 50ms")
                        .field("options.batchTimeout")
                })?,
        };
        Ok(match self.batch {
            Some(true) => {
                // Batches smaller than asked for are always to be expected; large ones would all be held here.
                let size = self.read_ahead.filter(|size| *size > 0).unwrap_or(BATCH.0).min(MAX_BATCH);
                Pace { window: 1, batch: Some((size.into(), timeout)) }
            }
            _ => Pace { window: usize::from(self.read_ahead.unwrap_or(0)) + 1, batch: None },
        })
    }

    /// The number of the event before the first one that is wanted, which these options name from now on.
    pub(crate) fn start(&mut self, newest: u64) -> Result<u64, Error> {
        let start = match self.first_event.as_deref() {
            None | Some("" | "newest") => newest,
            Some("oldest" | "-1") => 0,
            Some(number) => number.parse().ok().filter(|number| *number <= newest).ok_or_else(|| {
                let text = "must be oldest, newest or the number of an event that was told";
                Error::invalid(text).field("options.firstEvent")
            })?,
        };
        self.first_event = Some(if start == 0 { "-1".into() } else { start.to_string() });
        Ok(start)
    }
}

/// What FireFly takes for a name: no id, nothing that would have to be escaped.
pub(crate) fn check_name(name: &str) -> Result<(), Error> {
    let plain = |c: char| c.is_ascii_alphanumeric();
    let fits = (1..=64).contains(&name.len())
        && name.chars().all(|c| plain(c) || matches!(c, '.' | '_' | '-'))
        && name.starts_with(plain)
        && name.ends_with(plain)
        && uuid::Uuid::try_parse(name).is_err();
    if fits {
        return Ok(());
    }
    let text = "must have 1 to 64 letters, digits, dots, dashes and underscores, begin and end with a letter or a \
                digit, and not be an id";
    Err(Error::invalid(text).field("name"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_read_once_and_their_start_is_frozen() {
        let options = |text: &str| serde_json::from_str::<Options>(text).unwrap();
        for (text, window, batch) in [
            ("{}", 1, None),
            (r#"{"readAhead": 49}"#, 50, None),
            (r#"{"batch": true}"#, 1, Some((50, 50))),
            (r#"{"batch": true, "readAhead": 7, "batchTimeout": "2s"}"#, 1, Some((7, 2_000))),
            (r#"{"batch": true, "readAhead": 65535}"#, 1, Some((1_000, 50))),
        ] {
            let pace = options(text).pace().unwrap();
            let told = pace.batch.map(|(size, wait)| (size, wait.as_millis()));
            assert_eq!((pace.window, told), (window, batch), "{text}");
        }
        for bad in [r#"{"withData": true}"#, r#"{"batchTimeout": "61s"}"#, r#"{"batchTimeout": "soon"}"#] {
            assert!(options(bad).pace().is_err(), "{bad}");
        }
        for (text, newest, start, kept) in [
            ("{}", 9, 9, "9"),
            (r#"{"firstEvent": "newest"}"#, 0, 0, "-1"),
            (r#"{"firstEvent": "oldest"}"#, 9, 0, "-1"),
            (r#"{"firstEvent": "4"}"#, 9, 4, "4"),
        ] {
            let mut options = options(text);
            assert_eq!(options.start(newest).unwrap(), start, "{text}");
            assert_eq!(options.first_event.as_deref(), Some(kept));
        }
        assert!(options(r#"{"firstEvent": "10"}"#).start(9).is_err());
        assert!(serde_json::from_str::<Options>(r#"{"url": "http://x"}"#).is_err());
    }

    #[test]
    fn names_are_plain() {
        for good in ["a", "app-1", "A.b_c"] {
            assert!(check_name(good).is_ok(), "{good}");
        }
        let id = uuid::Uuid::new_v4().to_string();
        for bad in ["", "-a", "a-", "a b", "a/b", &"a".repeat(65), &id] {
            assert!(check_name(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_pattern_must_be_one_and_small() {
        let filter = |events: String| Matcher::new(&Filter { events, ..Filter::default() });
        assert!(filter("^token_.*$".into()).is_ok());
        for bad in ["(".to_owned(), "a".repeat(1_025), "((a{100}){100}){100}".into()] {
            assert!(filter(bad).is_err());
        }
    }
}
