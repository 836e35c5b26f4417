//! A contract, or many alike: where they are, and what their interface says about events.

use alloy_json_abi::{Event, JsonAbi};
use alloy_primitives::{Address, B256};
use quittance_domain::{Error, Result};
use serde_json::Value;

/// Contracts that share an interface and tables.
#[derive(Clone, Debug)]
pub struct Contract {
    /// What its tables' names begin with.
    pub name: String,
    /// Where they are.
    pub place: Place,
    /// The events of their interface.
    pub events: Vec<Event>,
    /// The names of those that are wanted; all if there are none.
    pub wanted: Vec<String>,
    /// The first block that may have any.
    pub start_block: u64,
}

/// Where contracts are.
#[derive(Clone, Debug)]
pub enum Place {
    /// At these addresses.
    At(Vec<Address>),
    /// Wherever an event says that one was made.
    MadeBy {
        /// Who says it.
        factories: Vec<Address>,
        /// The event.
        event: Box<Event>,
        /// Which of its arguments has the address.
        argument: usize,
    },
}

impl Contract {
    /// The events of an interface: a plain ABI, or an object that has one as `abi` as Foundry's and Hardhat's
    /// artifacts do.
    ///
    /// # Errors
    /// When it is neither.
    pub fn events_of(json: &[u8]) -> Result<Vec<Event>> {
        let wrong = |why: &dyn std::fmt::Display| {
            Error::invalid(format!("is no contract's interface: {why}")).field("abi")
        };
        let mut json: Value = serde_json::from_slice(json).map_err(|error| wrong(&error))?;
        let list = if json.is_object() { json["abi"].take() } else { json };
        let abi: JsonAbi = serde_json::from_value(list).map_err(|error| wrong(&error))?;
        let events: Vec<Event> = abi.events.into_values().flatten().collect();
        if events.is_empty() {
            return Err(wrong(&"there is no event in it"));
        }
        Ok(events)
    }

    /// Refuses what cannot be mirrored.
    ///
    /// # Errors
    /// When the name makes no table's name, an address is missing, or an event is not in the interface.
    pub fn check(&self) -> Result<()> {
        let letters = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
        let starts = self.name.starts_with(|c: char| c.is_ascii_lowercase());
        if !starts || !self.name.chars().all(letters) || self.name.len() > 32 || self.name == "mirror" {
            let text = format!(
                "{:?} must be up to 32 of a-z, 0-9 and _, begin with a letter and not be \"mirror\"",
                self.name
            );
            return Err(Error::invalid(text).field("contract.name"));
        }
        let places = match &self.place {
            Place::At(places) | Place::MadeBy { factories: places, .. } => places,
        };
        if places.is_empty() {
            return Err(Error::invalid(format!("{}: names no address", self.name)).field("contract.address"));
        }
        for name in &self.wanted {
            if !self.events.iter().any(|event| event.name == *name) {
                let text = format!("{}: the interface has no event {name}", self.name);
                return Err(Error::invalid(text).field("contract.events"));
            }
        }
        Ok(())
    }

    pub(crate) fn wants(&self, event: &Event) -> bool {
        self.wanted.is_empty() || self.wanted.contains(&event.name)
    }

    /// Whether its events are at several addresses, so that rows must say which.
    pub(crate) fn has_several(&self) -> bool {
        !matches!(&self.place, Place::At(addresses) if addresses.len() == 1)
    }

    /// The first topics of all logs that are wanted; none if logs of any topic are.
    pub(crate) fn topics(&self) -> Vec<B256> {
        let wanted: Vec<&Event> = self.events.iter().filter(|event| self.wants(event)).collect();
        if self.wanted.is_empty() || wanted.iter().any(|event| event.anonymous) {
            return vec![];
        }
        wanted.iter().map(|event| event.selector()).collect()
    }

    /// All that decides what rows there are, in one line.
    pub(crate) fn identity(&self) -> String {
        let place = match &self.place {
            Place::At(addresses) => {
                addresses.iter().map(|address| format!("{address:#x}")).collect::<Vec<_>>().join("+")
            }
            Place::MadeBy { factories, event, argument } => {
                let factories = factories.iter().map(|address| format!("{address:#x}")).collect::<Vec<_>>();
                format!("{}.{}#{argument}", factories.join("+"), event.full_signature())
            }
        };
        let mut events: Vec<String> =
            self.events.iter().filter(|event| self.wants(event)).map(Event::full_signature).collect();
        events.sort();
        let narrowed = if self.wanted.is_empty() { "" } else { " only" };
        format!("{} at {place} from {}{narrowed}: {}", self.name, self.start_block, events.join("; "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn interfaces_come_plain_or_in_an_artifact() {
        let plain = r#"[{"type":"event","name":"E","anonymous":false,"inputs":[]},{"type":"fallback","stateMutability":"payable"}]"#;
        let artifact = format!(r#"{{"bytecode":{{}},"abi":{plain}}}"#);
        assert_eq!(Contract::events_of(plain.as_bytes()), Contract::events_of(artifact.as_bytes()));
        for wrong in ["[]", "{}", "nonsense", r#"[{"type":"event"}]"#] {
            let error = Contract::events_of(wrong.as_bytes()).unwrap_err();
            assert_eq!(error.field_name(), Some("abi"), "{wrong}");
        }
    }
}
