//! How many connections there may be: of strangers, of one peer, and in all.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Mutex, PoisonError, Weak},
};

use quittance_domain::B256;
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};

use crate::Limits;

/// Strangers whose handshake is under way. When it is full, whoever waits longest is sent off: a crowd
/// that says nothing can never keep out somebody who speaks.
#[derive(Debug)]
pub(super) struct Lobby {
    most: usize,
    waiting: VecDeque<Weak<Notify>>,
}

impl Lobby {
    pub(super) const fn new(most: usize) -> Self {
        Self { most, waiting: VecDeque::new() }
    }

    /// A place to keep during the handshake; when it is notified, another one needs it more.
    pub(super) fn enter(&mut self) -> Arc<Notify> {
        self.waiting.retain(|place| place.strong_count() > 0);
        while self.waiting.len() >= self.most.max(1) {
            if let Some(oldest) = self.waiting.pop_front().and_then(|place| place.upgrade()) {
                oldest.notify_one();
            }
        }
        let place = Arc::new(Notify::new());
        self.waiting.push_back(Arc::downgrade(&place));
        place
    }
}

/// Known peers, and how much of the server each has.
#[derive(Debug)]
pub(super) struct Seats {
    limits: Limits,
    all: Arc<Semaphore>,
    peers: Mutex<HashMap<B256, Weak<Peer>>>,
}

/// One peer's share.
#[derive(Debug)]
pub(super) struct Peer {
    connections: Arc<Semaphore>,
    pub(super) frames: Arc<Semaphore>,
}

/// The right to one connection.
#[derive(Debug)]
pub(super) struct Seat {
    pub(super) peer: Arc<Peer>,
    _one_of_all: OwnedSemaphorePermit,
    _one_of_its_own: OwnedSemaphorePermit,
}

impl Seats {
    pub(super) fn new(limits: &Limits) -> Self {
        let all = Arc::new(Semaphore::new(limits.connections));
        Self { limits: limits.clone(), all, peers: Mutex::default() }
    }

    /// A seat for this peer, unless it or the server has no more.
    pub(super) fn take(&self, tls_key: B256) -> Option<Seat> {
        let peer = self.peer(tls_key);
        let own = Arc::clone(&peer.connections).try_acquire_owned().ok()?;
        let one = Arc::clone(&self.all).try_acquire_owned().ok()?;
        Some(Seat { peer, _one_of_all: one, _one_of_its_own: own })
    }

    fn peer(&self, tls_key: B256) -> Arc<Peer> {
        let mut peers = self.peers.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(peer) = peers.get(&tls_key).and_then(Weak::upgrade) {
            return peer;
        }
        peers.retain(|_, peer| peer.strong_count() > 0);
        let peer = Arc::new(Peer {
            connections: Arc::new(Semaphore::new(self.limits.connections_per_peer)),
            frames: Arc::new(Semaphore::new(self.limits.frames_per_peer)),
        });
        peers.insert(tls_key, Arc::downgrade(&peer));
        peer
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt as _;

    use super::*;

    #[test]
    fn a_full_lobby_sends_off_whoever_waits_longest() {
        let mut lobby = Lobby::new(2);
        let (first, second, third) = (lobby.enter(), lobby.enter(), lobby.enter());
        assert!(first.notified().now_or_never().is_some());
        assert!(second.notified().now_or_never().is_none());
        drop(second);
        lobby.enter();
        assert!(third.notified().now_or_never().is_none(), "the place left free is taken first");
    }

    #[test]
    fn one_peer_takes_only_its_share() {
        let limits = Limits { connections: 3, connections_per_peer: 2, ..Limits::default() };
        let seats = Seats::new(&limits);
        let [a, b] = [B256::repeat_byte(1), B256::repeat_byte(2)];
        let held: Vec<_> = [seats.take(a).unwrap(), seats.take(a).unwrap()].into();
        assert!(seats.take(a).is_none());
        let other = seats.take(b).unwrap();
        assert!(seats.take(b).is_none(), "all seats are taken");
        drop(held);
        assert!(seats.take(a).is_some() && seats.take(b).is_some());
        drop(other);
    }
}
