//! Messages and what becomes of them.

use quittance_domain::{B256, Error, Kind, SettlementId, message::Message, party::Party};
use quittance_exchange::TellError;
use rustls::version::TLS13;

use crate::harness::{Node, exchange, hello, pair, parrot, raw, shown, soon};

fn refused(told: Result<(), TellError>) -> Error {
    match told {
        Err(TellError::Refused(error)) => error,
        other => panic!("{other:?}"),
    }
}

/// What `to` answers when `from` sends this.
async fn answer(from: &Node, to: &Node, head: &str, body: &[u8]) -> String {
    let show = shown(&from.pem.certificate, &from.pem.key);
    let mut stream = raw(to.addr, Some(show), &TLS13).await.unwrap();
    let head = format!(
        "{head} HTTP/1.1\r\nhost: peer\r\nconnection: close\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    soon(exchange(&mut stream, &[head.as_bytes(), body].concat())).await.unwrap()
}

#[tokio::test]
async fn a_message_arrives_with_its_true_sender() {
    let (alice, bob) = pair().await;
    for _ in 0..3 {
        soon(bob.client.tell(&alice.party, &hello())).await.unwrap();
    }
    let heard = alice.desk.messages.lock().unwrap().clone();
    assert_eq!(heard, vec![(bob.party.address, hello()); 3]);
}

#[tokio::test]
async fn the_handlers_answer_says_whether_to_repeat() {
    let (alice, bob) = pair().await;
    let told = async |error: Error| {
        *alice.desk.answer.lock().unwrap() = Some(error);
        soon(bob.client.tell(&alice.party, &hello())).await
    };
    let error = refused(told(Error::conflict("too late").field("settlement").because("secret")).await);
    assert_eq!((error.kind(), error.field_name()), (Kind::Conflict, Some("settlement")));
    assert!(error.outside().contains("too late") && !format!("{error:?}").contains("secret"));
    for error in [Error::internal("secret"), Error::unavailable("not now", "secret")] {
        match told(error).await {
            Err(TellError::Unreachable(error)) => assert!(!format!("{error:?}").contains("secret")),
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn an_oversized_message_is_413_and_unheard() {
    let (alice, bob) = pair().await;
    let post = "POST /peer/v1/messages";
    let answered = answer(&bob, &alice, post, &vec![b' '; (64 << 10) + 1]).await;
    assert!(answered.starts_with("HTTP/1.1 413"), "{answered}");
    assert!(answered.contains("application/problem+json") && answered.contains("\"field\":\"message\""));
    let reason = "x".repeat(64 << 10);
    let long = Message::Refusal { settlement: SettlementId(B256::ZERO), reason };
    assert_eq!(refused(soon(bob.client.tell(&alice.party, &long)).await).kind(), Kind::TooLarge);
    assert_eq!(alice.desk.asked(), 0);
}

#[tokio::test]
async fn what_is_no_message_is_400_and_says_why() {
    let (alice, bob) = pair().await;
    let post = "POST /peer/v1/messages";
    let bad: [(&[u8], &str); 5] = [
        (b"", "EOF"),
        (b"{", "EOF"),
        (b"{\"type\":\"acceptance\"}", "settlement"),
        (b"{\"type\":\"gossip\"}", "gossip"),
        (b"{\"type\":\"acceptance\",\"settlement\":\"0x00\"}", "settlement"),
    ];
    for (body, why) in bad {
        let answered = answer(&bob, &alice, post, body).await;
        assert!(answered.starts_with("HTTP/1.1 400"), "{answered}");
        assert!(answered.contains("\"field\":\"message\""), "{answered}");
        assert!(answered.contains(why) || why == "settlement", "{answered}");
    }
    assert_eq!(alice.desk.asked(), 0);
}

#[tokio::test]
async fn what_is_not_there_is_a_problem_too() {
    let (alice, bob) = pair().await;
    let id = SettlementId(B256::ZERO);
    let cases = [
        ("GET /".to_owned(), "404", ""),
        ("GET /peer/v1/messages".to_owned(), "405", ""),
        ("GET /peer/v1/settlements/0x1/frames/0".to_owned(), "400", "\"field\":\"settlement\""),
        (format!("GET /peer/v1/settlements/{id}/frames/-1"), "400", "\"field\":\"index\""),
        (format!("GET /peer/v1/settlements/{id}/frames/0"), "404", "no such settlement"),
    ];
    for (head, status, says) in cases {
        let answered = answer(&bob, &alice, &head, b"").await;
        assert!(answered.starts_with(&format!("HTTP/1.1 {status}")), "{head}: {answered}");
        assert!(answered.contains("application/problem+json") && answered.contains(says), "{answered}");
    }
}

#[tokio::test]
async fn endpoints_that_are_no_endpoints_are_refused() {
    let (alice, bob) = pair().await;
    let port = alice.addr.port();
    let bad =
        ["", "x", "http://h:1", "https://", "https://h:1/path", "https://h:1/?q", "https://u:p@h:1", "h:1"];
    for endpoint in bad {
        let party = Party { endpoint: endpoint.to_owned(), ..alice.party.clone() };
        let error = refused(soon(bob.client.tell(&party, &hello())).await);
        assert_eq!(error.field_name(), Some("endpoint"), "{endpoint}");
    }
    let party = Party { endpoint: format!("https://localhost:{port}/"), ..alice.party.clone() };
    soon(bob.client.tell(&party, &hello())).await.unwrap();
}

#[tokio::test]
async fn nonsense_from_a_peer_is_bounded_and_not_followed() {
    let (alice, bob) = pair().await;
    let elsewhere = format!(
        "HTTP/1.1 307 x\r\nlocation: {}/peer/v1/messages\r\ncontent-length: 0\r\n\r\n",
        alice.party.endpoint
    );
    let mut endless = b"HTTP/1.1 500 x\r\ncontent-length: 1099511627776\r\n\r\n".to_vec();
    endless.resize(1 << 20, b'x');
    for says in [elsewhere.into_bytes(), endless, b"nonsense".to_vec(), Vec::new()] {
        let (addr, _parrot) = parrot(shown(&alice.pem.certificate, &alice.pem.key), says).await;
        let party = Party { endpoint: format!("https://{addr}"), ..alice.party.clone() };
        let told = soon(bob.client.tell(&party, &hello())).await;
        assert!(matches!(told, Err(TellError::Unreachable(_))), "{told:?}");
    }
    assert_eq!(alice.desk.asked(), 0);
}
