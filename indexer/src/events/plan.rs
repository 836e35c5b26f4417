//! Which tables there are for which events: made from the contracts' interfaces, the same each time.

use std::collections::{BTreeMap, HashMap, HashSet};

use alloy_dyn_abi::{DynSolType, Specifier};
use alloy_json_abi::Event;
use alloy_primitives::{Address, B256};
use quittance_chain::wire::Filter;
use quittance_domain::{Error, Result};
use quittance_store::tables::{Child, Column, Kind, Table, short};

use super::{
    contract::{Contract, Place},
    form::Form,
};

/// The table of raw logs.
pub const LOGS: &str = "logs";

/// Addresses in a call. Beyond that, calls ask for the events' topics at any address.
const MOST_ADDRESSES: usize = 2_000;

/// What every table begins with, after its key.
const COMMON: [(&str, Kind, Form); 5] = [
    ("block_number", Kind::Int, NUMBER),
    ("block_hash", Kind::Bytes, Form::Hash),
    ("log_index", Kind::Int, NUMBER),
    ("transaction_hash", Kind::Bytes, Form::Hash),
    ("block_timestamp", Kind::Int, NUMBER),
];

const NUMBER: Form = Form::Small { signed: true, bits: 64 };

/// What is mirrored, and into what.
#[derive(Clone, Debug)]
pub struct Plan {
    pub(super) contracts: Vec<Contract>,
    /// One for each event, and the raw logs' last.
    pub(super) tables: Vec<Table>,
    /// The forms of the tables' columns.
    pub(super) forms: Vec<Vec<Form>>,
    /// The events of each contract, by their first topic and their number of topics.
    pub(super) events: Vec<HashMap<(B256, usize), EventPlan>>,
    /// Whether raw rows are kept of what has a table of its own, too.
    pub(super) raw: bool,
}

/// How a log becomes a row.
#[derive(Clone, Debug)]
pub(super) struct EventPlan {
    pub(super) table: usize,
    pub(super) wanted: bool,
    pub(super) has_address: bool,
    pub(super) arguments: Vec<(Source, Form)>,
    pub(super) data: Data,
}

/// Where an argument is.
#[derive(Clone, Copy, Debug)]
pub(super) enum Source {
    /// In this topic.
    Topic(usize),
    /// In this place of the data.
    Data(usize),
}

/// What a log's data are.
#[derive(Clone, Debug)]
pub(super) enum Data {
    /// So many words.
    Words(usize),
    /// Values of these types.
    Values(DynSolType),
}

impl Plan {
    /// The tables for these contracts. With `raw`, every log has a row in the table of raw logs; without, those
    /// that have no other.
    ///
    /// # Errors
    /// When a contract cannot be mirrored, or two get in each other's way.
    pub fn new(contracts: Vec<Contract>, raw: bool) -> Result<Self> {
        let mut plan = Self { contracts: vec![], tables: vec![], forms: vec![], events: vec![], raw };
        let (mut names, mut places) = (HashSet::new(), HashSet::new());
        for contract in contracts {
            contract.check()?;
            if !names.insert(contract.name.clone()) {
                let text = format!("two contracts are called {}", contract.name);
                return Err(Error::invalid(text).field("contract.name"));
            }
            if let Place::At(addresses) = &contract.place
                && let Some(twice) = addresses.iter().find(|&&address| !places.insert(address))
            {
                return Err(Error::invalid(format!("{twice} is named twice")).field("contract.address"));
            }
            plan.add(&contract)?;
            plan.contracts.push(contract);
        }
        if plan.contracts.is_empty() {
            return Err(Error::invalid("names no contract").field("contract"));
        }
        plan.tables.push(Self::logs());
        plan.forms.push(logs_columns().into_iter().map(|(_, form)| form).collect());
        Ok(plan)
    }

    /// The tables.
    #[must_use]
    pub fn tables(&self) -> &[Table] {
        &self.tables
    }

    /// The forms of a table's columns.
    #[must_use]
    pub fn forms(&self, table: usize) -> &[Form] {
        &self.forms[table]
    }

    /// The first block that may have anything.
    #[must_use]
    pub fn start_block(&self) -> u64 {
        self.contracts.iter().map(|contract| contract.start_block).min().unwrap_or_default()
    }

    /// All that decides what rows there are, as one text.
    #[must_use]
    pub fn identity(&self) -> String {
        let raw = if self.raw { "all raw logs" } else { "raw logs of what has no table" };
        let contracts = self.contracts.iter().map(Contract::identity);
        contracts.chain([raw.to_owned()]).collect::<Vec<_>>().join("\n  ")
    }

    /// The logs that are wanted, with the contracts found so far.
    #[must_use]
    pub fn filter(&self, children: &[Child]) -> Filter {
        let mut addresses: Vec<Address> = children.iter().map(|child| Address::from(child.address)).collect();
        let mut topics = vec![];
        let mut all_have_topics = true;
        for contract in &self.contracts {
            let some = contract.topics();
            all_have_topics &= !some.is_empty();
            topics.extend(some);
            if let Place::At(places) = &contract.place {
                addresses.extend(places);
            }
        }
        if addresses.len() > MOST_ADDRESSES {
            let all = self.contracts.iter().flat_map(|contract| contract.events.iter());
            return Filter::new(vec![], all.map(Event::selector).collect());
        }
        if !all_have_topics {
            topics.clear();
        }
        if addresses.is_empty() {
            // Nothing was found yet. No contract is at the address of zeros, so this matches nothing.
            addresses.push(Address::ZERO);
        }
        Filter::new(addresses, topics)
    }

