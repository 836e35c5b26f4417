//! The nouns, facts and flows of Quittance.
//!
//! Nothing here does I/O, is async, or has a clock of its own: `now` and ids are arguments. Every edge
//! (HTTP, SQL, the chain, peers) translates its own shapes into these and back.

pub mod amount;
pub mod asset;
pub mod block;
pub mod deal;
pub mod document;
pub mod error;
pub mod fact;
pub mod flows;
pub mod id;
pub mod intent;
pub mod message;
pub mod party;
pub mod settlement;

pub use alloy_primitives::{Address, B256, Bytes, U256};
pub use amount::Amount;
pub use asset::{Asset, AssetKind};
pub use block::{Block, BlockRef, Timestamp};
pub use error::{Error, Kind, Result};
pub use id::{DocumentId, SettlementId};
