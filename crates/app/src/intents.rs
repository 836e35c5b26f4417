//! What a trade's effects mean in intents: each under a key that makes it happen once per trade.

use quittance_domain::{
    SettlementId,
    deal::Side,
    document::DocumentFile,
    flows::dvp::{Effect, Trade},
    intent::{Action, Call, Intent},
    message::Message,
};

/// The intents that an effect of this trade comes down to, in order.
pub(crate) fn of(
    id: SettlementId,
    trade: &Trade,
    file: Option<&DocumentFile>,
    effect: Effect,
) -> Vec<Intent> {
    let deal = &trade.deal;
    let key = |name: &str| format!("dvp:{id}:{name}");
    let tell = |name, message| {
        let to = deal.party(trade.us.other());
        Intent::new(key(name), Action::Tell { to, message }).expires(deal.fund_by)
    };
    let transact = |name, call| Intent::new(key(name), Action::Transact(call));
    match effect {
        Effect::Propose => {
            vec![tell("propose", Message::Proposal { deal: deal.clone(), file: file.cloned() })]
        }
        Effect::Accept => vec![tell("accept", Message::Acceptance { settlement: id })],
        Effect::Decline(reason) => {
            let decline = tell("decline", Message::Refusal { settlement: id, reason });
            // An offer must not arrive after its own withdrawal.
            vec![if trade.us == trade.proposer { decline.after(key("propose")) } else { decline }]
        }
        Effect::Lock => {
            let approve = approval(trade);
            let fund = transact("lock", Call::Fund { terms: deal.terms(), leg: trade.us.leg() });
            let fund = fund.after(approve.key.clone()).expires(deal.fund_by);
            vec![approve, fund]
        }
        Effect::Fetch => {
            let action = Action::Fetch { settlement: id, from: deal.seller };
            vec![Intent::new(key("fetch"), action).expires(deal.settle_by)]
        }
        Effect::Sign => {
            vec![Intent::new(key("sign"), Action::Sign { settlement: id }).expires(deal.settle_by)]
        }
        Effect::Receipt(signature) => {
            let message = Message::Receipt { settlement: id, signature };
            vec![tell("receipt", message).expires(deal.settle_by)]
        }
        Effect::Settle(Some(receipt)) => {
            let call = Call::Settle { terms: deal.terms(), receipt: Some(receipt) };
            vec![transact("settle", call).expires(deal.settle_by)]
        }
        Effect::Settle(None) => {
            vec![transact("settle-shown", Call::Settle { terms: deal.terms(), receipt: None })]
        }
        Effect::Abort => vec![transact("abort", Call::Abort { terms: deal.terms() })],
    }
}

/// Whether an action is an [`approval`].
pub(crate) const fn is_approval(action: &Action) -> bool {
    matches!(action, Action::Transact(Call::ApproveCash | Call::ApproveDeeds))
}

/// Lets the settlement contract pull our leg. Asked for once per token and for good: the contract is
/// immutable and pulls from nobody but its caller, so the approval gives no one else any power.
fn approval(trade: &Trade) -> Intent {
    let (token, call) = match trade.us {
        Side::Seller => (trade.deal.deed, Call::ApproveDeeds),
        Side::Buyer => (trade.deal.cash, Call::ApproveCash),
    };
    Intent::new(format!("approve:{token:#x}"), Action::Transact(call))
}
