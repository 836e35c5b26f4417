//! Who sits on a council, and what it decides.

use alloy::{primitives::B256, sol_types::SolEventInterface};
use quittance_bindings::Council;
use quittance_domain::{
    Amount,
    fact::{
        Event,
        council::{Member, Proposal, ProposalEvent, ProposedCall},
    },
};

pub(super) fn council(topics: &[B256], data: &[u8]) -> Option<Event> {
    use Council::CouncilEvents as Events;
    let (id, event) = match Council::CouncilEvents::decode_raw_log(topics, data).ok()? {
        Events::Reformed(it) => {
            let member = |it: Council::Member| Member { signer: it.signer, weight: it.weight };
            return Some(Event::Reformed {
                epoch: it.epoch.try_into().ok()?,
                threshold: it.threshold.try_into().ok()?,
                members: it.members.into_iter().map(member).collect(),
            });
        }
        Events::Opened(it) => {
            let epoch = it.epoch.try_into().ok()?;
            (it.id, ProposalEvent::Opened { by: it.by, epoch, terms: proposal(it.proposal) })
        }
        Events::Voted(it) => {
            let (weight, status) = (it.weight.try_into().ok()?, it.status.try_into().ok()?);
            (it.id, ProposalEvent::Voted { by: it.by, seats: it.seats, weight, status })
        }
        Events::Executed(it) => (it.id, ProposalEvent::Executed { by: it.by }),
        Events::Expired(it) => (it.id, ProposalEvent::Expired { by: it.by }),
        Events::WentStale(it) => (it.id, ProposalEvent::WentStale { by: it.by }),
        _ => return None,
    };
    Some(Event::Proposal(id, event))
}

fn proposal(it: Council::Proposal) -> Proposal {
    let call =
        |it: Council::Call| ProposedCall { target: it.target, value: Amount::new(it.value), data: it.data };
    Proposal {
        calls: it.calls.into_iter().map(call).collect(),
        subject: it.subject,
        vote_by: it.voteBy.to(),
        execute_from: it.executeFrom.to(),
        execute_by: it.executeBy.to(),
        nonce: it.nonce,
    }
}

#[cfg(test)]
mod tests {
    use alloy::{
        primitives::{Address, U256, aliases::U40},
        sol_types::SolEvent,
    };
    use quittance_domain::fact::council::ProposalStatus;

    use super::*;

    fn read(event: &impl SolEvent) -> Option<Event> {
        let log = event.encode_log_data();
        council(log.topics(), &log.data)
    }

    #[test]
    fn a_proposal_is_read_from_its_opening_to_its_end() {
        let (id, by) = (B256::repeat_byte(5), Address::repeat_byte(1));
        let call = Council::Call { target: by, value: U256::MAX, data: "call".into() };
        let put = Council::Proposal {
            calls: vec![call],
            subject: B256::repeat_byte(7),
            voteBy: U40::MAX,
            executeFrom: U40::ZERO,
            executeBy: U40::MAX,
            nonce: U256::MAX,
        };
        let terms = proposal(put.clone());
        assert_eq!((terms.vote_by, terms.execute_from, terms.calls.len()), ((1 << 40) - 1, 0, 1));
        let opened = Council::Opened { id, by, epoch: U256::from(3), proposal: put };
        let expected = ProposalEvent::Opened { by, epoch: 3, terms };
        assert_eq!(read(&opened), Some(Event::Proposal(id, expected)));
        for status in ProposalStatus::ALL {
            let (seats, weight) = (U256::from(0b101), u64::from(u32::MAX));
            let voted = Council::Voted { id, by, seats, weight: U256::from(weight), status: status as u8 };
            let expected = ProposalEvent::Voted { by, seats, weight, status };
            assert_eq!(read(&voted), Some(Event::Proposal(id, expected)));
        }
        for (event, expected) in [
            (read(&Council::Executed { id, by }), ProposalEvent::Executed { by }),
            (read(&Council::Expired { id, by }), ProposalEvent::Expired { by }),
            (read(&Council::WentStale { id, by }), ProposalEvent::WentStale { by }),
        ] {
            assert_eq!(event, Some(Event::Proposal(id, expected)));
        }
    }

    #[test]
    fn members_are_read_by_seat() {
        let members = [1, 2].map(|n| Council::Member { signer: vec![n; 20].into(), weight: n.into() });
        let reformed =
            Council::Reformed { epoch: U256::from(2), threshold: U256::from(3), members: members.to_vec() };
        let members = [1, 2].map(|n| Member { signer: vec![n; 20].into(), weight: n.into() }).to_vec();
        assert_eq!(read(&reformed), Some(Event::Reformed { epoch: 2, threshold: 3, members }));
    }
}
