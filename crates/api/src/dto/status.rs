//! Who this node is: in our words, and in those of FireFly's API.

use quittance_domain::{Address, B256, Block, Timestamp, party};
use serde::Serialize;
use uuid::Uuid;

use super::CONNECTOR;
use crate::{
    Api,
    ids::{self, NAMESPACE},
};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Status {
    name: String,
    did: String,
    address: Address,
    chain_id: u64,
    version: &'static str,
    registered: bool,
    head: Option<Head>,
    contracts: Addresses,
    #[serde(flatten)]
    firefly: FireFly,
}

/// What FireFly's applications look for.
#[derive(Serialize)]
struct FireFly {
    namespace: Namespace,
    node: Node,
    org: Org,
    plugins: Plugins,
    multiparty: Multiparty,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Namespace {
    name: &'static str,
    network_name: &'static str,
    description: &'static str,
}

impl Namespace {
    /// The one that there is.
    pub(crate) const ONLY: Self = Self { name: NAMESPACE, network_name: NAMESPACE, description: "" };
}

#[derive(Serialize)]
struct Node {
    name: String,
    id: Uuid,
    registered: bool,
}

#[derive(Serialize)]
struct Org {
    name: String,
    did: String,
    id: Uuid,
    registered: bool,
    verifiers: [Verifier; 1],
}

#[derive(Serialize)]
struct Verifier {
    r#type: &'static str,
    value: Address,
}

/// What does what, each kind by one plugin.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Plugins {
    blockchain: [Plugin; 1],
    database: [Plugin; 1],
    data_exchange: [Plugin; 1],
    events: [Plugin; 0],
    identity: [Plugin; 0],
    shared_storage: [Plugin; 0],
    tokens: [Plugin; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Plugin {
    name: &'static str,
    plugin_type: &'static str,
}

/// Messages among parties in FireFly's way are not spoken yet.
#[derive(Serialize)]
struct Multiparty {
    enabled: bool,
}

impl FireFly {
    fn new(name: &str, us: Address, registered: bool) -> Self {
        let did = party::did(name);
        let plugin = |plugin_type| Plugin { name: CONNECTOR, plugin_type };
        Self {
            namespace: Namespace::ONLY,
            node: Node { name: name.into(), id: ids::named(&format!("node {did}")), registered },
            org: Org {
                name: name.into(),
                id: ids::named(&did),
                did,
                registered,
                verifiers: [Verifier { r#type: "ethereum_address", value: us }],
            },
            plugins: Plugins {
                blockchain: [plugin("ethereum")],
                database: [plugin("sql")],
                data_exchange: [plugin("https")],
                events: [],
                identity: [],
                shared_storage: [],
                tokens: [plugin("erc20_erc721")],
            },
            multiparty: Multiparty { enabled: false },
        }
    }
}

#[derive(Serialize)]
struct Head {
    number: u64,
    hash: B256,
    timestamp: Timestamp,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Addresses {
    cash: Address,
    deed: Address,
    document_registry: Address,
    party_registry: Address,
    settlement: Address,
}

impl Status {
    pub(crate) fn new(api: &Api, head: Option<Block>, entry: Option<&party::Party>) -> Self {
        let of = &api.app.deployment.contracts;
        let me = &api.me;
        let current = |entry: &party::Party| {
            (&entry.name, &entry.endpoint, entry.tls_key) == (&me.name, &me.endpoint, me.tls_key)
        };
        let registered = entry.is_some_and(current);
        Self {
            firefly: FireFly::new(&me.name, api.app.us, registered),
            name: me.name.clone(),
            did: party::did(&me.name),
            address: api.app.us,
            chain_id: api.app.deployment.chain_id,
            version: env!("CARGO_PKG_VERSION"),
            registered,
            head: head.map(|head| Head { number: head.number, hash: head.hash, timestamp: head.timestamp }),
            contracts: Addresses {
                cash: of.cash,
                deed: of.deed,
                document_registry: of.document_registry,
                party_registry: of.party_registry,
                settlement: of.settlement,
            },
        }
    }
}
