//! Creating and moving tokens.

use quittance_domain::{
    Address, Amount, DocumentId, Error, Result, U256,
    intent::{Action, Call, Intent},
};
use quittance_store::{
    Tx, approvals, documents, files,
    outbox::{self, State},
    tokens, transactions,
};

use crate::{App, claim, documents::registration, feed, resolve};

/// What is to be created or moved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// An amount.
    Amount(Amount),
    /// The item with this number, as a deed is one.
    Item(U256),
    /// The next item of a token that numbers its items itself, with its own URI if that is not empty.
    Next(String),
}

/// Who is allowed to move what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Allowance {
    /// Up to an amount; zero is nothing any more.
    Amount(Amount),
    /// This item, or no longer.
    Item(U256, bool),
    /// All items, or no longer.
    Items(bool),
}

/// An allowance that was asked for.
#[derive(Clone, Debug)]
pub struct Grant {
    /// Of which token.
    pub token: Address,
    /// What may be moved.
    pub what: Allowance,
    /// By whom: name, identifier or address.
    pub operator: String,
    /// Makes two equal grants one.
    pub idempotency_key: Option<String>,
    /// Check everything, and ask for nothing.
    pub dry_run: bool,
}

/// What is to be done with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verb {
    /// Create it. Whether this party may, the token's contract decides. A deed is one of a document.
    Mint,
    /// Give what this party has to somebody.
    Transfer,
    /// Destroy what this party has.
    Burn,
}

/// A token operation that was asked for.
#[derive(Clone, Debug)]
pub struct Order {
    /// What is to be done.
    pub verb: Verb,
    /// Of which token.
    pub token: Address,
    /// With what.
    pub what: What,
    /// For whom, by name, identifier or address; what is minted is for this party if unsaid.
    pub to: Option<String>,
    /// Makes two equal orders one.
    pub idempotency_key: Option<String>,
    /// Check everything, and ask for nothing.
    pub dry_run: bool,
}

impl App {
    /// Creates, moves or destroys an amount or an item, and says for whom.
    ///
    /// # Errors
    /// Names what is wrong: no amount, more than there is, somebody else's deed, an unknown receiver or document.
    pub async fn order(&self, order: &Order, id: &str, wall: u64) -> Result<Option<Address>> {
        let (order, id) = (order.clone(), id.to_owned());
        self.write(order.dry_run, move |app, tx| {
            Box::pin(async move { app.place(tx, &order, &id, wall).await })
        })
        .await
    }

    async fn place(&self, tx: &mut Tx, order: &Order, id: &str, wall: u64) -> Result<Option<Address>> {
        // Before any check, because the first of two equal orders may have changed what they see.
        let token = order.token;
        let request = format!("{:?} {token} {:?} {:?}", order.verb, order.what, order.to);
        claim(tx, order.idempotency_key.as_deref(), &request, id, wall).await?;
        let (to, intent) = match order.verb {
            Verb::Mint => {
                let to = match &order.to {
                    Some(to) => self.account(tx, "to", to).await?,
                    None => self.us,
                };
                (Some(to), self.mint(tx, id, order, to, wall).await?)
            }
            Verb::Transfer => {
                let to = order.to.as_deref().ok_or_else(|| Error::invalid("is needed").field("to"))?;
                let to = self.account(tx, "to", to).await?;
                let call = match self.held(tx, token, &order.what).await? {
                    Held::Amount(amount) => Call::Transfer { token, to, amount },
                    Held::Item(token_id) => Call::TransferItem { token, to, token_id },
                };
                (Some(to), Intent::new(id, Action::Transact(call)))
            }
            Verb::Burn => {
                if order.to.is_some() {
                    return Err(Error::invalid("is not for a burn").field("to"));
                }
                let call = match self.held(tx, token, &order.what).await? {
                    Held::Amount(amount) => Call::Burn { token, amount },
                    Held::Item(token_id) => Call::BurnItem { token, token_id },
                };
                (None, Intent::new(id, Action::Transact(call)))
            }
        };
        feed::ask(tx, &intent, None, None, wall).await?;
        Ok(to)
    }

