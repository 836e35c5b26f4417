//! Delivery versus payment: a deed and its private document against money.
//!
//! One party offers a deal and the other accepts it; the terms travel privately and their hash is the
//! settlement's id. Each then locks its own leg in the settlement contract: the seller the deed, the buyer
//! the money. Once the chain says that both are locked, the buyer fetches the document from the seller,
//! checks every chunk against the commitment, and signs a receipt. With the receipt anyone may settle, and
//! both legs change hands in one transaction. Whatever does not happen in time is undone by the same
//! contract, and each side asks for that by itself.
//!
//! ```text
//! Draft ─propose─▶ Proposed ─accept─▶ Accepted ─lock─▶ Open ─lock─▶ Armed ─settle─▶ Settled
//!                     │  │               │               │            │
//!              decline│  │fundBy         │fundBy         │fundBy      │settleBy
//!                     ▼  ▼               ▼               ▼            ▼
//!               Declined Lapsed        Lapsed          Aborted      Aborted
//! ```
//!
//! | if this fails, or the process dies here | then |
//! |---|---|
//! | a peer does not answer | it is told again until `fundBy` (`settleBy` for a receipt), then the trade ends |
//! | a leg is not locked in time | the side whose leg is locked aborts at `fundBy` and has it back |
//! | the document does not come, or does not match | no receipt is signed; aborted at `settleBy` |
//! | the receipt is signed, and the seller is silent | the buyer settles in the last quarter of the window |
//! | a reorg takes a step back | the journal loses the chain's inputs above it and is folded anew |
//!
//! A trade is its journal: [`Trade::fold`] of all inputs so far. Nothing else is stored of its state, so a
//! restart has nothing to recover.

use alloy_primitives::Bytes;
use serde::{Deserialize, Serialize};

use crate::{
    Error, Result, Timestamp,
    deal::{Deal, Side},
    settlement::Status,
};

/// Seconds that the buyer leaves the seller to abort an expired settlement before doing so itself, so that
/// as a rule only one of them pays for it.
pub const ABORT_GRACE: Timestamp = 15;

/// Where a trade stands, as this party knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// Nothing has been said yet.
    Draft,
    /// Offered, and not yet accepted.
    Proposed {
        /// We locked nothing yet and want to be asked first.
        hold: bool,
        /// A leg that is locked already, before anything was agreed.
        locked: Option<Side>,
    },
    /// Agreed; nothing is locked.
    Accepted(Progress),
    /// One leg is locked.
    Open(Side, Progress),
    /// Both legs are locked.
    Armed(Progress),
    /// Deed and money changed hands.
    Settled,
    /// What was locked went back.
    Aborted,
    /// Turned down.
    Declined,
    /// Nothing was locked in time, so there is nothing to undo.
    Lapsed,
}

/// How far this party has come with what it does itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Progress {
    /// The furthest thing we asked of the chain.
    pub asked: Asked,
    /// How far the document has come.
    pub delivery: Delivery,
}

/// What we asked of the chain, in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Asked {
    /// Nothing: our leg is on hold.
    Nothing,
    /// To lock our leg.
    Lock,
    /// To settle.
    Settle,
    /// To give back what is locked.
    Abort,
}

/// How far the document has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Delivery {
    /// Not there yet.
    Pending,
    /// The buyer has it, and it matches the commitment.
    Delivered,
    /// The buyer's signed receipt is there.
    Receipted(Bytes),
    /// The chain has the receipt: nothing can undo the settlement any more.
    Satisfied,
}

/// What can happen to a trade.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "input", rename_all = "snake_case")]
pub enum Input {
    /// The deal was offered.
    Proposed {
        /// Our own leg waits for [`Input::Released`].
        hold: bool,
    },
    /// The side that was asked agrees.
    Accepted {
        /// Which side agrees.
        by: Side,
        /// Our own leg waits for [`Input::Released`].
        hold: bool,
    },
    /// One side turns it down.
    Declined {
        /// Which side.
        by: Side,
        /// Why.
        reason: String,
    },
    /// We release our own leg, which was on hold.
    Released,
    /// The chain: one leg is locked.
    Locked {
        /// Whose.
        leg: Side,
    },
    /// The buyer has the whole document, and it matches.
    Delivered,
    /// The buyer's receipt is signed.
    Receipted {
        /// The EIP-712 signature.
        signature: Bytes,
    },
    /// The chain: the receipt is shown.
    Satisfied,
    /// The chain: settled.
    Settled,
    /// The chain: undone.
    Aborted,
    /// The chain's time passed a deadline.
    Clock,
}

