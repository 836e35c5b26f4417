//! Documents on their way from one vault to another.

use std::{
    fs,
    net::SocketAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

use quittance_domain::{B256, Kind, SettlementId, document::frame, party::Party};
use quittance_exchange::{FetchError, Limits, New, Vault};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
};

use crate::harness::{Node, pair, pair_with, parrot, random, shown, soon};

const FRAME: usize = 992 * 256;

/// Long transfers are tasks of their own, so they must be able to change threads.
fn sendable(_: &impl Send) {}

#[tokio::test]
async fn a_document_arrives_byte_for_byte() {
    let (alice, bob) = pair().await;
    for len in [1, FRAME, 5 * FRAME + 17, 6 << 20] {
        let document = random(len);
        let (settlement, commitment) = alice.promise(&document, &bob).await;
        let heard = Mutex::new(Vec::new());
        let fetch = bob.client.fetch(&alice.party, settlement, &commitment, &bob.vault, |done, of| {
            assert_eq!(of, commitment.size);
            heard.lock().unwrap().push(done);
        });
        sendable(&fetch);
        soon(fetch).await.unwrap();
        assert!(bob.plain(&commitment).await == document, "{len} bytes");
        let heard = heard.into_inner().unwrap();
        assert!(heard.is_sorted() && heard.first() == Some(&0) && heard.last() == Some(&commitment.size));
    }
}

#[tokio::test]
async fn a_document_of_another_chunk_size_arrives() {
    let (alice, bob) = pair().await;
    for chunk_size in [256, 4096] {
        let document = random(3 << 20);
        let new = New { chunk_size, ..New::by(alice.party.address) };
        let (settlement, commitment) = alice.promise_in(&document, new, &bob).await;
        soon(bob.client.fetch(&alice.party, settlement, &commitment, &bob.vault, |_, _| {})).await.unwrap();
        assert!(bob.plain(&commitment).await == document);
    }
}

#[tokio::test]
async fn what_is_here_is_not_fetched_again_and_can_be_passed_on() {
    let (alice, bob) = pair().await;
    let (settlement, commitment) = alice.promise(&random(FRAME * 2), &bob).await;
    soon(bob.client.fetch(&alice.party, settlement, &commitment, &bob.vault, |_, _| {})).await.unwrap();
    let asked = alice.desk.asked();
    soon(bob.client.fetch(&alice.party, settlement, &commitment, &bob.vault, |_, _| {})).await.unwrap();
    assert_eq!(alice.desk.asked(), asked);

    let carol = Node::start("carol").await;
    bob.knows(&[&carol]);
    bob.desk.deals.lock().unwrap().insert(settlement, (carol.party.address, commitment));
    soon(carol.client.fetch(&bob.party, settlement, &commitment, &carol.vault, |_, _| {})).await.unwrap();
    assert!(carol.plain(&commitment).await == alice.plain(&commitment).await);
}

/// Passes bytes on until so many went from the server to the client, then cuts every connection.
async fn cutter(to: SocketAddr, budget: usize) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let addr = listener.local_addr().unwrap();
    let left = Arc::new(AtomicUsize::new(budget));
    tokio::spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            let (left, server) = (left.clone(), TcpStream::connect(to).await.unwrap());
            tokio::spawn(async move {
                let ((mut from_client, mut to_client), (mut from_server, mut to_server)) =
                    (client.into_split(), server.into_split());
                let up = tokio::io::copy(&mut from_client, &mut to_server);
                let down = async {
                    let mut buffer = vec![0; 16 << 10];
                    while let Ok(got @ 1..) = from_server.read(&mut buffer).await {
                        let enough = |left: usize| left.checked_sub(got);
                        if left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, enough).is_err() {
                            return;
                        }
                        let _ = to_client.write_all(&buffer[..got]).await;
                    }
                };
                tokio::select! { _ = up => {}, () = down => {} }
            });
        }
    });
    addr
}

