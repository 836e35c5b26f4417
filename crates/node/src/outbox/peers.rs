//! What is done with other parties: telling, fetching, and signing for what was fetched.

use quittance_domain::{Address, Error, Kind, Result, SettlementId, message::Message, party::Party};
use quittance_exchange::{FetchError, TellError};
use quittance_store::parties;
use sha2::{Digest, Sha256};
use tokio::io::AsyncReadExt;

use super::{Outcome, Worker};
use crate::ports::wall;

/// Bytes of a document hashed at a time.
const HASHED_AT_ONCE: usize = 64 << 10;

impl Worker {
    pub(super) async fn tell(&self, to: Address, message: &Message) -> Result<Outcome> {
        let party = self.party(to).await?;
        Ok(match self.client.tell(&party, message).await {
            Ok(()) => Outcome::Done,
            Err(TellError::Unreachable(error)) => Outcome::Later(error),
            // What is too large stays so. All else may change, a peer's mind and its registry entry included,
            // and the row has an end of its own.
            Err(TellError::Refused(error)) if error.kind() == Kind::TooLarge => Outcome::Never(error),
            Err(TellError::Refused(error)) => Outcome::Later(error),
        })
    }

    pub(super) async fn fetch(&self, id: SettlementId, from: Address) -> Result<Outcome> {
        let party = self.party(from).await?;
        let commitment = self.app.commitment(id).await?;
        let progress = |here, all| tracing::debug!(settlement = %id, here, all, "document");
        match self.client.fetch(&party, id, &commitment, &self.vault, progress).await {
            Ok(()) => {}
            Err(FetchError::Tampered { frame, error }) => {
                let text = format!("what the seller sends is not the committed document (frame {frame})");
                return Ok(Outcome::Later(Error::unavailable(text, error)));
            }
            Err(FetchError::Refused(error) | FetchError::Unreachable(error) | FetchError::Local(error)) => {
                return Ok(Outcome::Later(error));
            }
        }
        let mut plain = self.vault.open_plain(&commitment).await?;
        let mut hash = Sha256::new();
        let mut buffer = vec![0; HASHED_AT_ONCE];
        loop {
            match plain.read(&mut buffer).await.map_err(Error::internal)? {
                0 => break,
                read => hash.update(&buffer[..read]),
            }
        }
        self.app.delivered(id, <[u8; 32]>::from(hash.finalize()).into(), wall()).await?;
        Ok(Outcome::Done)
    }

    pub(super) async fn sign(&self, id: SettlementId) -> Result<Outcome> {
        let document = self.app.to_be_receipted(id).await?;
        let digest = self.app.deployment.receipt_digest(id, self.app.us, document);
        self.app.receipted(id, self.wallet.sign_digest(&digest)?, wall()).await?;
        Ok(Outcome::Done)
    }

    async fn party(&self, address: Address) -> Result<Party> {
        let mut tx = self.app.store.read().await?;
        let party = parties::by_address(&mut tx, address).await?;
        party.ok_or_else(|| Error::unavailable("the other party is not in the registry", address))
    }
}
