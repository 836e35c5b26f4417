//! Who listens now, on this node: which connections there are, and which of them tells which subscription.

use std::{
    collections::{BTreeMap, HashSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use serde::Serialize;
use tokio::sync::watch;
use uuid::Uuid;

use crate::ids::NAMESPACE;

/// The board that all connections share.
#[derive(Debug, Default)]
pub struct Board {
    changed: watch::Sender<u64>,
    posted: Mutex<Posted>,
}

#[derive(Debug, Default)]
struct Posted {
    /// The subscriptions that somebody is being told.
    held: HashSet<String>,
    connections: BTreeMap<Uuid, Connection>,
}

/// A connection.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Connection {
    id: Uuid,
    #[serde(skip_serializing_if = "Option::is_none")]
    user_agent: Option<String>,
    subscriptions: Vec<Listening>,
}

/// What somebody listens to.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Listening {
    pub(crate) ephemeral: bool,
    pub(crate) namespace: &'static str,
    pub(crate) name: String,
}

impl Listening {
    pub(crate) const fn to(name: String, ephemeral: bool) -> Self {
        Self { ephemeral, namespace: NAMESPACE, name }
    }
}

impl Board {
    /// Lets everybody know that subscriptions are others now, or free.
    pub(crate) fn tell(&self) {
        self.changed.send_modify(|version| *version += 1);
    }

    /// Told whenever subscriptions change.
    pub(crate) fn changes(&self) -> watch::Receiver<u64> {
        self.changed.subscribe()
    }

    /// Makes the caller the one who tells this subscription, if nobody is.
    pub(crate) fn hold(self: Arc<Self>, subscription: &str) -> Option<Held> {
        let free = self.posted().held.insert(subscription.to_owned());
        free.then(|| Held { board: self, subscription: subscription.to_owned() })
    }

    /// Shows a connection, for as long as the result lives.
    pub(crate) fn connect(self: Arc<Self>, user_agent: Option<String>) -> Connected {
        let id = Uuid::new_v4();
        let connection = Connection { id, user_agent, subscriptions: vec![] };
        self.posted().connections.insert(id, connection);
        Connected { board: self, id }
    }

    /// All connections.
    pub(crate) fn connections(&self) -> Vec<Connection> {
        self.posted().connections.values().cloned().collect()
    }

    fn posted(&self) -> MutexGuard<'_, Posted> {
        self.posted.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The right to tell a subscription, given back when it is dropped.
#[derive(Debug)]
pub(crate) struct Held {
    board: Arc<Board>,
    subscription: String,
}

impl Drop for Held {
    fn drop(&mut self) {
        self.board.posted().held.remove(&self.subscription);
        self.board.tell();
    }
}

/// A connection that is shown.
#[derive(Debug)]
pub(crate) struct Connected {
    board: Arc<Board>,
    id: Uuid,
}

impl Connected {
    /// It listens to this, too.
    pub(crate) fn listens(&self, to: Listening) {
        if let Some(connection) = self.board.posted().connections.get_mut(&self.id) {
            connection.subscriptions.push(to);
        }
    }
}

impl Drop for Connected {
    fn drop(&mut self) {
        self.board.posted().connections.remove(&self.id);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_at_a_time_holds_a_subscription() {
        let board = Arc::new(Board::default());
        let mut changes = board.changes();
        let held = Arc::clone(&board).hold("a");
        assert!(held.is_some() && Arc::clone(&board).hold("a").is_none());
        assert!(Arc::clone(&board).hold("b").is_some());
        changes.mark_unchanged();
        drop(held);
        assert!(changes.has_changed().is_ok_and(|changed| changed));
        assert!(Arc::clone(&board).hold("a").is_some());
    }

    #[test]
    fn a_connection_is_shown_while_it_lives() {
        let board = Arc::new(Board::default());
        let connected = Arc::clone(&board).connect(None);
        connected.listens(Listening::to("a".into(), true));
        assert_eq!(board.connections()[0].subscriptions[0].name, "a");
        drop(connected);
        assert!(board.connections().is_empty());
    }
}
