//! Mirrors the chain into the database: what the deployment's contracts say becomes rows that can be asked,
//! and a reorg takes exactly those rows back.
//!
//! A block is taken in by one transaction: its logs, what they mean, what follows from them, its header. Far from
//! the head one transaction takes in many. So the header that was written last says how far the mirror is, whenever
//! it was stopped, and there is nothing to recover.

pub mod events;

mod engine;
mod ledger;
mod outage;
mod project;
mod sink;

pub use engine::{
    Checkpoint, Decode, Decoded, Engine, EngineConfig, Late, Part, Progress, Rows, Target, patiently,
};
pub use ledger::{Facts, Ledger};
pub use sink::{NoSink, Sink};