    /// Lets somebody move amounts or items of this party, or no longer, and says whom.
    ///
    /// # Errors
    /// Names what is wrong: an unknown operator, somebody else's item, an approval that this node itself lives by.
    pub async fn approve(&self, grant: &Grant, id: &str, wall: u64) -> Result<Address> {
        let (grant, id) = (grant.clone(), id.to_owned());
        self.write(grant.dry_run, move |app, tx| {
            Box::pin(async move { app.grant(tx, &grant, &id, wall).await })
        })
        .await
    }

    async fn grant(&self, tx: &mut Tx, grant: &Grant, id: &str, wall: u64) -> Result<Address> {
        let token = grant.token;
        let request = format!("approve {token} {:?} {}", grant.what, grant.operator);
        claim(tx, grant.idempotency_key.as_deref(), &request, id, wall).await?;
        let operator = self.account(tx, "operator", &grant.operator).await?;
        let contracts = &self.deployment.contracts;
        if operator == contracts.settlement && (token == contracts.cash || token == contracts.deed) {
            let text = "is the settlement contract, whose approval this node keeps for its trades";
            return Err(Error::forbidden(text).field("operator"));
        }
        let call = match grant.what {
            Allowance::Amount(amount) => Call::Grant { token, operator, amount },
            Allowance::Item(token_id, approved) => {
                self.owns(tx, token, token_id).await?;
                if !approved {
                    is_granted(tx, token, token_id, operator).await?;
                }
                let operator = if approved { operator } else { Address::ZERO };
                Call::GrantItem { token, operator, token_id }
            }
            Allowance::Items(approved) => Call::GrantItems { token, operator, approved },
        };
        let intent = Intent::new(id, Action::Transact(call));
        feed::ask(tx, &intent, None, None, wall).await?;
        Ok(operator)
    }

    /// Has a failed transaction tried again; or, where it waits for another one that has failed, that one.
    ///
    /// A transaction that was reverted is tried again only once its block counts as one that stays. Before, a reorg
    /// could bring it back beside the new one.
    ///
    /// # Errors
    /// When there is no such transaction, it has not failed, its time is over, or it may yet be undone.
    pub async fn retry(&self, id: &str, wall: u64) -> Result<()> {
        let conflict = |text: &str| Err(Error::conflict(text).field("id"));
        let mut tx = self.store.begin().await?;
        let row = outbox::get(&mut tx, id).await?.filter(|row| matches!(row.action, Action::Transact(_)));
        let row = row.ok_or_else(|| Error::not_found("no such operation").field("id"))?;
        let row = outbox::hindrance(&mut tx, &row).await?.unwrap_or(row);
        if !matches!(row.state, State::Failed | State::Expired) {
            return conflict("has not failed");
        }
        let head = self.instant(&mut tx, wall).await?.head;
        if row.expires.is_some_and(|at| at <= head.timestamp) {
            return conflict("is of no use any more: its time is over");
        }
        let sent = transactions::by_key(&mut tx, &row.key).await?;
        if let Some((block, _)) = sent.and_then(|sent| sent.mined)
            && self.beyond_doubt(&head).is_none_or(|stays| block.number > stays)
        {
            return conflict(
                "was reverted in a block that a reorg may still take back; try again some blocks later",
            );
        }
        let intent = Intent { key: row.key, action: row.action, after: row.after, expires: row.expires };
        outbox::add(&mut tx, &intent, row.subject, row.cause_block, wall).await?;
        self.commit(tx).await
    }

    /// What of it this party has; refused if that is not enough.
    async fn held(&self, tx: &mut Tx, token: Address, what: &What) -> Result<Held> {
        match *what {
            What::Amount(amount) => {
                positive(amount)?;
                let have = tokens::balance(tx, token, self.us, None).await?;
                if have < amount {
                    let text = format!("is more than the {have} that this party has");
                    return Err(Error::conflict(text).field("amount"));
                }
                Ok(Held::Amount(amount))
            }
            What::Item(token_id) => {
                self.owns(tx, token, token_id).await?;
                Ok(Held::Item(token_id))
            }
            What::Next(_) => Err(Error::invalid("is needed for this pool").field("tokenIndex")),
        }
    }