#[tokio::test]
async fn a_cut_connection_costs_no_frame_that_had_arrived() {
    for in_flight in [1, 4] {
        let limits = Limits { frames_in_flight: in_flight, ..Limits::default() };
        let (alice, bob) = pair_with(limits.clone()).await;
        let document = random(5 << 20);
        let (settlement, commitment) = alice.promise(&document, &bob).await;
        let frames = usize::try_from(frame::count(&commitment)).unwrap();
        let addr = cutter(alice.addr, 2_600_000).await;
        let cut = Party { endpoint: format!("https://{addr}"), ..alice.party.clone() };
        let failed = soon(bob.client.fetch(&cut, settlement, &commitment, &bob.vault, |_, _| {})).await;
        assert!(matches!(failed, Err(FetchError::Unreachable(_))), "{failed:?}");
        assert!(alice.desk.asked() > 3 && alice.desk.asked() < frames);
        assert!(!bob.vault.has(&commitment).await);

        // As after a restart: nothing but the disk remembers.
        let vault = Vault::open(bob.dir.path(), &limits).unwrap();
        let resumed = Mutex::new(None);
        let note = |done, _| {
            resumed.lock().unwrap().get_or_insert(done);
        };
        soon(bob.client.fetch(&alice.party, settlement, &commitment, &vault, note)).await.unwrap();
        assert!(resumed.into_inner().unwrap().unwrap() > 0);
        let again = alice.desk.asked() - frames;
        assert!(again <= in_flight, "{again} frames were fetched again with {in_flight} in flight");
        assert!(bob.plain(&commitment).await == document);
    }
}

#[tokio::test]
async fn a_tampered_document_never_becomes_complete() {
    let (alice, bob) = pair().await;
    let (settlement, commitment) = alice.promise(&random(8 * FRAME), &bob).await;
    let file = |node: &Node, ending: &str| node.dir.path().join(format!("{:x}.{ending}", commitment.root));
    for (ending, at) in [("chunks", 5 * 256 * 1024 + 77), ("tree", 4 * 32)] {
        let path = file(&alice, ending);
        let good = fs::read(&path).unwrap();
        let mut bad = good.clone();
        bad[at] ^= 0x80;
        fs::write(&path, bad).unwrap();
        let failed =
            soon(bob.client.fetch(&alice.party, settlement, &commitment, &bob.vault, |_, _| {})).await;
        assert!(matches!(failed, Err(FetchError::Tampered { frame: 5, .. })), "{ending}: {failed:?}");
        assert!(!bob.vault.has(&commitment).await && !file(&bob, "chunks").exists());
        fs::write(&path, good).unwrap();
    }
    soon(bob.client.fetch(&alice.party, settlement, &commitment, &bob.vault, |_, _| {})).await.unwrap();
    assert!(bob.plain(&commitment).await == alice.plain(&commitment).await);
}

#[tokio::test]
async fn frames_of_a_wrong_length_are_tampered() {
    let (alice, bob) = pair().await;
    let (settlement, commitment) = alice.promise(&random(100), &bob).await;
    for (length, sent) in [(0, 0), (10, 10), (2000, 2000), (1_u64 << 40, 1 << 20)] {
        let mut says = format!("HTTP/1.1 200 OK\r\ncontent-length: {length}\r\n\r\n").into_bytes();
        says.resize(says.len() + sent, 0);
        let (addr, _parrot) = parrot(shown(&alice.pem.certificate, &alice.pem.key), says).await;
        let party = Party { endpoint: format!("https://{addr}"), ..alice.party.clone() };
        let failed = soon(bob.client.fetch(&party, settlement, &commitment, &bob.vault, |_, _| {})).await;
        assert!(matches!(failed, Err(FetchError::Tampered { frame: 0, .. })), "{length}: {failed:?}");
    }
}

#[tokio::test]
async fn only_who_is_entitled_gets_a_document() {
    let (alice, bob) = pair().await;
    let mallory = Node::start("mallory").await;
    alice.knows(&[&bob, &mallory]);
    let (settlement, commitment) = alice.promise(&random(100), &bob).await;
    let refused = async |settlement| {
        let fetch = mallory.client.fetch(&alice.party, settlement, &commitment, &mallory.vault, |_, _| {});
        match soon(fetch).await {
            Err(FetchError::Refused(error)) => error,
            other => panic!("{other:?}"),
        }
    };
    let error = refused(settlement).await;
    assert_eq!(error.kind(), Kind::Forbidden);
    assert!(error.outside().contains("somebody else's") && !format!("{error:?}").contains("inside\""));
    assert_eq!(refused(SettlementId(B256::ZERO)).await.kind(), Kind::NotFound);
    assert!(!mallory.vault.has(&commitment).await);
}

#[tokio::test]
async fn what_this_node_cannot_keep_is_not_asked_for() {
    let alice = Node::start("alice").await;
    let bob = Node::with("bob", Limits { document_bytes: 99, ..Limits::default() }).await;
    alice.knows(&[&bob]);
    let (settlement, commitment) = alice.promise(&random(100), &bob).await;
    let failed = soon(bob.client.fetch(&alice.party, settlement, &commitment, &bob.vault, |_, _| {})).await;
    assert!(matches!(&failed, Err(FetchError::Local(e)) if e.kind() == Kind::TooLarge), "{failed:?}");
    assert_eq!(alice.desk.asked(), 0);
}