    /// The logs that say that a contract was made; nothing if no contract is found that way.
    #[must_use]
    pub fn births(&self) -> Option<Filter> {
        let (mut addresses, mut topics) = (vec![], vec![]);
        for contract in &self.contracts {
            if let Place::MadeBy { factories, event, .. } = &contract.place {
                addresses.extend(factories);
                topics.push(event.selector());
            }
        }
        (!topics.is_empty()).then(|| Filter::new(addresses, topics))
    }

    fn add(&mut self, contract: &Contract) -> Result<()> {
        let mut known = HashMap::new();
        for (event, name) in tables_of(contract) {
            let (indexed, data) = resolved(event)?;
            let has_address = contract.has_several();
            let wanted = contract.wants(event);
            let (arguments, columns) = columns(event, &indexed, has_address);
            let data_forms = arguments.iter().filter(|(source, _)| matches!(source, Source::Data(_)));
            let count = data_forms.clone().count();
            let is_words = data_forms.clone().all(|(_, form)| form.is_word());
            let data = if is_words { Data::Words(count) } else { Data::Values(DynSolType::Tuple(data)) };
            let plan = EventPlan { table: self.tables.len(), wanted, has_address, arguments, data };
            let topics = 1 + event.inputs.iter().filter(|input| input.indexed).count();
            if known.insert((event.selector(), topics), plan).is_some() {
                let text = format!("{}: {} is there twice", contract.name, event.full_signature());
                return Err(Error::invalid(text).field("contract.abi"));
            }
            if !wanted {
                continue;
            }
            if self.tables.iter().any(|table| table.name == name) {
                let text = format!("{}: its table {name} is another contract's too", contract.name);
                return Err(Error::invalid(text).field("contract.name"));
            }
            let (columns, forms) = columns.into_iter().unzip();
            self.tables.push(Table { name, columns });
            self.forms.push(forms);
        }
        self.events.push(known);
        Ok(())
    }

    /// The table of raw logs.
    #[must_use]
    pub fn logs() -> Table {
        Table {
            name: LOGS.to_owned(),
            columns: logs_columns().into_iter().map(|(column, _)| column).collect(),
        }
    }

    /// What the tables' names of a contract begin with that has no other name than its interface's file.
    #[must_use]
    pub fn table_prefix(file: &str) -> String {
        snake(file)
    }
}

fn logs_columns() -> Vec<(Column, Form)> {
    let mut columns = common(true);
    let mut add = |name: &str, kind, form, nullable| {
        columns.push((Column { nullable, ..Column::new(name, kind) }, form));
    };
    add("contract", Kind::Text, Form::Text, false);
    for topic in ["topic0", "topic1", "topic2", "topic3"] {
        add(topic, Kind::Bytes, Form::Hash, true);
    }
    add("data", Kind::Bytes, Form::Bytes, false);
    add("reason", Kind::Text, Form::Text, true);
    columns
}

/// A contract's events with their tables' names. Where several events have one name, each is told by the
/// beginning of its topic; where they have that too and differ in what is indexed, by how many are.
fn tables_of(contract: &Contract) -> Vec<(&Event, String)> {
    let mut named: BTreeMap<String, Vec<&Event>> = BTreeMap::new();
    for event in contract.events.iter().filter(|event| !event.anonymous) {
        named.entry(format!("{}_{}", contract.name, snake(&event.name))).or_default().push(event);
    }
    let mut tables = vec![];
    for (name, events) in named {
        for &event in &events {
            let same = events.iter().filter(|other| other.selector() == event.selector()).count();
            let topic = &format!("{:x}", event.selector())[..8];
            let indexed = event.inputs.iter().filter(|input| input.indexed).count();
            let name = match (events.len(), same) {
                (1, _) => name.clone(),
                (_, 1) => format!("{name}_{topic}"),
                _ => format!("{name}_{topic}_{indexed}"),
            };
            tables.push((event, short(&name)));
        }
    }
    tables
}

/// The types of all arguments, and those of the data.
fn resolved(event: &Event) -> Result<(Vec<DynSolType>, Vec<DynSolType>)> {
    let mut all = vec![];
    for input in &event.inputs {
        let kind = input.resolve().map_err(|error| {
            let text = format!("{}.{}: {} is no type: {error}", event.name, input.name, input.ty);
            Error::invalid(text).field("abi")
        })?;
        all.push(kind);
    }
    let data = event.inputs.iter().zip(&all).filter(|(input, _)| !input.indexed);
    let data = data.map(|(_, kind)| kind.clone()).collect();
    Ok((all, data))
}

type Planned = (Vec<(Source, Form)>, Vec<(Column, Form)>);