    /// Refuses an item of somebody else.
    async fn owns(&self, tx: &mut Tx, token: Address, token_id: U256) -> Result<()> {
        let owner = tokens::owner(tx, token, token_id, None).await?;
        if owner == Some(self.us) {
            return Ok(());
        }
        Err(Error::conflict("is not one of this party's").field("tokenIndex"))
    }

    /// What makes an amount, a deed or an item.
    async fn mint(&self, tx: &mut Tx, id: &str, order: &Order, to: Address, wall: u64) -> Result<Intent> {
        let token = order.token;
        let is_deed = token == self.deployment.contracts.deed;
        let call = match &order.what {
            What::Amount(amount) => {
                positive(*amount)?;
                Call::Mint { token, to, amount: *amount }
            }
            What::Item(token_id) if is_deed => return self.deed_mint(tx, id, *token_id, to, wall).await,
            What::Next(uri) if !is_deed => Call::MintItem { token, to, uri: uri.clone() },
            What::Item(_) => {
                let text = "is not for this pool, whose token numbers its items itself";
                return Err(Error::invalid(text).field("tokenIndex"));
            }
            What::Next(_) => return Err(Error::invalid("is needed for this pool").field("tokenIndex")),
        };
        Ok(Intent::new(id, Action::Transact(call)))
    }

    /// The deed of a document that is registered, or about to be.
    async fn deed_mint(
        &self,
        tx: &mut Tx,
        id: &str,
        token_id: U256,
        to: Address,
        wall: u64,
    ) -> Result<Intent> {
        let unknown = || Error::not_found("no such document").field("tokenIndex");
        let document = DocumentId(token_id.into());
        let (commitment, after) = match documents::registered_as(tx, document).await? {
            Some(known) => (known.commitment, None),
            None => {
                let commitment = files::file(tx, document).await?.ok_or_else(unknown)?.commitment;
                // Should the registration have been given up, it is tried anew.
                let first = registration(document, commitment);
                feed::ask(tx, &first, None, None, wall).await?;
                (commitment, Some(first.key))
            }
        };
        if commitment.issuer != self.us {
            return Err(Error::forbidden("only a document's issuer mints its deed").field("tokenIndex"));
        }
        if tokens::owner(tx, self.deployment.contracts.deed, token_id, None).await?.is_some() {
            return Err(Error::conflict("has a deed already").field("tokenIndex"));
        }
        let intent = Intent::new(id, Action::Transact(Call::MintDeed { to, commitment }));
        Ok(match after {
            Some(key) => intent.after(key),
            None => intent,
        })
    }

    /// Somebody who can have something: a party, or any address but zero.
    async fn account(&self, tx: &mut Tx, field: &'static str, who: &str) -> Result<Address> {
        match who.parse::<Address>() {
            Ok(Address::ZERO) => Err(Error::invalid("must not be the zero address").field(field)),
            Ok(address) => Ok(address),
            Err(_) => Ok(resolve(tx, field, who).await?.address),
        }
    }
}

/// What somebody has.
enum Held {
    Amount(Amount),
    Item(U256),
}

/// Only one may move an item by a grant on it, so taking back another's grant would take back this one.
async fn is_granted(tx: &mut Tx, token: Address, token_id: U256, operator: Address) -> Result<()> {
    let granted = approvals::on_deed(tx, token, token_id).await?;
    if granted.is_none_or(|granted| granted.spender != operator) {
        return Err(Error::conflict("may not move this one by a grant on it").field("operator"));
    }
    Ok(())
}

fn positive(amount: Amount) -> Result<()> {
    if amount.is_zero() {
        return Err(Error::invalid("must be more than zero").field("amount"));
    }
    Ok(())
}
