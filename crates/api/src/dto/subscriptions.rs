//! Subscriptions in the words of FireFly's API.

use quittance_store::subscriptions;
use serde::Serialize;
use serde_json::Value;

use super::tokens::time;
use crate::ids::NAMESPACE;

#[derive(Serialize)]
pub(crate) struct Subscription {
    id: String,
    namespace: &'static str,
    name: String,
    transport: &'static str,
    filter: Value,
    options: Value,
    created: String,
    updated: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<Standing>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Standing {
    current_offset: u64,
}

impl Subscription {
    /// The same, with the number up to which all was told and acknowledged.
    pub(crate) fn at(self, position: u64) -> Self {
        Self { status: Some(Standing { current_offset: position }), ..self }
    }
}

impl From<subscriptions::Subscription> for Subscription {
    fn from(row: subscriptions::Subscription) -> Self {
        Self {
            id: row.id,
            namespace: NAMESPACE,
            name: row.name,
            transport: "websockets",
            filter: row.filter,
            options: row.options,
            created: time(row.created_at),
            updated: time(row.updated_at),
            status: None,
        }
    }
}
