//! By which names this node answers. A page in a browser can have its own name lead to this machine (DNS rebinding), and
//! then asks as if it were a page of this node; but it cannot choose what the browser says whom it asks.

use std::{net::IpAddr, sync::Arc};

use axum::{
    extract::Request,
    http::{StatusCode, header, uri::Authority},
    middleware::Next,
    response::{IntoResponse, Response},
};

use crate::problem::Problem;

/// Names that a node answers by.
#[derive(Clone, Debug)]
pub struct Hosts(Option<Arc<[String]>>);

impl Hosts {
    /// Whatever a request says.
    #[must_use]
    pub const fn any() -> Self {
        Self(None)
    }

    /// These, and what cannot be made to lead here by others: addresses, and `localhost`.
    #[must_use]
    pub fn only(names: &[String]) -> Self {
        Self(Some(names.iter().map(|name| name.to_ascii_lowercase()).collect()))
    }

    /// Whether a request to this host is to this node.
    fn know(&self, host: &str) -> bool {
        let Some(names) = &self.0 else { return true };
        let Ok(authority) = host.parse::<Authority>() else { return false };
        let name = authority.host().to_ascii_lowercase();
        let address = name.trim_start_matches('[').trim_end_matches(']');
        address.parse::<IpAddr>().is_ok()
            || name == "localhost"
            || name.ends_with(".localhost")
            || names.contains(&name)
    }

    /// Refuses what is meant for another host.
    pub(crate) async fn check(self, request: Request, next: Next) -> Response {
        let said = request.headers().get(header::HOST).map(|host| host.to_str().unwrap_or_default());
        let host = said.or_else(|| request.uri().authority().map(Authority::as_str));
        // Only browsers can be misled, and they always say whom they ask.
        if host.is_none_or(|host| self.know(host)) {
            return next.run(request).await;
        }
        let text = "host: is no name of this node; api.hosts may list more";
        Problem::http(StatusCode::MISDIRECTED_REQUEST, "QT10421", text).into_response()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_others_can_point_here_are_not_ours() {
        let hosts = Hosts::only(&["Node.example".to_owned()]);
        for ours in [
            "127.0.0.1:5000",
            "[::1]:5000",
            "10.0.0.7",
            "localhost",
            "LOCALHOST:1",
            "a.localhost",
            "node.example:80",
        ] {
            assert!(hosts.know(ours), "{ours}");
        }
        for other in [
            "evil.example",
            "evil.example:5000",
            "localhost.evil.example",
            "x.node.example",
            "",
            "a b",
            "::1",
        ] {
            assert!(!hosts.know(other), "{other}");
        }
        assert!(Hosts::any().know("evil.example"));
    }
}
