//! FireFly's query syntax: `field=[modifiers][operator]value`, with order, part and count. What a field means is said
//! by the table of each list, and made into a condition by that list's route.

use axum::{
    Json,
    http::HeaderMap,
    response::{IntoResponse, Response},
};
use quittance_domain::{Error, U256};
use quittance_store::{
    Tx,
    filter::{Column, Condition, Is, Order, Selection, Value},
};
use serde::Serialize;

use crate::{Api, problem::Problem};

/// The most of everything, so that no query costs more than another by much.
const MOST_CONDITIONS: usize = 50;
const MOST_CHARACTERS: usize = 8_192;
const MOST_ROWS: u32 = 1_000;
const ROWS: u32 = 25;

/// Which operators a field takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// The same or not.
    Exact,
    /// More and less too.
    Ordered,
    /// Parts of a text too.
    Text,
}

/// A field of a list: its name, what can be asked of it, and the columns that sort by it, if any do.
pub(crate) struct Known(pub(crate) &'static str, pub(crate) Kind, pub(crate) &'static [Column]);

/// What is asked of a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Test {
    pub(crate) field: &'static str,
    /// Nothing asks for no value at all.
    pub(crate) is: Option<Is>,
    pub(crate) value: String,
    not: bool,
    fold: bool,
}

/// All that is asked of one field.
#[derive(Debug, PartialEq, Eq)]
struct Field {
    tests: Vec<Test>,
    every: bool,
}

/// What is asked of a list.
#[derive(Debug)]
pub(crate) struct Filter {
    fields: Vec<Field>,
    sort: Vec<(Column, Order)>,
    ascending: Option<bool>,
    skip: u32,
    pub(crate) limit: u32,
    count: bool,
    pub(crate) after: Option<String>,
}

impl Filter {
    /// Reads a query against the fields of a list.
    pub(crate) fn read(pairs: &[(String, String)], known: &[Known]) -> Result<Self, Problem> {
        if pairs.iter().map(|(name, value)| name.len() + value.len()).sum::<usize>() > MOST_CHARACTERS {
            let text = format!("must be at most {MOST_CHARACTERS} characters");
            return Err(Error::invalid(text).field("query").into());
        }
        if pairs.len() > MOST_CONDITIONS {
            let text = format!("must be at most {MOST_CONDITIONS} conditions");
            return Err(Error::invalid(text).field("query").into());
        }
        let (fields, sort) = (vec![], vec![]);
        let mut filter =
            Self { fields, sort, ascending: None, skip: 0, limit: ROWS, count: false, after: None };
        for (name, value) in pairs {
            filter.take(&name.to_ascii_lowercase(), name, value, known)?;
        }
        if filter.sort.len() > MOST_CONDITIONS {
            let text = format!("must be at most {MOST_CONDITIONS} columns");
            return Err(Error::invalid(text).field("sort").into());
        }
        if let Some(ascending) = filter.ascending {
            let order = if ascending { Order::Ascending } else { Order::Descending };
            filter.sort.iter_mut().for_each(|(_, by)| *by = order);
        }
        if filter.after.is_some() && !filter.is_plain() {
            let text = "goes with no order, `skip` or `count`: what they ask for is paged by `skip`";
            return Err(Error::invalid(text).field("after").into());
        }
        Ok(filter)
    }

    fn take(&mut self, name: &str, told: &str, value: &str, known: &[Known]) -> Result<(), Problem> {
        match name {
            "skip" => self.skip = number("skip", value, 0, "FF00191")?,
            "limit" => self.limit = number("limit", value, 1, "FF00192")?,
            "after" => self.after = Some(value.to_owned()),
            "count" => self.count = flag("count", value)?,
            "ascending" => self.ascending = flag("ascending", value)?.then_some(true).or(self.ascending),
            "descending" => self.ascending = flag("descending", value)?.then_some(false).or(self.ascending),
            "sort" => self.sort.extend(sorted(value, known)?),
            _ => {
                let field = known.iter().find(|known| known.0.eq_ignore_ascii_case(name));
                let field = field.ok_or_else(|| unknown(told, known))?;
                self.ask(field, value)?;
            }
        }
        Ok(())
    }

    fn ask(&mut self, known: &Known, value: &str) -> Result<(), Problem> {
        let (test, every) = Test::read(known, value)?;
        match self.fields.iter_mut().find(|field| field.tests.iter().any(|test| test.field == known.0)) {
            Some(field) => {
                field.every |= every;
                field.tests.push(test);
            }
            None => self.fields.push(Field { tests: vec![test], every }),
        }
        Ok(())
    }

    /// Whether order and part are those of a list that goes on with a cursor.
    fn is_plain(&self) -> bool {
        self.sort.is_empty() && self.ascending.is_none() && self.skip == 0 && !self.count
    }

