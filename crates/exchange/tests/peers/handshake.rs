//! Who gets through the handshake, and who does not.

use quittance_domain::{B256, Kind, party::Party};
use quittance_exchange::{Identity, Limits, Pem, TellError};
use rustls::version::{TLS12, TLS13};

use crate::harness::{Node, exchange, hello, pair, parrot, raw, shown, soon};

const REQUEST: &[u8] = b"POST /peer/v1/messages HTTP/1.1\r\nhost: peer\r\ncontent-length: 2\r\n\r\n{}";

fn unreachable(told: Result<(), TellError>, because: &str) {
    match told {
        Err(TellError::Unreachable(error)) => {
            assert_eq!(error.kind(), Kind::Unavailable);
            let inside = error.inside().unwrap();
            assert!(inside.contains(because), "{inside}");
        }
        other => panic!("{other:?}"),
    }
}

/// A certificate that is no longer valid.
fn expired() -> Pem {
    let mut params = rcgen::CertificateParams::default();
    params.not_before = rcgen::date_time_ymd(2001, 1, 1);
    params.not_after = rcgen::date_time_ymd(2002, 1, 1);
    let key = rcgen::KeyPair::generate().unwrap();
    Pem { certificate: params.self_signed(&key).unwrap().pem(), key: key.serialize_pem() }
}

#[tokio::test]
async fn an_unknown_key_is_refused_before_anything_is_heard() {
    let (alice, _bob) = pair().await;
    let mallory = Node::start("mallory").await;
    unreachable(soon(mallory.client.tell(&alice.party, &hello())).await, "UnknownCA");
    assert_eq!(alice.desk.asked(), 0);
}

#[tokio::test]
async fn a_server_with_another_key_is_refused_before_anything_is_said() {
    let (alice, bob) = pair().await;
    let expected = Party { tls_key: B256::repeat_byte(9), ..alice.party.clone() };
    unreachable(soon(bob.client.tell(&expected, &hello())).await, "ApplicationVerificationFailure");
    assert_eq!(alice.desk.asked(), 0);
    soon(bob.client.tell(&alice.party, &hello())).await.unwrap();
}

#[tokio::test]
async fn no_certificate_is_refused() {
    let (alice, _bob) = pair().await;
    let refused = soon(async {
        let mut stream = raw(alice.addr, None, &TLS13).await?;
        exchange(&mut stream, REQUEST).await
    });
    let refused = refused.await.unwrap_err().to_string();
    assert!(refused.contains("CertificateRequired"), "{refused}");
    assert_eq!(alice.desk.asked(), 0);
}

#[tokio::test]
async fn a_known_certificate_without_its_key_is_refused() {
    let (alice, bob) = pair().await;
    let other = Identity::generate("did:other").unwrap();
    let refused = soon(async {
        let mut stream = raw(alice.addr, Some(shown(&bob.pem.certificate, &other.key)), &TLS13).await?;
        exchange(&mut stream, REQUEST).await
    });
    let refused = refused.await.unwrap_err().to_string();
    assert!(refused.contains("DecryptError") || refused.contains("BadCertificate"), "{refused}");
    assert_eq!(alice.desk.asked(), 0);

    let (addr, _parrot) = parrot(shown(&alice.pem.certificate, &other.key), Vec::new()).await;
    let party = Party { endpoint: format!("https://{addr}"), ..alice.party.clone() };
    unreachable(soon(bob.client.tell(&party, &hello())).await, "BadSignature");
}

#[tokio::test]
async fn tls_1_2_is_refused() {
    let (alice, bob) = pair().await;
    let show = || Some(shown(&bob.pem.certificate, &bob.pem.key));
    let refused = soon(raw(alice.addr, show(), &TLS12)).await.unwrap_err().to_string();
    assert!(refused.contains("ProtocolVersion"), "{refused}");
    assert!(soon(raw(alice.addr, show(), &TLS13)).await.is_ok());
}

#[tokio::test]
async fn an_expired_certificate_is_refused_on_either_side() {
    let good = Node::start("good").await;
    let stale = Node::with_pem("stale", Limits::default(), expired()).await;
    good.knows(&[&stale]);
    stale.knows(&[&good]);
    unreachable(soon(stale.client.tell(&good.party, &hello())).await, "CertificateExpired");
    unreachable(soon(good.client.tell(&stale.party, &hello())).await, "xpired");
    assert_eq!(good.desk.asked() + stale.desk.asked(), 0);
}

#[tokio::test]
async fn a_key_taken_off_the_registry_is_refused_on_an_open_connection() {
    let (alice, bob) = pair().await;
    soon(bob.client.tell(&alice.party, &hello())).await.unwrap();
    alice.knows(&[]);
    let refused = soon(bob.client.tell(&alice.party, &hello())).await;
    assert!(matches!(&refused, Err(TellError::Refused(e)) if e.kind() == Kind::Forbidden), "{refused:?}");
    unreachable(soon(bob.client.tell(&alice.party, &hello())).await, "UnknownCA");
    assert_eq!(alice.desk.asked(), 1);
}
