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
    /// Creates, moves or destroys money or a deed, and says for whom.
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
        let request = format!("{:?} {:?} {:?}", order.verb, order.what, order.to);
        claim(tx, order.idempotency_key.as_deref(), &request, id, wall).await?;
        let (to, intent) = match order.verb {
            Verb::Mint => {
                let to = match &order.to {
                    Some(to) => self.account(tx, "to", to).await?,
                    None => self.us,
                };
                (Some(to), self.mint(tx, id, order.what, to, wall).await?)
            }
            Verb::Transfer => {
                let to = order.to.as_deref().ok_or_else(|| Error::invalid("is needed").field("to"))?;
                let to = self.account(tx, "to", to).await?;
                self.has(tx, order.what).await?;
                let call = match order.what {
                    What::Cash(amount) => Call::TransferCash { to, amount },
                    What::Deed(token_id) => Call::TransferDeed { to, token_id },
                };
                (Some(to), Intent::new(id, Action::Transact(call)))
            }
            Verb::Burn => {
                if order.to.is_some() {
                    return Err(Error::invalid("is not for a burn").field("to"));
                }
                self.has(tx, order.what).await?;
                let call = match order.what {
                    What::Cash(amount) => Call::BurnCash { amount },
                    What::Deed(token_id) => Call::BurnDeed { token_id },
                };
                (None, Intent::new(id, Action::Transact(call)))
            }
        };
        feed::ask(tx, &intent, None, None, wall).await?;
        Ok(to)
    }

    /// Lets somebody move money or deeds of this party, or no longer, and says whom.
    ///
    /// # Errors
    /// Names what is wrong: an unknown operator, somebody else's deed, an approval that this node itself lives by.
    pub async fn approve(&self, grant: &Grant, id: &str, wall: u64) -> Result<Address> {
        let (grant, id) = (grant.clone(), id.to_owned());
        self.write(grant.dry_run, move |app, tx| {
            Box::pin(async move { app.grant(tx, &grant, &id, wall).await })
        })
        .await
    }

    async fn grant(&self, tx: &mut Tx, grant: &Grant, id: &str, wall: u64) -> Result<Address> {
        let request = format!("approve {:?} {}", grant.what, grant.operator);
        claim(tx, grant.idempotency_key.as_deref(), &request, id, wall).await?;
        let operator = self.account(tx, "operator", &grant.operator).await?;
        if operator == self.deployment.contracts.settlement {
            let text = "is the settlement contract, whose approval this node keeps for its trades";
            return Err(Error::forbidden(text).field("operator"));
        }
        let call = match grant.what {
            Allowance::Cash(amount) => Call::GrantCash { operator, amount },
            Allowance::Deed(token_id, approved) => {
                self.has(tx, What::Deed(token_id)).await?;
                if !approved {
                    self.is_granted(tx, token_id, operator).await?;
                }
                Call::GrantDeed { operator: if approved { operator } else { Address::ZERO }, token_id }
            }
            Allowance::Deeds(approved) => Call::GrantDeeds { operator, approved },
        };
        let intent = Intent::new(id, Action::Transact(call));
        feed::ask(tx, &intent, None, None, wall).await?;
        Ok(operator)
    }

    /// Only one may move a deed by a grant on it, so taking back another's grant would take back this one.
    async fn is_granted(&self, tx: &mut Tx, token_id: U256, operator: Address) -> Result<()> {
        let granted = approvals::on_deed(tx, self.deployment.contracts.deed, token_id).await?;
        if granted.is_none_or(|granted| granted.spender != operator) {
            return Err(Error::conflict("may not move this deed by a grant on it").field("operator"));
        }
        Ok(())
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

    /// What makes money, or a deed.
    async fn mint(&self, tx: &mut Tx, id: &str, what: What, to: Address, wall: u64) -> Result<Intent> {
        match what {
            What::Cash(amount) => {
                positive(amount)?;
                Ok(Intent::new(id, Action::Transact(Call::MintCash { to, amount })))
            }
            What::Deed(token_id) => self.deed_mint(tx, id, token_id, to, wall).await,
        }
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

fn positive(amount: Amount) -> Result<()> {
    if amount.is_zero() {
        return Err(Error::invalid("must be more than zero").field("amount"));
    }
    Ok(())
}
