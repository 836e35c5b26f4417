//! New blocks as a node tells them over a WebSocket: sooner than asking, and never needed. While there is no
//! connection, whoever waits here waits in vain and asks.

use std::time::Duration;

use futures::{SinkExt, StreamExt};
use quittance_domain::{Error, Result};
use serde::Deserialize;
use tokio::{
    sync::watch,
    time::{sleep, timeout},
};
use tokio_tungstenite::{
    connect_async_with_config,
    tungstenite::{Message, client::IntoClientRequest, protocol::WebSocketConfig},
};

use super::json::Header;

/// A connection that says nothing for so long is asked whether it is there, and given up the second time.
const SILENCE: Duration = Duration::from_secs(20);
/// Between two attempts to connect.
const PAUSE: Duration = Duration::from_secs(1);
/// Bytes in a message: a header has a few hundred, and some nodes add a block's transactions.
const MOST: usize = 4 << 20;

const SUBSCRIBE: &str = r#"{"jsonrpc":"2.0","id":1,"method":"eth_subscribe","params":["newHeads"]}"#;

/// What was told last.
#[derive(Clone, Debug, Default)]
pub struct Told {
    /// The newest block.
    pub head: Option<Header>,
    /// Whether more will be told.
    pub connected: bool,
}

/// Subscribes to new blocks at `url`, again and again for as long as somebody listens.
///
/// # Errors
/// When the address is none.
pub fn heads(url: &str) -> Result<watch::Receiver<Told>> {
    let wrong = || Error::invalid("is not a ws:// or wss:// address").field("ws");
    if !url.starts_with("ws://") && !url.starts_with("wss://") {
        return Err(wrong());
    }
    url.into_client_request().map_err(|_| wrong())?;
    let (send, receive) = watch::channel(Told::default());
    let url = url.to_owned();
    tokio::spawn(async move {
        while !send.is_closed() {
            if let Err(error) = listen(&url, &send).await {
                tracing::debug!(error = %error, "no subscription to new blocks");
            }
            send.send_modify(|told| told.connected = false);
            tokio::select! {
                () = send.closed() => return,
                () = sleep(PAUSE) => {}
            }
        }
    });
    Ok(receive)
}

type Broken = Box<dyn std::error::Error + Send + Sync>;

async fn listen(url: &str, told: &watch::Sender<Told>) -> Result<(), Broken> {
    let limits = WebSocketConfig::default().max_message_size(Some(MOST)).max_frame_size(Some(MOST));
    let connect = connect_async_with_config(url, Some(limits), true);
    let (mut socket, _) = timeout(SILENCE, connect).await??;
    socket.send(Message::text(SUBSCRIBE)).await?;
    let mut silent = false;
    loop {
        let message = tokio::select! {
            () = told.closed() => return Ok(()),
            message = timeout(SILENCE, socket.next()) => message,
        };
        match message {
            Ok(Some(message)) => {
                silent = false;
                if let Message::Text(text) = message? {
                    take(&text, told)?;
                }
            }
            Ok(None) => return Err("the connection was closed".into()),
            Err(_) if silent => return Err("the connection is silent".into()),
            Err(_) => {
                silent = true;
                socket.send(Message::Ping(Vec::new().into())).await?;
            }
        }
    }
}

#[derive(Deserialize)]
struct Notice {
    params: Option<Params>,
    error: Option<serde_json::Value>,
}

#[derive(Deserialize)]
struct Params {
    result: Header,
}

/// Takes in what a node says: that there is a subscription, or a block.
fn take(text: &str, told: &watch::Sender<Told>) -> Result<(), Broken> {
    let notice: Notice = serde_json::from_str(text)?;
    if let Some(error) = notice.error {
        return Err(error.to_string().into());
    }
    let head = notice.params.map(|params| params.result);
    told.send_modify(|told| {
        told.connected = true;
        if head.is_some() {
            told.head = head;
        }
    });
    Ok(())
}