/// What a step asks of the world.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Offer the deal to the other side.
    Propose,
    /// Tell the other side that we accept.
    Accept,
    /// Tell the other side that we decline.
    Decline(String),
    /// Lock our leg.
    Lock,
    /// Get the document from the seller.
    Fetch,
    /// Sign the receipt.
    Sign,
    /// Give the seller the receipt.
    Receipt(Bytes),
    /// Settle, with the receipt unless the chain has it.
    Settle(Option<Bytes>),
    /// Give back what is locked.
    Abort,
}

/// A trade as one party sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trade {
    /// What was agreed, or is to be.
    pub deal: Deal,
    /// The side this party plays.
    pub us: Side,
    /// The side that made the offer.
    pub proposer: Side,
    /// Where it stands.
    pub state: State,
}

type Step = Result<(State, Vec<Effect>)>;

impl Trade {
    /// A trade of which nothing has been said yet.
    #[must_use]
    pub const fn new(deal: Deal, us: Side, proposer: Side) -> Self {
        Self { deal, us, proposer, state: State::Draft }
    }

    /// The trade after all these inputs, each with the chain's time when it came. What they asked for has
    /// been asked already, and an input that no longer fits changes nothing.
    #[must_use]
    pub fn fold<'a>(mut self, inputs: impl IntoIterator<Item = (&'a Input, Timestamp)>) -> Self {
        for (input, now) in inputs {
            if let Ok((state, _)) = self.step(input, now) {
                self.state = state;
            }
        }
        self
    }

    /// What `input` does to the trade. A repeated input changes nothing and asks for nothing.
    ///
    /// # Errors
    /// When a command or a message does not fit the state. Facts of the chain are never refused.
    pub fn step(&self, input: &Input, now: Timestamp) -> Step {
        match input {
            Input::Proposed { hold } => Ok(self.proposed(*hold)),
            Input::Accepted { by, hold } => self.accepted(*by, *hold, now),
            Input::Declined { by, reason } => self.declined(*by, reason),
            Input::Released => self.released(now),
            Input::Locked { leg } => Ok(self.locked(*leg)),
            Input::Delivered => self.delivered(now),
            Input::Receipted { signature } => self.receipted(signature),
            Input::Satisfied => Ok(self.satisfied()),
            Input::Settled => Ok((State::Settled, vec![])),
            Input::Aborted => Ok((State::Aborted, vec![])),
            Input::Clock => Ok(self.clock(now)),
        }
    }

    /// What this state asks of us, whatever led to it. After a reorg took inputs back, asking for these once
    /// more restores what fell away with them; what was asked before keeps its idempotency key.
    #[must_use]
    pub fn standing(&self) -> Vec<Effect> {
        match &self.state {
            State::Accepted(progress) => self.unlocked(progress),
            State::Open(locked, progress) if *locked != self.us => self.unlocked(progress),
            State::Open(_, progress) if progress.asked == Asked::Abort => vec![Effect::Abort],
            State::Open(..) => vec![],
            State::Armed(Progress { asked: Asked::Abort, .. }) => vec![Effect::Abort],
            State::Armed(Progress { asked: Asked::Settle, delivery: Delivery::Satisfied }) => {
                vec![Effect::Settle(None)]
            }
            State::Armed(Progress { asked: Asked::Settle, delivery: Delivery::Receipted(receipt) }) => {
                vec![Effect::Settle(Some(receipt.clone()))]
            }
            State::Armed(progress) => self.arm(progress).1,
            State::Draft
            | State::Proposed { .. }
            | State::Settled
            | State::Aborted
            | State::Declined
            | State::Lapsed => vec![],
        }
    }

    /// What is asked of us while we agree and our leg is not locked.
    fn unlocked(&self, progress: &Progress) -> Vec<Effect> {
        let accept = (self.us != self.proposer).then_some(Effect::Accept);
        let lock = (progress.asked == Asked::Lock).then_some(Effect::Lock);
        accept.into_iter().chain(lock).collect()
    }

    /// When the chain's clock next matters to this trade.
    #[must_use]
    pub fn wake(&self) -> Option<Timestamp> {
        match &self.state {
            State::Proposed { .. } | State::Accepted(_) => Some(self.deal.fund_by),
            State::Open(locked, progress) => {
                (*locked == self.us && progress.asked < Asked::Abort).then_some(self.deal.fund_by)
            }
            State::Armed(Progress { asked, delivery }) => match delivery {
                Delivery::Satisfied => (*asked < Asked::Settle).then_some(0),
                Delivery::Receipted(_) if *asked < Asked::Settle => Some(self.backstop()),
                Delivery::Pending | Delivery::Delivered | Delivery::Receipted(_) => {
                    (*asked < Asked::Abort).then(|| self.abort_at())
                }
            },
            State::Draft | State::Settled | State::Aborted | State::Declined | State::Lapsed => None,
        }
    }

    /// Where the settlement stands on the chain, as far as this trade knows.
    #[must_use]
    pub const fn status(&self) -> Status {
        match &self.state {
            State::Draft | State::Accepted(_) | State::Declined | State::Lapsed => Status::None,
            State::Proposed { locked: None, .. } => Status::None,
            State::Proposed { locked: Some(_), .. } | State::Open(..) => Status::Open,
            State::Armed(_) => Status::Armed,
            State::Settled => Status::Settled,
            State::Aborted => Status::Aborted,
        }
    }

    fn unchanged(&self) -> (State, Vec<Effect>) {
        (self.state.clone(), vec![])
    }

    /// The same place with other progress.
    fn with(&self, progress: Progress) -> State {
        match &self.state {
            State::Accepted(_) => State::Accepted(progress),
            State::Open(locked, _) => State::Open(*locked, progress),
            State::Armed(_) => State::Armed(progress),
            State::Draft
            | State::Proposed { .. }
            | State::Settled
            | State::Aborted
            | State::Declined
            | State::Lapsed => self.state.clone(),
        }
    }

    fn refused(&self, what: &str) -> Step {
        Err(Error::conflict(format!("a trade that is {} cannot be {what}", self.state.name())).field("state"))
    }

    fn proposed(&self, hold: bool) -> (State, Vec<Effect>) {
        if self.state != State::Draft {
            return self.unchanged();
        }
        let effects = if self.us == self.proposer { vec![Effect::Propose] } else { vec![] };
        (State::Proposed { hold, locked: None }, effects)
    }

    fn accepted(&self, by: Side, hold: bool, now: Timestamp) -> Step {
        match &self.state {
            State::Proposed { .. } if by == self.proposer => {
                Err(Error::forbidden("is for the side that did not propose").field("by"))
            }
            State::Proposed { .. } if now >= self.deal.fund_by => {
                Err(Error::conflict("has passed: legs can no longer be locked").field("fundBy"))
            }
            State::Proposed { hold: ours, locked } => {
                let (state, mut effects) = self.agree(if by == self.us { hold } else { *ours }, *locked);
                if by == self.us {
                    effects.insert(0, Effect::Accept);
                }
                Ok((state, effects))
            }
            State::Accepted(_) | State::Open(..) | State::Armed(_) | State::Settled | State::Aborted => {
                Ok(self.unchanged())
            }
            State::Draft | State::Declined | State::Lapsed => self.refused("accepted"),
        }
    }

    /// Both sides want it: lock our leg, unless it is on hold or locked already.
    fn agree(&self, hold: bool, locked: Option<Side>) -> (State, Vec<Effect>) {
        let ours = locked == Some(self.us);
        let effects = if hold || ours { vec![] } else { vec![Effect::Lock] };
        let asked = if hold && !ours { Asked::Nothing } else { Asked::Lock };
        let progress = Progress { asked, delivery: Delivery::Pending };
        match locked {
            Some(side) => (State::Open(side, progress), effects),
            None => (State::Accepted(progress), effects),
        }
    }

    fn declined(&self, by: Side, reason: &str) -> Step {
        match &self.state {
            State::Proposed { .. } => {
                let tell = if by == self.us { vec![Effect::Decline(reason.to_owned())] } else { vec![] };
                Ok((State::Declined, tell))
            }
            State::Declined | State::Lapsed => Ok(self.unchanged()),
            State::Draft
            | State::Accepted(_)
            | State::Open(..)
            | State::Armed(_)
            | State::Settled
            | State::Aborted => self.refused("declined"),
        }
    }

    fn released(&self, now: Timestamp) -> Step {
        match &self.state {
            State::Accepted(Progress { asked: Asked::Nothing, delivery })
            | State::Open(_, Progress { asked: Asked::Nothing, delivery }) => {
                if now >= self.deal.fund_by {
                    return Err(Error::conflict("has passed: legs can no longer be locked").field("fundBy"));
                }
                let progress = Progress { asked: Asked::Lock, delivery: delivery.clone() };
                Ok((self.with(progress), vec![Effect::Lock]))
            }
            State::Accepted(_) | State::Open(..) | State::Armed(_) | State::Settled => Ok(self.unchanged()),
            State::Draft | State::Proposed { .. } | State::Aborted | State::Declined | State::Lapsed => {
                self.refused("funded")
            }
        }
    }

    fn locked(&self, leg: Side) -> (State, Vec<Effect>) {
        match &self.state {
            // However it came to be locked, our own leg is to come back in time.
            State::Proposed { locked: None, .. } | State::Declined | State::Lapsed if leg == self.us => {
                let progress = Progress { asked: Asked::Lock, delivery: Delivery::Pending };
                (State::Open(leg, progress), vec![])
            }
            // Locking the leg that was asked for is an acceptance, should its message be late.
            State::Proposed { hold, locked: None } if leg != self.proposer => self.agree(*hold, Some(leg)),
            State::Proposed { hold, locked: None } => {
                (State::Proposed { hold: *hold, locked: Some(leg) }, vec![])
            }
            State::Accepted(progress) => {
                let asked = if leg == self.us { progress.asked.max(Asked::Lock) } else { progress.asked };
                (State::Open(leg, Progress { asked, ..progress.clone() }), vec![])
            }
            State::Open(first, progress) if *first != leg => self.arm(progress),
            State::Proposed { locked: Some(first), .. } if *first != leg => {
                self.arm(&Progress { asked: Asked::Lock, delivery: Delivery::Pending })
            }
            State::Proposed { locked: Some(_), .. }
            | State::Open(..)
            | State::Draft
            | State::Armed(_)
            | State::Settled
            | State::Aborted
            | State::Declined
            | State::Lapsed => self.unchanged(),
        }
    }

    /// Both legs are locked: go on from wherever the document is.
    fn arm(&self, progress: &Progress) -> (State, Vec<Effect>) {
        let mut progress = progress.clone();
        let effects = match (self.us, &progress.delivery) {
            (Side::Buyer, Delivery::Pending) => vec![Effect::Fetch],
            (Side::Buyer, Delivery::Delivered) => vec![Effect::Sign],
            (Side::Buyer, Delivery::Receipted(receipt)) => vec![Effect::Receipt(receipt.clone())],
            (Side::Seller, Delivery::Receipted(receipt)) => {
                progress.asked = Asked::Settle;
                vec![Effect::Settle(Some(receipt.clone()))]
            }
            (Side::Seller, Delivery::Pending | Delivery::Delivered) | (_, Delivery::Satisfied) => vec![],
        };
        (State::Armed(progress), effects)
    }

    fn delivered(&self, now: Timestamp) -> Step {
        match &self.state {
            State::Accepted(progress) | State::Open(_, progress) | State::Armed(progress) => {
                if progress.delivery != Delivery::Pending {
                    return Ok(self.unchanged());
                }
                let armed = matches!(self.state, State::Armed(_));
                let sign = armed && self.us == Side::Buyer && now < self.deal.settle_by;
                let progress = Progress { delivery: Delivery::Delivered, ..progress.clone() };
                Ok((self.with(progress), if sign { vec![Effect::Sign] } else { vec![] }))
            }
            State::Settled | State::Aborted => Ok(self.unchanged()),
            State::Draft | State::Proposed { .. } | State::Declined | State::Lapsed => {
                self.refused("delivered")
            }
        }
    }

    fn receipted(&self, signature: &Bytes) -> Step {
        match &self.state {
            State::Accepted(progress) | State::Open(_, progress) | State::Armed(progress) => {
                if matches!(progress.delivery, Delivery::Receipted(_) | Delivery::Satisfied) {
                    return Ok(self.unchanged());
                }
                let delivery = Delivery::Receipted(signature.clone());
                let progress = Progress { delivery, ..progress.clone() };
                match self.state {
                    State::Armed(_) => Ok(self.arm(&progress)),
                    _ => Ok((self.with(progress), vec![])),
                }
            }
            State::Settled | State::Aborted => Ok(self.unchanged()),
            State::Draft | State::Proposed { .. } | State::Declined | State::Lapsed => {
                self.refused("receipted")
            }
        }
    }

    fn satisfied(&self) -> (State, Vec<Effect>) {
        match &self.state {
            State::Armed(progress) => {
                let asked = progress.asked.min(Asked::Lock);
                (State::Armed(Progress { asked, delivery: Delivery::Satisfied }), vec![])
            }
            State::Draft
            | State::Proposed { .. }
            | State::Accepted(_)
            | State::Open(..)
            | State::Settled
            | State::Aborted
            | State::Declined
            | State::Lapsed => self.unchanged(),
        }
    }

    fn clock(&self, now: Timestamp) -> (State, Vec<Effect>) {
        if self.wake().is_none_or(|at| now < at) {
            return self.unchanged();
        }
        let ask = |progress: &Progress, asked| Progress { asked, ..progress.clone() };
        match &self.state {
            State::Proposed { .. } | State::Accepted(_) => (State::Lapsed, vec![]),
            State::Open(side, progress) => {
                (State::Open(*side, ask(progress, Asked::Abort)), vec![Effect::Abort])
            }
            State::Armed(progress) => match &progress.delivery {
                Delivery::Satisfied => {
                    (State::Armed(ask(progress, Asked::Settle)), vec![Effect::Settle(None)])
                }
                Delivery::Receipted(receipt) if now < self.deal.settle_by => {
                    let effect = Effect::Settle(Some(receipt.clone()));
                    (State::Armed(ask(progress, Asked::Settle)), vec![effect])
                }
                Delivery::Pending | Delivery::Delivered | Delivery::Receipted(_) => {
                    (State::Armed(ask(progress, Asked::Abort)), vec![Effect::Abort])
                }
            },
            State::Draft | State::Settled | State::Aborted | State::Declined | State::Lapsed => {
                self.unchanged()
            }
        }
    }

    /// When a buyer that has signed stops waiting for the seller to settle.
    fn backstop(&self) -> Timestamp {
        self.deal.settle_by - (self.deal.settle_by - self.deal.fund_by).div_ceil(4)
    }

    fn abort_at(&self) -> Timestamp {
        match self.us {
            Side::Seller => self.deal.settle_by,
            Side::Buyer => self.deal.settle_by + ABORT_GRACE,
        }
    }
}

impl State {
    /// The state's name, as the API shows it.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Proposed { .. } => "proposed",
            Self::Accepted(_) => "accepted",
            Self::Open(..) => "open",
            Self::Armed(_) => "armed",
            Self::Settled => "settled",
            Self::Aborted => "aborted",
            Self::Declined => "declined",
            Self::Lapsed => "lapsed",
        }
    }

    /// Whether nothing more can happen, save by a reorg.
    #[must_use]
    pub const fn is_final(&self) -> bool {
        matches!(self, Self::Settled | Self::Aborted | Self::Declined | Self::Lapsed)
    }
}

#[cfg(test)]
mod tests;