    /// The values of these fields, where nothing is asked but that some of them be the same as one value each: what
    /// a list with a cursor is read by.
    pub(crate) fn plain<const N: usize>(&self, names: [&str; N]) -> Option<[Option<&str>; N]> {
        let mut values = [None; N];
        for field in &self.fields {
            let [Test { field, is: Some(Is::Equal), value, not: false, .. }] = field.tests.as_slice() else {
                return None;
            };
            *values.get_mut(names.iter().position(|name| name == field)?)? = Some(value.as_str());
        }
        self.is_plain().then_some(values)
    }

    /// Begins to read what is asked for: a list with a cursor as all is read, any other among the few that may search.
    pub(crate) async fn begin<const N: usize>(&self, api: &Api, plain: [&str; N]) -> Result<Tx, Error> {
        match self.plain(plain) {
            Some(_) => api.app.store.read().await,
            None => api.app.store.search().await,
        }
    }

    /// All tests, in an order that stays the same.
    pub(crate) fn tests(&self) -> impl Iterator<Item = &Test> + Send {
        self.fields.iter().flat_map(|field| &field.tests)
    }

    /// What is selected, where `meant` is what each of [`Self::tests`] means. Rows that the order leaves equal go by
    /// `default`, which is the whole order if none was asked for.
    pub(crate) fn selection(
        &self,
        default: &[Column],
        default_order: Order,
        meant: Vec<Condition>,
    ) -> Result<Selection, Problem> {
        if self.after.is_some() {
            return Err(Error::invalid("does not go with these conditions: use `skip`")
                .field("after")
                .into());
        }
        let mut meant = meant.into_iter();
        let mut all = vec![];
        for field in &self.fields {
            let each = field.tests.iter().zip(meant.by_ref());
            let not =
                |(test, meant): (&Test, _)| if test.not { Condition::Not(Box::new(meant)) } else { meant };
            let conditions = each.map(not).collect();
            all.push(if field.every { Condition::All(conditions) } else { Condition::Any(conditions) });
        }
        let way = match self.ascending {
            Some(true) => Order::Ascending,
            Some(false) => Order::Descending,
            None => self.sort.first().map_or(default_order, |(_, order)| *order),
        };
        let mut order = self.sort.clone();
        order.extend(default.iter().map(|&column| (column, way)));
        let (skip, limit, count) = (self.skip, self.limit, self.count);
        Ok(Selection { condition: Condition::All(all), order, skip, limit, count })
    }
}

impl Test {
    /// Reads modifiers, operator and value, and whether all tests of the field must hold.
    fn read(Known(field, kind, _): &Known, text: &str) -> Result<(Self, bool), Problem> {
        let rest = text.trim_start_matches(['!', ':', '?', '[', ']']);
        let modifiers = text.strip_suffix(rest).unwrap_or_default();
        let has = |modifier| modifiers.contains(modifier);
        let operators = [
            (">=", Is::AtLeast),
            ("<=", Is::AtMost),
            (">>", Is::Above),
            ("<<", Is::Below),
            (">", Is::Above),
            ("<", Is::Below),
            ("=", Is::Equal),
            ("@", Is::Containing),
            ("^", Is::Starting),
            ("$", Is::Ending),
        ];
        let found = operators.iter().find_map(|&(sign, is)| Some((is, rest.strip_prefix(sign)?)));
        let (is, value) = found.unwrap_or((Is::Equal, rest));
        let part = matches!(is, Is::Containing | Is::Starting | Is::Ending);
        let refuse = |text: &str| Error::invalid(text).field(*field);
        if !part && is != Is::Equal {
            if modifiers.chars().any(|modifier| modifier != '[') {
                let error = refuse("takes no modifier but `[` where it is held against more or less");
                return Err(Problem::coded("FF00193", error));
            }
            if *kind != Kind::Ordered && *kind != Kind::Text {
                return Err(refuse("cannot be held against more or less").into());
            }
        }
        if part && *kind != Kind::Text {
            return Err(refuse("is not a text: it is the same or not, and has no parts").into());
        }
        let null = has('?') && value.is_empty() && is == Is::Equal;
        let is = (!null).then_some(is);
        Ok((Self { field, is, value: value.to_owned(), not: has('!'), fold: has(':') }, has('[')))
    }

    /// A refusal of what is asked.
    pub(crate) fn refused(&self, text: &str) -> Error {
        Error::invalid(text).field(self.field)
    }

    /// A column that is held against what the value was read as.
    pub(crate) fn column(&self, column: Column, value: impl Into<Value>) -> Condition {
        match (self.is, value.into()) {
            (None, _) => Condition::Null(column),
            (Some(is), Value::Text(text)) if self.fold => Condition::Folded(column, is, text),
            (Some(is), value) => Condition::Column(column, is, value),
        }
    }

    /// The value, where there must be one.
    pub(crate) fn needed(&self) -> Result<&str, Error> {
        self.is.map(|_| self.value.as_str()).ok_or_else(|| self.refused("always has a value"))
    }

