//! The only SQL of the node: one body of it for SQLite and PostgreSQL, one module per noun.
//!
//! A caller opens a [`Tx`] and passes it to the modules' functions, so it is the caller who decides what
//! is done together. [`Store::begin`] is *the* write transaction: there is one writer at a time, and what a
//! writer reads stays true until it commits.
//!
//! ```text
//! blocks events parties documents tokens units approvals   what the chain says: history, undone by `unwind`
//! deals credits councils pins                              the same
//! trades outbox transactions requests files                what this node does
//! pools                                                    tokens that it works with besides its deployment's
//! feed subscriptions                                       what it tells its applications, and whom
//! filter                                                   lists as an application asks for them
//! lookups                                                  indexes that a new database is filled without
//! tables                                                   any contract's events, for the mirror by itself
//! ```

pub mod approvals;
pub mod blocks;
pub mod councils;
pub mod credits;
pub mod deals;
pub mod documents;
pub mod events;
pub mod feed;
pub mod files;
pub mod filter;
pub mod lookups;
pub mod outbox;
pub mod parties;
pub mod pins;
pub mod pools;
pub mod requests;
pub mod subscriptions;
pub mod tables;
pub mod tokens;
pub mod trades;
pub mod transactions;
pub mod units;

mod dialect;
mod error;
mod page;
mod postgres;
mod sqlite;
mod together;
mod tx;
mod value;

pub use dialect::Store;
pub use page::{Page, Position};
pub use together::Doing;
pub use tx::Tx;
