//! Any contracts' events in a database of their own: one table per event, one column per argument, and the raw
//! log of whatever the interface does not explain.
//!
//! ```text
//! plan     which contracts, which tables           decode   logs to rows
//! tables   what the engine fills                   verify   the database against the chain
//! query    the tables over HTTP, read-only
//! ```

mod contract;
mod decode;
mod form;
mod plan;
mod query;
mod tables;
mod verify;

pub use contract::{Contract, Place};
pub use decode::Decoder;
pub use form::Form;
pub use plan::{LOGS, Plan};
pub use query::router;
pub use tables::{EventTables, Scope, identity};
pub use verify::{Difference, Report, verify};
