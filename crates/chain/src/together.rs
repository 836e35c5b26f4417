//! Many calls of one method in one request: what an endpoint needs to read, check and answer a request, they share.

use alloy::{
    providers::{Provider, RootProvider},
    rpc::{
        client::BatchRequest,
        json_rpc::{RpcError, RpcRecv, RpcSend},
    },
    transports::{TransportError, TransportErrorKind, TransportResult},
};
use futures::future::join_all;

/// The status of an answer to a request that only came too soon.
const TOO_MANY: u16 = 429;

/// The answers, in the order of the calls. An endpoint that takes no lists, or none so long, is asked one by one.
///
/// # Errors
/// When the endpoint does not answer, or asks for patience.
pub(crate) async fn ask<P: RpcSend, R: RpcRecv>(
    provider: &RootProvider,
    method: &'static str,
    calls: &[P],
) -> TransportResult<Vec<TransportResult<R>>> {
    if calls.len() > 1 {
        match list(provider, method, calls).await {
            Ok(answers) if answers.iter().any(|answer| !answer.as_ref().is_err_and(is_missing)) => {
                return Ok(answers);
            }
            Err(error) if !takes_no_list(&error) => return Err(error),
            _ => tracing::debug!(method, calls = calls.len(), "the endpoint does not take such a list"),
        }
    }
    let mut answers = vec![];
    for call in calls {
        match provider.client().request(method, call.clone()).await {
            Err(error) if is_in_trouble(&error) => return Err(error),
            answer => answers.push(answer),
        }
    }
    Ok(answers)
}

async fn list<P: RpcSend, R: RpcRecv>(
    provider: &RootProvider,
    method: &'static str,
    calls: &[P],
) -> TransportResult<Vec<TransportResult<R>>> {
    let mut list = BatchRequest::new(provider.client());
    let answers: TransportResult<Vec<_>> = calls.iter().map(|call| list.add_call(method, call)).collect();
    list.send().await?;
    Ok(join_all(answers?).await)
}

/// Whether a whole list was refused for what it is. Where the refusal is a JSON-RPC error, each call lacks an answer.
fn takes_no_list(error: &TransportError) -> bool {
    let RpcError::Transport(TransportErrorKind::HttpError(said)) = error else { return false };
    (400..500).contains(&said.status) && said.status != TOO_MANY
}

/// Whether asking for more would be in vain now.
fn is_in_trouble(error: &TransportError) -> bool {
    error.as_error_resp().is_none_or(|said| said.is_retry_err())
}

fn is_missing(error: &TransportError) -> bool {
    matches!(error, RpcError::Transport(TransportErrorKind::MissingBatchResponse(_)))
}

#[cfg(test)]
mod tests {
    use alloy::{primitives::U64, rpc::client::RpcClient};
    use serde_json::{Value, json};
    use tokio::{
        io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
        net::{TcpListener, TcpStream},
        sync::mpsc,
    };

    use super::*;

    /// An endpoint that answers each call with its own first parameter, and a list as `refuses` says, if it does.
    /// Beside it come the numbers of calls in the requests that it gets.
    async fn endpoint(refuses: Option<(u16, &'static str)>) -> (RootProvider, mpsc::Receiver<usize>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap()).parse().unwrap();
        let (told, asked) = mpsc::channel(16);
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let request = read(&mut stream).await;
                let one = |call: &Value| match call["params"][0].as_str() {
                    Some("0x0") => {
                        json!({"jsonrpc": "2.0", "id": call["id"], "error": {"code": 3, "message": "no"}})
                    }
                    _ => json!({"jsonrpc": "2.0", "id": call["id"], "result": call["params"][0]}),
                };
                told.try_send(request.as_array().map_or(1, Vec::len)).unwrap();
                let (status, body) = match (&request, refuses) {
                    (Value::Array(_), Some((status, body))) => (status, body.to_owned()),
                    (Value::Array(calls), None) => {
                        (200, json!(calls.iter().map(one).collect::<Vec<_>>()).to_string())
                    }
                    (call, _) => (200, one(call).to_string()),
                };
                let head = format!(
                    "HTTP/1.1 {status} X\r\nconnection: close\r\ncontent-length: {}\r\n\r\n",
                    body.len()
                );
                stream.write_all((head + &body).as_bytes()).await.unwrap();
            }
        });
        (RootProvider::new(RpcClient::new_http(url)), asked)
    }

    async fn read(stream: &mut TcpStream) -> Value {
        let (mut reader, mut length) = (BufReader::new(stream), 0);
        loop {
            let mut line = String::new();
            reader.read_line(&mut line).await.unwrap();
            if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                length = value.trim().parse().unwrap();
            }
            if line.trim().is_empty() {
                let mut body = vec![0; length];
                reader.read_exact(&mut body).await.unwrap();
                return serde_json::from_slice(&body).unwrap();
            }
        }
    }

    fn calls() -> Vec<(U64,)> {
        [5, 0, 7].map(|n| (U64::from(n),)).to_vec()
    }

    /// What came of the calls: the second is refused, whichever way it is asked.
    fn check(answers: &[TransportResult<U64>]) {
        assert_eq!(answers.len(), 3);
        assert_eq!(*answers[0].as_ref().unwrap(), U64::from(5));
        assert!(matches!(&answers[1], Err(RpcError::ErrorResp(said)) if said.code == 3), "{:?}", answers[1]);
        assert_eq!(*answers[2].as_ref().unwrap(), U64::from(7));
    }

    #[tokio::test]
    async fn calls_go_in_one_request() {
        let (provider, mut asked) = endpoint(None).await;
        check(&ask(&provider, "test", &calls()).await.unwrap());
        assert_eq!(asked.recv().await, Some(3));
        assert!(asked.is_empty());
    }

    #[tokio::test]
    async fn an_endpoint_without_lists_is_asked_one_by_one() {
        let error = r#"{"jsonrpc":"2.0","id":null,"error":{"code":-32600,"message":"no lists"}}"#;
        for refusal in [(400, "no lists"), (200, error), (400, error), (413, "too large"), (200, "[]")] {
            let (provider, mut asked) = endpoint(Some(refusal)).await;
            check(&ask(&provider, "test", &calls()).await.unwrap());
            let requests: Vec<usize> = std::iter::from_fn(|| asked.try_recv().ok()).collect();
            assert_eq!(requests, [3, 1, 1, 1], "{refusal:?}");
        }
    }

    #[tokio::test]
    async fn an_endpoint_in_trouble_is_not_asked_more() {
        for trouble in [(502, "bad gateway"), (429, "too many"), (200, "half an ans")] {
            let (provider, mut asked) = endpoint(Some(trouble)).await;
            assert!(ask::<_, U64>(&provider, "test", &calls()).await.is_err(), "{trouble:?}");
            let requests: Vec<usize> = std::iter::from_fn(|| asked.try_recv().ok()).collect();
            assert_eq!(requests, [3], "{trouble:?}");
        }
    }
}
