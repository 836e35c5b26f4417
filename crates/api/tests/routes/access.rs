//! Who is let in, by key and by page.

use std::num::NonZeroU32;

use axum::{
    Router,
    body::{Body, to_bytes},
    http::{HeaderMap, Request, StatusCode, header},
};
use quittance_api::{Access, Key, Scope};
use quittance_store::Store;
use serde_json::Value;
use tower::ServiceExt;

use super::{api, block, guarded};

/// A router that asks for keys: each of these has one scope, or something else that is special.
async fn with_keys() -> Router {
    let key = |name: &str, scopes: &[Scope], per_second, expires| Key {
        name: name.to_owned(),
        sha256: Key::hash(&format!("secret of {name}")),
        scopes: scopes.to_vec(),
        per_second: NonZeroU32::new(per_second),
        expires,
    };
    let all = [Scope::Read, Scope::Write, Scope::Documents];
    let store = Store::open("sqlite::memory:").await.unwrap();
    store.migrate().await.unwrap();
    let access = Access::keys(vec![
        key("reader", &all[..1], 0, Some(1)),
        key("writer", &all[1..2], 0, None),
        key("archive", &all[2..], 0, None),
        key("late", &all, 0, Some(0)),
        key("hasty", &all, 2, None),
    ]);
    guarded(store, Some(block()), access)
}

async fn knock(
    router: &Router,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
) -> (StatusCode, HeaderMap, Value) {
    let mut request = Request::builder().method(method).uri(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let response = router.clone().oneshot(request.body(Body::from("{}")).unwrap()).await.unwrap();
    let (parts, body) = response.into_parts();
    let bytes = to_bytes(body, 1 << 20).await.unwrap();
    (parts.status, parts.headers, serde_json::from_slice(&bytes).unwrap_or_default())
}

#[tokio::test]
async fn a_key_opens_what_it_is_for() {
    let router = with_keys().await;
    let id = format!("0x{}", "1".repeat(64));
    let content = format!("/api/v1/documents/{id}/content");
    let within = format!("/api/v1/namespaces/default/documents/{id}/content");
    let cases = [
        ("GET", "/api/v1/status", "reader"),
        ("GET", "/api/v1/documents", "reader"),
        ("GET", "/api/v1/namespaces", "reader"),
        ("GET", "/api/v1/namespaces/default/tokens/pools", "reader"),
        ("GET", "/ws", "reader"),
        ("GET", "/nothing", "reader"),
        ("POST", "/api/v1/tokens/mint", "writer"),
        ("POST", "/api/v1/namespaces/default/tokens/mint", "writer"),
        ("DELETE", "/api/v1/tokens/pools/gold", "writer"),
        ("PUT", "/api/v1/subscriptions", "writer"),
        ("GET", content.as_str(), "archive"),
        ("GET", within.as_str(), "archive"),
        ("POST", "/api/v1/documents", "archive"),
        ("POST", "/api/v1/namespaces/default/documents", "archive"),
    ];
    for (method, path, owner) in cases {
        for name in ["reader", "writer", "archive", "late", "nobody", "reader\" or 1=1"] {
            let bearer = format!("Bearer secret of {name}");
            let (status, headers, body) = knock(&router, method, path, &[("authorization", &bearer)]).await;
            let told = format!("{method} {path} as {name}: {status} {body}");
            match name {
                _ if name == owner => assert!(![401, 403, 429].contains(&status.as_u16()), "{told}"),
                "reader" | "writer" | "archive" => {
                    assert_eq!((status.as_u16(), body["code"].as_str()), (403, Some("FF00170")), "{told}");
                    assert!(body["detail"].as_str().unwrap().contains(name), "{told}");
                }
                _ => {
                    assert_eq!((status.as_u16(), body["code"].as_str()), (401, Some("FF00169")), "{told}");
                    assert!(headers.contains_key(header::WWW_AUTHENTICATE), "{told}");
                }
            }
            assert!(!body.to_string().contains("secret"), "{told}");
        }
        assert_eq!(knock(&router, method, path, &[]).await.0, 401, "{method} {path}");
    }
    for path in ["/healthz", "/readyz"] {
        assert_ne!(knock(&router, "GET", path, &[]).await.0, 401, "{path}");
    }
}

#[tokio::test]
async fn keys_come_in_two_forms_and_at_a_rate() {
    let router = with_keys().await;
    let status = async |authorization: &str| {
        knock(&router, "GET", "/api/v1/status", &[("authorization", authorization)]).await.0.as_u16()
    };
    // base64 of `reader:secret of reader`, `writer:secret of reader`, `reader:`
    assert_eq!(status("Basic cmVhZGVyOnNlY3JldCBvZiByZWFkZXI=").await, 200);
    assert_eq!(status("Basic d3JpdGVyOnNlY3JldCBvZiByZWFkZXI=").await, 401);
    assert_eq!(status("Basic cmVhZGVyOg==").await, 401);
    for wrong in ["Basic", "Basic !", "Bearer", "Bearer ", "Digest x", "secret of reader", ""] {
        assert_eq!(status(wrong).await, 401, "{wrong}");
    }
    let hasty = [("authorization", "Bearer secret of hasty")];
    let answers = [(); 4].map(|()| knock(&router, "GET", "/api/v1/status", &hasty));
    let answers = futures::future::join_all(answers).await;
    let (refused, served): (Vec<_>, Vec<_>) = answers.iter().partition(|answer| answer.0 == 429);
    assert!(!refused.is_empty() && served.len() >= 2, "{answers:?}");
    assert!(refused.iter().all(|(_, headers, body)| {
        headers[header::RETRY_AFTER].to_str().unwrap().parse::<u64>().unwrap() >= 1
            && body["code"] == "QT10429"
    }));
}

#[tokio::test]
async fn pages_of_others_are_kept_out() {
    let router = api(Some(block())).await;
    let register = "/api/v1/parties/self";
    let from =
        |origin| [("origin", origin), ("host", "localhost:5000"), ("content-type", "application/json")];
    for (origin, is_let_in) in [
        ("http://localhost:5000", true),
        ("https://app.example", true),
        ("https://evil.example", false),
        ("https://app.example.evil.example", false),
        ("null", false),
        ("", false),
    ] {
        let (status, headers, body) = knock(&router, "POST", register, &from(origin)).await;
        assert_eq!(status != 403, is_let_in, "{origin}: {status} {body}");
        let allowed = headers.get(header::ACCESS_CONTROL_ALLOW_ORIGIN);
        assert_eq!(allowed.is_some(), origin == "https://app.example", "{origin}: {allowed:?}");
        assert!(headers.contains_key("x-request-id"), "{origin}");
    }
    let preflight = [("origin", "https://app.example"), ("access-control-request-method", "POST")];
    let (status, headers, _) = knock(&router, "OPTIONS", register, &preflight).await;
    assert_eq!(status, 200);
    assert!(headers[header::ACCESS_CONTROL_ALLOW_METHODS].to_str().unwrap().contains("POST"));
    let (_, headers, _) = knock(&router, "GET", "/api/v1/status", &[("x-request-id", "mine")]).await;
    assert_eq!(headers["x-request-id"], "mine");
}