    /// A number of any size.
    pub(crate) fn number(&self) -> Result<U256, Error> {
        crate::extract::amount(self.field, self.needed()?).map(quittance_domain::Amount::units)
    }

    /// A column of times in units of so many nanoseconds.
    pub(crate) fn time(&self, column: Column, unit: u128) -> Result<Condition, Error> {
        let nanos = nanos(self.needed()?).ok_or_else(|| {
            self.refused("must be a time: as in RFC 3339, or a number of seconds, ms or ns")
        })?;
        let whole = |time: u128| u64::try_from(time).unwrap_or(u64::MAX);
        let (floor, ceiling) = (whole(nanos / unit), whole(nanos.div_ceil(unit)));
        let is = self.is.unwrap_or(Is::Equal);
        let bound = match is {
            Is::Above | Is::AtMost => floor,
            _ => ceiling,
        };
        if is == Is::Equal && floor != ceiling {
            return Ok(Condition::constant(false));
        }
        Ok(Condition::Column(column, is, Value::Int(bound)))
    }
}

/// Nanoseconds of a time, whose unit is told by its size: FireFly's rule.
fn nanos(text: &str) -> Option<u128> {
    if let Ok(number) = text.parse::<u64>() {
        let unit = match number {
            0..10_000_000_000 => 1_000_000_000,
            10_000_000_000..1_000_000_000_000_000 => 1_000_000,
            _ => 1,
        };
        return Some(u128::from(number) * unit);
    }
    let (local, ahead) = zone(text)?;
    let time = humantime::parse_rfc3339(&local).ok()?.duration_since(std::time::UNIX_EPOCH).ok()?;
    u128::try_from(i128::try_from(time.as_nanos()).ok()? - i128::from(ahead) * 1_000_000_000).ok()
}

/// A time of RFC 3339 as if its zone were UTC, and by how many seconds that zone is ahead.
fn zone(text: &str) -> Option<(String, i64)> {
    let at = text.len().checked_sub("+00:00".len())?;
    let (local, offset) = text.split_at_checked(at)?;
    let sign = match offset.as_bytes()[0] {
        b'+' => 1,
        b'-' => -1,
        _ => return Some((text.to_owned(), 0)),
    };
    let part = |text: &str, most: i64| {
        let digits = text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit());
        text.parse::<i64>().ok().filter(|number| digits && *number <= most)
    };
    let (hours, minutes) = offset[1..].split_once(':').filter(|_| !local.ends_with('Z'))?;
    Some((format!("{local}Z"), sign * (part(hours, 23)? * 3_600 + part(minutes, 59)? * 60)))
}

fn number(field: &'static str, text: &str, least: u32, code: &'static str) -> Result<u32, Problem> {
    let number: u64 = text.parse().map_err(|_| Error::invalid("must be a whole number").field(field))?;
    match u32::try_from(number) {
        Ok(number) if number < least => Err(Error::invalid("must be at least 1").field(field).into()),
        Ok(number) if number <= MOST_ROWS => Ok(number),
        _ => Err(Problem::coded(code, Error::invalid(format!("must be at most {MOST_ROWS}")).field(field))),
    }
}

fn flag(field: &'static str, text: &str) -> Result<bool, Error> {
    match text {
        "" | "true" => Ok(true),
        "false" => Ok(false),
        _ => Err(Error::invalid("must be true or false").field(field)),
    }
}

fn sorted(text: &str, known: &[Known]) -> Result<Vec<(Column, Order)>, Error> {
    let mut all = vec![];
    for name in text.split(',') {
        let (bare, order) =
            name.strip_prefix('-').map_or((name, Order::Ascending), |name| (name, Order::Descending));
        let field = known.iter().find(|known| known.0.eq_ignore_ascii_case(bare) && !known.2.is_empty());
        let none = || Error::invalid(format!("this list is not sorted by `{bare}`")).field("sort");
        all.extend(field.ok_or_else(none)?.2.iter().map(|&column| (column, order)));
    }
    Ok(all)
}

fn unknown(name: &str, known: &[Known]) -> Error {
    let names: Vec<&str> = known.iter().map(|known| known.0).collect();
    Error::invalid(format!("unknown field `{name}`, expected one of {}", names.join(", "))).field(name)
}

#[derive(Serialize)]
struct Counted<T> {
    count: usize,
    total: u64,
    items: Vec<T>,
}

/// The answer: rows alone, or with how many there are in all.
pub(crate) fn answer<T: Serialize>(items: Vec<T>, total: Option<u64>, next: Option<&str>) -> Response {
    let headers: HeaderMap = crate::dto::next_page(next);
    match total {
        Some(total) => (headers, Json(Counted { count: items.len(), total, items })).into_response(),
        None => (headers, Json(items)).into_response(),
    }
}

#[cfg(test)]
mod tests;
