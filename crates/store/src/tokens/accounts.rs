//! Accounts and their balances while money moves: read once, carried along, written together.

use std::{
    collections::{BTreeMap, HashMap, hash_map::Entry},
    sync::LazyLock,
};

use quittance_domain::{Address, Amount, Error, Result, U256};

use super::CashMove;
use crate::{
    Position, Tx, pools,
    tables::{Rows, Value},
    value::{Cell, cells, int},
};

/// Holders that are asked about in one statement: those of a few moves, or of many.
const FEW: usize = 8;
const MANY: usize = 128;

static ASK_FEW: LazyLock<String> = LazyLock::new(|| ask(FEW));
static ASK_MANY: LazyLock<String> = LazyLock::new(|| ask(MANY));

fn ask(holders: usize) -> String {
    let holders: Vec<String> = (2..holders + 2).map(|place| format!("${place}")).collect();
    format!(
        "SELECT id, holder, \
         (SELECT MAX(block_number) FROM balances WHERE account = a.id) AS last_block, \
         (SELECT balance FROM balances WHERE account = a.id ORDER BY block_number DESC LIMIT 1) AS balance \
         FROM accounts a WHERE token = $1 AND holder IN ({})",
        holders.join(", ")
    )
}

/// What somebody has of a token.
#[derive(Debug, Default)]
struct Account {
    /// Its number; nothing for one that is new.
    id: Option<u64>,
    amount: Amount,
    /// The block of the last row, in the database or on its way there.
    last_block: Option<u64>,
}

/// The accounts that some moves touch.
#[derive(Debug)]
pub(super) struct Accounts {
    places: HashMap<(Address, Address), usize>,
    accounts: Vec<Account>,
    next_id: u64,
    /// The block of the moves that are being taken in, and the accounts that it touched.
    block: u64,
    touched: Vec<usize>,
    new: Vec<[Cell; 4]>,
    rows: Rows,
    /// Rows of a block that has some in the database already.
    changed: Vec<[Cell; 3]>,
    /// Tokens that moved more than was there, with where they first did.
    irregular: BTreeMap<Address, Position>,
}

impl Accounts {
    /// Reads all accounts that these moves touch.
    pub(super) async fn open(tx: &mut Tx, moves: &[CashMove]) -> Result<Self> {
        let mut places = HashMap::new();
        let mut holders: BTreeMap<Address, Vec<Address>> = BTreeMap::new();
        for step in moves {
            for holder in step.holders() {
                let next = places.len();
                if let Entry::Vacant(place) = places.entry((step.token, holder)) {
                    place.insert(next);
                    holders.entry(step.token).or_default().push(holder);
                }
            }
        }
        let mut accounts: Vec<Account> = places.iter().map(|_| Account::default()).collect();
        for (token, holders) in holders {
            for some in holders.chunks(MANY) {
                for (holder, account) in read(tx, token, some).await? {
                    let place = places.get(&(token, holder)).and_then(|&place| accounts.get_mut(place));
                    *place.ok_or_else(|| Error::internal("an account that nobody asked for"))? = account;
                }
            }
        }
        let mut next_id = 0;
        if accounts.iter().any(|account| account.id.is_none()) {
            let row = tx.row("SELECT MAX(id) AS last FROM accounts", []).await?;
            let last: Option<u64> = row.map_or(Ok(None), |row| row.get("last"))?;
            next_id = last.map_or(0, |last| last + 1);
        }
        let (rows, new, touched, changed) = (Rows::new(3), vec![], vec![], vec![]);
        let irregular = BTreeMap::new();
        Ok(Self { places, accounts, next_id, block: 0, touched, new, rows, changed, irregular })
    }

    /// Takes in a move, after all those before it.
    pub(super) fn take(&mut self, step: &CashMove) -> Result<()> {
        let block = step.origin.block.number;
        if block != self.block {
            self.end_block()?;
            self.block = block;
        }
        for holder in step.holders() {
            let place = self.places.get(&(step.token, holder)).copied().unwrap_or(usize::MAX);
            let unknown = || Error::internal("a move of an account that was not read");
            let account = self.accounts.get_mut(place).ok_or_else(unknown)?;
            if account.id.is_none() {
                account.id = Some(self.next_id);
                self.new.push(cells![self.next_id, step.token, holder, block]);
                self.next_id += 1;
            }
            account.amount = after(account.amount, step, holder).unwrap_or_else(|nearest| {
                self.irregular.entry(step.token).or_insert_with(|| Position::from(&step.origin));
                nearest
            });
            self.touched.push(place);
        }
        Ok(())
    }

    /// Makes a row of what each account that the block touched has at its end.
    fn end_block(&mut self) -> Result<()> {
        self.touched.sort_unstable();
        self.touched.dedup();
        for place in self.touched.drain(..) {
            let Some(Account { id: Some(id), amount, last_block }) = self.accounts.get_mut(place) else {
                continue;
            };
            if last_block.replace(self.block) == Some(self.block) {
                self.changed.push(cells![*amount, *id, self.block]);
                continue;
            }
            self.rows.push(Value::Int(int(*id)?));
            self.rows.push(Value::Int(int(self.block)?));
            self.rows.push(Value::Bytes(&amount.units().to_be_bytes::<32>()));
        }
        Ok(())
    }

    /// Writes what became of them.
    pub(super) async fn close(mut self, tx: &mut Tx) -> Result<()> {
        self.end_block()?;
        for (token, at) in self.irregular {
            // A token that others made may move what it never said was there. One of ours never does.
            if !pools::is_irregular(tx, token).await? {
                let text = format!("the balances of {token} cannot follow the log {at}");
                return Err(Error::internal(text));
            }
        }
        tx.insert("accounts (id, token, holder, block_number)", self.new).await?;
        tx.fill("balances (account, block_number, balance)", self.rows).await?;
        for row in self.changed {
            let sql = "UPDATE balances SET balance = $1 WHERE account = $2 AND block_number = $3";
            tx.run(sql, row).await?;
        }
        Ok(())
    }
}

/// The accounts that some holders have of a token.
async fn read(tx: &mut Tx, token: Address, holders: &[Address]) -> Result<Vec<(Address, Account)>> {
    let (sql, count) = if holders.len() <= FEW { (&*ASK_FEW, FEW) } else { (&*ASK_MANY, MANY) };
    let Some(&last) = holders.last() else { return Ok(vec![]) };
    // The last one fills the places that are left.
    let filled = holders.iter().copied().chain(std::iter::repeat(last)).take(count);
    let rows = tx.rows(sql, [Cell::from(token)].into_iter().chain(filled.map(Cell::from))).await?;
    let account = |row: &crate::value::Row| {
        let (id, last_block) = (row.get("id")?, row.get("last_block")?);
        Ok((row.get("holder")?, Account { id, amount: row.get("balance")?, last_block }))
    };
    rows.iter().map(account).collect()
}

/// What a holder has after a move; or else what comes nearest to it.
fn after(before: Amount, step: &CashMove, holder: Address) -> Result<Amount, Amount> {
    if holder == step.from {
        before.checked_sub(step.amount).ok_or(Amount::ZERO)
    } else {
        before.checked_add(step.amount).ok_or(Amount::new(U256::MAX))
    }
}
