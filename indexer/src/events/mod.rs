//! Any contracts' events in a database of their own: one table per event, one column per argument, and the raw
//! log of whatever the interface does not explain.
//!
//! ```text
//! plan     which contracts, which tables           decode   logs to rows
//! engine   compare, take back, catch up, follow    verify   the database against the chain
//! query    the tables over HTTP, read-only
//! ```

mod backfill;
mod contract;
mod decode;
mod engine;
mod form;
mod plan;
mod query;
mod verify;

pub use contract::{Contract, Place};
pub use decode::{Decoded, Decoder};
pub use engine::{Engine, EngineConfig, Progress, identity};
pub use form::Form;
pub use plan::{LOGS, Plan};
pub use query::router;
pub use verify::{Difference, Report, verify};
