//! Peers that misbehave harm only themselves.

use std::time::Duration;

use quittance_exchange::{Limits, New, TellError};
use rustls::version::TLS13;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

use crate::harness::{Node, exchange, hello, pair_with, random, raw, shown, soon};

fn quick() -> Limits {
    let idle = Duration::from_millis(300);
    Limits { handshake: idle, request: idle, idle, ..Limits::default() }
}

#[tokio::test]
async fn a_silent_crowd_keeps_nobody_out() {
    let limits = Limits { handshakes: 8, handshake: Duration::from_secs(600), ..Limits::default() };
    let (alice, bob) = pair_with(limits).await;
    let mut crowd = Vec::new();
    for _ in 0..200 {
        crowd.push(TcpStream::connect(alice.addr).await.unwrap());
    }
    soon(bob.client.tell(&alice.party, &hello())).await.unwrap();
    let sent_off = async {
        let mut first = crowd.swap_remove(0);
        while first.read(&mut [0; 64]).await.unwrap_or(0) > 0 {}
    };
    soon(sent_off).await;
}

#[tokio::test]
async fn a_stranger_who_says_nothing_is_sent_off() {
    let (alice, _bob) = pair_with(quick()).await;
    let mut stranger = TcpStream::connect(alice.addr).await.unwrap();
    let left = soon(stranger.read(&mut [0; 64])).await;
    assert!(matches!(left, Ok(0) | Err(_)));
}

#[tokio::test]
async fn one_peer_cannot_take_anothers_seat() {
    let limits = Limits { connections_per_peer: 2, frames_in_flight: 1, ..Limits::default() };
    let (alice, bob) = pair_with(limits).await;
    let mallory = Node::start("mallory").await;
    alice.knows(&[&bob, &mallory]);
    let show = || Some(shown(&mallory.pem.certificate, &mallory.pem.key));
    let mut held = Vec::new();
    for _ in 0..2 {
        let mut stream = raw(alice.addr, show(), &TLS13).await.unwrap();
        stream.write_all(b"POST /peer").await.unwrap();
        held.push(stream);
    }
    let third = async {
        let mut stream = raw(alice.addr, show(), &TLS13).await?;
        exchange(&mut stream, b"GET / HTTP/1.1\r\nhost: peer\r\nconnection: close\r\n\r\n").await
    };
    let third = soon(third).await;
    assert!(!third.is_ok_and(|answer| answer.starts_with("HTTP")), "the third seat is not mallory's");
    soon(bob.client.tell(&alice.party, &hello())).await.unwrap();
}

#[tokio::test]
async fn slow_heads_and_slow_bodies_are_cut() {
    let (alice, bob) = pair_with(quick()).await;
    let show = || Some(shown(&bob.pem.certificate, &bob.pem.key));
    let heads = [
        "POST /peer/v1/messages HTTP/1.1\r\nhost: p\r\nx: ",
        "POST /peer/v1/messages HTTP/1.1\r\nhost: p\r\ncontent-length: 5000\r\n\r\n",
    ];
    for head in heads {
        let mut stream = raw(alice.addr, show(), &TLS13).await.unwrap();
        stream.write_all(head.as_bytes()).await.unwrap();
        let drip = async {
            // A byte now and then, for ever: each is movement, so only the request's own limit can end it.
            while stream.write_all(b"x").await.is_ok() && stream.flush().await.is_ok() {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        soon(drip).await;
    }
    assert_eq!(alice.desk.asked(), 0);
}

#[tokio::test]
async fn a_silent_known_peer_is_cut() {
    let (alice, bob) = pair_with(quick()).await;
    let mut stream = raw(alice.addr, Some(shown(&bob.pem.certificate, &bob.pem.key)), &TLS13).await.unwrap();
    assert_eq!(soon(exchange(&mut stream, b"")).await.unwrap_or_default(), "");
}

#[tokio::test]
async fn a_peer_who_asks_and_does_not_read_is_cut() {
    let (alice, bob) =
        pair_with(Limits { connections_per_peer: 1, request: Duration::from_secs(30), ..quick() }).await;
    let new = New { chunk_size: 4096, ..New::by(alice.party.address) };
    let (settlement, _) = alice.promise_in(&random(1 << 20), new, &bob).await;
    let mut stream = raw(alice.addr, Some(shown(&bob.pem.certificate, &bob.pem.key)), &TLS13).await.unwrap();
    let ask = format!("GET /peer/v1/settlements/{settlement}/frames/0 HTTP/1.1\r\nhost: p\r\n\r\n");
    stream.write_all(ask.repeat(100).as_bytes()).await.unwrap();
    stream.flush().await.unwrap();
    let mut tries = 0;
    // Its one seat is taken until then.
    let free = async {
        while bob.client.tell(&alice.party, &hello()).await.is_err() {
            tries += 1;
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    soon(free).await;
    assert!(tries > 0);
    assert!(alice.desk.frames.lock().unwrap().len() < 100, "what nobody reads is not read from the disk");
}

#[tokio::test]
async fn a_stopped_server_lets_go_of_everybody() {
    let (alice, bob) = pair_with(Limits::default()).await;
    soon(bob.client.tell(&alice.party, &hello())).await.unwrap();
    let _silent = TcpStream::connect(alice.addr).await.unwrap();
    alice.cancel.cancel();
    soon(alice.server).await.unwrap().unwrap();
    let told = soon(bob.client.tell(&alice.party, &hello())).await;
    assert!(matches!(told, Err(TellError::Unreachable(_))), "{told:?}");
}
