//! What the stories, the demo and the benchmarks stand on: a real chain, real contracts and real nodes,
//! each in a process that never outlives its starter.
//!
//! Nothing here knows the inside of a node: it is driven by its command line and its HTTP API, and checked
//! against the chain.

pub mod anvil;
pub mod api;
pub mod chain;
pub mod deploy;
mod dump;
pub mod emitter;
pub mod faulty;
pub mod node;
pub mod ports;
pub mod postgres;
pub mod process;
pub mod replay;
pub mod rpc;
pub mod tools;
pub mod trade;
pub mod wait;
pub mod world;

pub use anvil::Anvil;
pub use api::Api;
pub use chain::Chain;
pub use dump::{dump, tamper};
pub use node::Node;
pub use wait::wait_for;
pub use world::{Database, World};
