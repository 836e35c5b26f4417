//! The only road to the chain: its logs become the domain's facts, and the domain's calls become signed
//! transactions. Nothing here keeps state; what must survive a crash is stored by whoever asks.

mod calls;
mod logs;
mod rpc;
mod together;
mod wallet;
pub mod wire;

pub use calls::{Fees, Prepared};
pub use logs::{Tokens, fact};
pub use rpc::{Chain, Inclusion, Refusal, Rpc, Token};
pub use wallet::{SignedTransaction, Wallet};
