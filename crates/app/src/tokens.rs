//! Creating and moving tokens.

use quittance_domain::{
    Address, Amount, DocumentId, Error, Result, U256,
    intent::{Action, Call, Intent},
};
use quittance_store::{Tx, documents, files, outbox, tokens};

use crate::{App, claim, documents::registration, resolve};

/// What is to be created or moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// An amount of money.
    Cash(Amount),
    /// The deed with this token id.
    Deed(U256),
}

/// Who is allowed to move what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Allowance {
    /// Up to an amount of money; zero is nothing any more.
    Cash(Amount),
    /// This deed, or no longer.
    Deed(U256, bool),
    /// All deeds, or no longer.
    Deeds(bool),
}

/// An allowance that was asked for.
#[derive(Clone, Debug)]
pub struct Grant {
    /// What may be moved.
    pub what: Allowance,
    /// By whom: name, identifier or address.
    pub operator: String,
    /// Makes two equal grants one.
    pub idempotency_key: Option<String>,
    /// Check everything, and ask for nothing.
    pub dry_run: bool,
}

/// A token operation that was asked for.
#[derive(Clone, Debug)]
pub struct Order {
    /// What is to be created or moved.
    pub what: What,
    /// For whom, by name, identifier or address; this party if unsaid.
    pub to: Option<String>,
    /// Makes two equal orders one.
    pub idempotency_key: Option<String>,
    /// Check everything, and ask for nothing.
    pub dry_run: bool,
}

impl App {
    /// Creates money, or the deed of a document. Whether this party may, the token's contract decides.
    ///
    /// # Errors
    /// Names what is wrong: no amount, an unknown receiver or document.
    pub async fn mint(&self, order: Order, id: String, wall: u64) -> Result<String> {
        let mut tx = self.store.begin().await?;
        self.claim(&mut tx, "mint", &order, &id, wall).await?;
        let to = self.receiver(&mut tx, order.to.as_deref()).await?;
        let intent = match order.what {
            What::Cash(amount) => {
                positive(amount)?;
                Intent::new(id.clone(), Action::Transact(Call::MintCash { to, amount }))
            }
            What::Deed(token_id) => self.deed_mint(&mut tx, &id, token_id, to, wall).await?,
        };
        self.place(tx, &order, &intent, wall).await?;
        Ok(id)
    }

    /// Moves money or a deed of this party.
    ///
    /// # Errors
    /// Names what is wrong: no amount, more than there is, somebody else's deed, an unknown receiver.
    pub async fn transfer(&self, order: Order, id: String, wall: u64) -> Result<String> {
        let mut tx = self.store.begin().await?;
        self.claim(&mut tx, "transfer", &order, &id, wall).await?;
        if order.to.is_none() {
            return Err(Error::invalid("is needed").field("to"));
        }
        let to = self.receiver(&mut tx, order.to.as_deref()).await?;
        self.has(&mut tx, order.what).await?;
        let call = match order.what {
            What::Cash(amount) => Call::TransferCash { to, amount },
            What::Deed(token_id) => Call::TransferDeed { to, token_id },
        };
        let intent = Intent::new(id.clone(), Action::Transact(call));
        self.place(tx, &order, &intent, wall).await?;
        Ok(id)
    }

    /// Destroys money or a deed of this party.
    ///
    /// # Errors
    /// Names what is wrong: no amount, more than there is, somebody else's deed.
    pub async fn burn(&self, order: Order, id: String, wall: u64) -> Result<String> {
        let mut tx = self.store.begin().await?;
        self.claim(&mut tx, "burn", &order, &id, wall).await?;
        self.has(&mut tx, order.what).await?;
        let call = match order.what {
            What::Cash(amount) => Call::BurnCash { amount },
            What::Deed(token_id) => Call::BurnDeed { token_id },
        };
        let intent = Intent::new(id.clone(), Action::Transact(call));
        self.place(tx, &order, &intent, wall).await?;
        Ok(id)
    }

    /// Lets somebody move money or deeds of this party, or no longer.
    ///
    /// # Errors
    /// Names what is wrong: an unknown operator, somebody else's deed.
    pub async fn approve(&self, grant: Grant, id: String, wall: u64) -> Result<String> {
        let mut tx = self.store.begin().await?;
        let request = format!("approve {:?} {}", grant.what, grant.operator);
        claim(&mut tx, grant.idempotency_key.as_deref(), &request, &id, wall).await?;
        let operator = self.account(&mut tx, "operator", &grant.operator).await?;
        let call = match grant.what {
            Allowance::Cash(amount) => Call::GrantCash { operator, amount },
            Allowance::Deed(token_id, approved) => {
                self.has(&mut tx, What::Deed(token_id)).await?;
                Call::GrantDeed { operator: if approved { operator } else { Address::ZERO }, token_id }
            }
            Allowance::Deeds(approved) => Call::GrantDeeds { operator, approved },
        };
        let intent = Intent::new(id.clone(), Action::Transact(call));
        outbox::add(&mut tx, &intent, None, None, wall).await?;
        self.commit_unless(grant.dry_run, tx).await?;
        Ok(id)
    }

    /// Has a failed transaction tried again.
    ///
    /// # Errors
    /// When there is no such transaction, or it has not failed.
    pub async fn retry(&self, id: &str, wall: u64) -> Result<()> {
        let mut tx = self.store.begin().await?;
        let row = outbox::get(&mut tx, id).await?.filter(|row| matches!(row.action, Action::Transact(_)));
        let row = row.ok_or_else(|| Error::not_found("no such operation").field("id"))?;
        if !matches!(row.state, outbox::State::Failed | outbox::State::Expired) {
            return Err(Error::conflict("has not failed").field("id"));
        }
        let intent = Intent { key: row.key, action: row.action, after: row.after, expires: row.expires };
        outbox::add(&mut tx, &intent, row.subject, row.cause_block, wall).await?;
        self.commit(tx).await
    }

    /// Refuses what this party does not have.
    async fn has(&self, tx: &mut Tx, what: What) -> Result<()> {
        match what {
            What::Cash(amount) => {
                positive(amount)?;
                let have = tokens::balance(tx, self.deployment.contracts.cash, self.us, None).await?;
                if have < amount {
                    let text = format!("is more than the {have} that this party has");
                    return Err(Error::conflict(text).field("amount"));
                }
            }
            What::Deed(token_id) => {
                let owner = tokens::owner(tx, self.deployment.contracts.deed, token_id, None).await?;
                if owner != Some(self.us) {
                    return Err(Error::conflict("is not a deed of this party").field("tokenIndex"));
                }
            }
        }
        Ok(())
    }

    /// Before any check, because the first of two equal orders may have changed what they see.
    async fn claim(&self, tx: &mut Tx, verb: &str, order: &Order, id: &str, wall: u64) -> Result<()> {
        let request = format!("{verb} {:?} {:?}", order.what, order.to);
        claim(tx, order.idempotency_key.as_deref(), &request, id, wall).await
    }

    async fn place(&self, mut tx: Tx, order: &Order, intent: &Intent, wall: u64) -> Result<()> {
        outbox::add(&mut tx, intent, None, None, wall).await?;
        self.commit_unless(order.dry_run, tx).await
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
                outbox::add(tx, &first, None, None, wall).await?;
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

    async fn receiver(&self, tx: &mut Tx, to: Option<&str>) -> Result<Address> {
        match to {
            Some(to) => self.account(tx, "to", to).await,
            None => Ok(self.us),
        }
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

fn positive(amount: Amount) -> Result<()> {
    if amount.is_zero() {
        return Err(Error::invalid("must be more than zero").field("amount"));
    }
    Ok(())
}