fn columns(event: &Event, kinds: &[DynSolType], has_address: bool) -> Planned {
    let mut columns = common(has_address);
    let mut names: HashSet<String> = columns.iter().map(|(column, _)| column.name.clone()).collect();
    let (mut topic, mut data) = (0, 0);
    let mut arguments = vec![];
    for (n, (input, kind)) in event.inputs.iter().zip(kinds).enumerate() {
        let form = Form::of(kind, input.indexed);
        let place = if input.indexed { &mut topic } else { &mut data };
        *place += 1;
        // The first topic is the event's own.
        let source = if input.indexed { Source::Topic(*place) } else { Source::Data(*place - 1) };
        let mut name = snake(&input.name);
        if name.is_empty() {
            name = format!("arg{n}");
        }
        if form == Form::Hash {
            name.push_str("_hash");
        }
        name = short(&name);
        while !names.insert(name.clone()) {
            name.push('_');
        }
        let column = Column { lookup: input.indexed, ..Column::new(name, form.kind()) };
        columns.push((column, form.clone()));
        arguments.push((source, form));
    }
    (arguments, columns)
}

fn common(has_address: bool) -> Vec<(Column, Form)> {
    let mut columns = vec![(Column::new("id", Kind::Int), NUMBER)];
    columns.extend(COMMON.map(|(name, kind, form)| (Column::new(name, kind), form)));
    if has_address {
        let column = Column { lookup: true, ..Column::new("address", Kind::Bytes) };
        columns.push((column, Form::Address));
    }
    columns
}

/// `TransferSingle` and `_tokenId` as SQL writes names: `transfer_single`, `token_id`.
pub(super) fn snake(name: &str) -> String {
    let chars: Vec<char> = name.chars().collect();
    let mut out = String::new();
    for (n, &c) in chars.iter().enumerate() {
        if !c.is_ascii_alphanumeric() {
            if !out.is_empty() && !out.ends_with('_') {
                out.push('_');
            }
            continue;
        }
        let before = n.checked_sub(1).map(|n| chars[n]);
        let after_small = before.is_some_and(|c| c.is_ascii_lowercase() || c.is_ascii_digit());
        let ends_capitals = before.is_some_and(|c| c.is_ascii_uppercase())
            && chars.get(n + 1).is_some_and(char::is_ascii_lowercase);
        if c.is_ascii_uppercase() && (after_small || ends_capitals) && !out.ends_with('_') {
            out.push('_');
        }
        out.push(c.to_ascii_lowercase());
    }
    out.trim_end_matches('_').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_written_as_sql_writes_them() {
        let names = [
            "Transfer",
            "TransferSingle",
            "_tokenId",
            "URI",
            "LPTokenMinted",
            "from",
            "amount0In",
            "__",
            "a_b",
        ];
        let snakes = [
            "transfer",
            "transfer_single",
            "token_id",
            "uri",
            "lp_token_minted",
            "from",
            "amount0_in",
            "",
            "a_b",
        ];
        assert_eq!(names.map(snake), snakes);
    }

    fn contract(name: &str, signatures: &[&str]) -> Contract {
        Contract {
            name: name.to_owned(),
            place: Place::At(vec![Address::repeat_byte(1)]),
            events: signatures.iter().map(|signature| Event::parse(signature).unwrap()).collect(),
            wanted: vec![],
            start_block: 0,
        }
    }

    #[test]
    fn every_event_has_a_table_of_its_own() {
        let all = contract(
            "token",
            &[
                "event Transfer(address indexed from, address indexed to, uint256 value)",
                "event Transfer(address indexed from, address indexed to, uint256 indexed value)",
                "event Transfer(address from, uint8 kind)",
                "event Named(string indexed name, string, uint64[] amounts, uint256 logIndex)",
            ],
        );
        let plan = Plan::new(vec![all.clone()], false).unwrap();
        let names: Vec<&str> = plan.tables.iter().map(|table| table.name.as_str()).collect();
        let other = format!("token_transfer_{:.8}", format!("{:x}", all.events[2].selector()));
        let all = ["token_named", "token_transfer_ddf252ad_2", "token_transfer_ddf252ad_3", &other, LOGS];
        assert_eq!(names, all);
        let named: Vec<&str> =
            plan.tables[0].columns[6..].iter().map(|column| column.name.as_str()).collect();
        assert_eq!(named, ["name_hash", "arg1", "amounts", "log_index_"]);
    }

    #[test]
    fn contracts_that_cannot_be_told_apart_are_refused() {
        let one = contract("token", &["event A()"]);
        let refused = |contracts| Plan::new(contracts, false).unwrap_err().field_name().map(str::to_owned);
        assert_eq!(refused(vec![]), Some("contract".to_owned()));
        assert_eq!(refused(vec![one.clone(), one.clone()]), Some("contract.name".to_owned()));
        let other = Contract { name: "other".to_owned(), ..one.clone() };
        assert_eq!(refused(vec![one.clone(), other]), Some("contract.address".to_owned()));
        let odd = Contract { name: "No Name".to_owned(), ..one };
        assert_eq!(refused(vec![odd]), Some("contract.name".to_owned()));
    }
}
