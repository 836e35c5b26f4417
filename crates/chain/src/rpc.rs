//! The JSON-RPC endpoint, with time limits on every call and its URL (which may hold a key) kept out of
//! every error.

use std::time::Duration;

use alloy::{
    eips::BlockId,
    network::{Ethereum, TransactionBuilder},
    primitives::{Address, B256, Bytes, FixedBytes, U64, U256},
    providers::{Provider, RootProvider},
    rpc::{client::RpcClient, types::TransactionRequest},
    sol_types::{self, SolCall},
    transports::{RpcError, TransportErrorKind, TransportResult, http::reqwest},
};
use quittance_bindings::{Cash, Deed};
use quittance_domain::{
    Amount, AssetKind, BlockRef, Error, Kind, Result, intent::Call, settlement::Deployment,
};

use crate::{Fees, Prepared, calls, logs, together, wire::Filter};

/// Where the chain answers.
#[derive(Clone, Debug)]
pub struct Rpc {
    /// The endpoint's URL.
    pub url: String,
    /// How long one call may take.
    pub timeout: Duration,
}

/// The chain, as far as one deployment on it goes.
#[derive(Clone, Debug)]
pub struct Chain {
    provider: RootProvider<Ethereum>,
    deployment: Deployment,
}

/// In which block a transaction is, and whether it did what it was to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Inclusion {
    /// The block.
    pub block: BlockRef,
    /// False where it was reverted.
    pub success: bool,
}

/// Why a call cannot be made into a transaction now.
#[derive(Clone, Debug)]
pub enum Refusal {
    /// The contract would revert, for the reason named.
    Reverts(String),
    /// The endpoint did not answer, or not sensibly.
    Unavailable(Error),
}

/// Gas is asked for with a fifth more than was estimated: storage may have been warmed or cleared by then.
const GAS_MARGIN_PERCENT: u64 = 20;

/// How far fees may rise while a transaction waits, over the estimate's own allowance. Only the block's own fee
/// is ever paid, but a transaction that falls behind it holds up all that come after.
const FEE_HEADROOM: u128 = 2;

/// What a contract says that it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    /// Amounts or items.
    pub kind: AssetKind,
    /// Its symbol, if it has one.
    pub symbol: Option<String>,
    /// How many of an amount's digits are behind the point, if it says so.
    pub decimals: Option<u8>,
}

/// The standards' interfaces, by ERC-165.
const ERC721: FixedBytes<4> = FixedBytes(0x80ac_58cd_u32.to_be_bytes());
const ERC1155: FixedBytes<4> = FixedBytes(0xd9b6_7a26_u32.to_be_bytes());

/// How often a contract is looked for before it is said not to be there, and the wait after each look.
const LOOKS_FOR_CODE: u32 = 3;
const LOOK_AGAIN: Duration = Duration::from_millis(500);

impl Chain {
    /// Connects, and refuses an endpoint of another chain than the deployment's.
    ///
    /// # Errors
    /// When the URL is wrong, the endpoint silent, or the chain another.
    pub async fn connect(rpc: &Rpc, deployment: Deployment) -> Result<Self> {
        let url: reqwest::Url =
            rpc.url.parse().map_err(|_| Error::invalid("is not a URL").field("chain.rpc"))?;
        let client = reqwest::Client::builder().timeout(rpc.timeout).build().map_err(Error::internal)?;
        let provider = RootProvider::new(RpcClient::new_http_with_client(client, url));
        let chain = Self { provider, deployment };
        let theirs = chain.told(chain.provider.get_chain_id().await)?;
        if theirs != chain.deployment.chain_id {
            let text =
                format!("answers for chain {theirs}, the deployment is on {}", chain.deployment.chain_id);
            return Err(Error::invalid(text).field("chain.rpc"));
        }
        chain.check_contracts().await?;
        Ok(chain)
    }

    /// Refuses a deployment that was written down and never finished, or is another chain's of the same id.
    async fn check_contracts(&self) -> Result<()> {
        for address in self.contracts() {
            if !self.has_code(address).await? {
                let text = format!("names {address:#x}, where this chain has no contract");
                return Err(Error::invalid(text).field("chain.deployment"));
            }
        }
        Ok(())
    }

    /// Whether there is a contract. An endpoint that is behind others, or in the middle of a reorg, may not have it yet
    /// or for a moment.
    async fn has_code(&self, address: Address) -> Result<bool> {
        for _ in 0..LOOKS_FOR_CODE {
            if !self.told(self.provider.get_code_at(address).await)?.is_empty() {
                return Ok(true);
            }
            tokio::time::sleep(LOOK_AGAIN).await;
        }
        Ok(false)
    }

    /// The deployment this chain is read for.
    #[must_use]
    pub const fn deployment(&self) -> &Deployment {
        &self.deployment
    }

    /// The logs of the deployment's contracts.
    #[must_use]
    pub fn filter(&self) -> Filter {
        Filter::new(self.contracts().collect(), vec![])
    }

    /// How many transactions of this account are in the chain.
    ///
    /// # Errors
    /// When the endpoint does not answer.
    pub async fn nonce(&self, account: Address) -> Result<u64> {
        self.told(self.provider.get_transaction_count(account).await)
    }

    /// How many transactions of this account were in the chain as of this block.
    ///
    /// # Errors
    /// When the endpoint does not answer, or has forgotten the state of that block.
    pub async fn nonce_at(&self, account: Address, block: u64) -> Result<u64> {
        self.told(self.provider.get_transaction_count(account).number(block).await)
    }

    /// The nonce after those of this account's transactions that the endpoint knows, in the chain or waiting.
    /// Those from here on it has to be given.
    ///
    /// # Errors
    /// When the endpoint does not answer.
    pub async fn nonce_known(&self, account: Address) -> Result<u64> {
        self.told(self.provider.get_transaction_count(account).pending().await)
    }

    /// What gas is worth now, with room for it to rise while a transaction waits.
    ///
    /// # Errors
    /// When the endpoint does not answer.
    pub async fn fees(&self) -> Result<Fees> {
        let fees = self.told(self.provider.estimate_eip1559_fees().await)?;
        Ok(Fees {
            max_fee_per_gas: fees.max_fee_per_gas.saturating_mul(FEE_HEADROOM),
            max_priority_fee_per_gas: fees.max_priority_fee_per_gas,
        })
    }

    /// What calls take to be made by `from` after the last block, each of which must not be more gas than `most_gas`.
    /// What waits to be mined is not seen. All go in one request.
    ///
    /// # Errors
    /// Of each with the reason, when it would revert or take more; or when the endpoint does not answer.
    pub async fn prepare(
        &self,
        calls: &[&Call],
        from: Address,
        most_gas: u64,
    ) -> Vec<Result<Prepared, Refusal>> {
        let encoded: Vec<_> =
            calls.iter().map(|call| calls::encode(call, &self.deployment.contracts, from)).collect();
        let asked = encoded.iter().map(|(to, data)| {
            let request = TransactionRequest::default().with_from(from).with_to(*to).with_input(data.clone());
            // By the pending block, some endpoints have none, and others make it anew for each call.
            (request, BlockId::latest())
        });
        let asked: Vec<_> = asked.collect();
        let answers = match together::ask::<_, U64>(&self.provider, "eth_estimateGas", &asked).await {
            Ok(answers) => answers,
            Err(error) => {
                let refusal = Refusal::Unavailable(self.outage(error));
                return calls.iter().map(|_| Err(refusal.clone())).collect();
            }
        };
        let prepared = encoded.into_iter().zip(answers).map(|((to, data), answer)| {
            let gas = answer.map_err(|error| self.refusal(error))?.to::<u64>();
            if gas > most_gas {
                return Err(Refusal::Reverts(format!(
                    "it takes {gas} gas, more than outbox.max-gas of {most_gas}"
                )));
            }
            Ok(Prepared { to, data, gas: (gas.saturating_mul(100 + GAS_MARGIN_PERCENT) / 100).min(most_gas) })
        });
        prepared.collect()
    }

    /// How much of a token `holder` had at the end of this block.
    ///
    /// # Errors
    /// When the endpoint does not answer, or has forgotten the state of that block, or the block itself.
    pub async fn amount_at(&self, token: Address, holder: Address, block: BlockRef) -> Result<Amount> {
        let data = Cash::balanceOfCall { account: holder }.abi_encode();
        let answer = self.told(self.view(token, data, block).await)?;
        amount(Cash::balanceOfCall::abi_decode_returns(&answer))
    }

    /// How much of a token there was at the end of this block.
    ///
    /// # Errors
    /// As for [`Chain::amount_at`].
    pub async fn supply_at(&self, token: Address, block: BlockRef) -> Result<Amount> {
        let data = Cash::totalSupplyCall {}.abi_encode();
        let answer = self.told(self.view(token, data, block).await)?;
        amount(Cash::totalSupplyCall::abi_decode_returns(&answer))
    }

    /// How many items of a token `holder` had at the end of this block.
    ///
    /// # Errors
    /// As for [`Chain::amount_at`].
    pub async fn items_at(&self, token: Address, holder: Address, block: BlockRef) -> Result<Amount> {
        let data = Deed::balanceOfCall { owner: holder }.abi_encode();
        let answer = self.told(self.view(token, data, block).await)?;
        amount(Deed::balanceOfCall::abi_decode_returns(&answer))
    }

    /// Who owned an item at the end of this block, if anybody did.
    ///
    /// # Errors
    /// As for [`Chain::amount_at`].
    pub async fn owner_at(&self, token: Address, token_id: U256, block: BlockRef) -> Result<Option<Address>> {
        let data = Deed::ownerOfCall { tokenId: token_id }.abi_encode();
        match self.view(token, data, block).await {
            Ok(answer) => Deed::ownerOfCall::abi_decode_returns(&answer).map(Some).map_err(Error::internal),
            Err(error) => match self.refusal(error) {
                Refusal::Reverts(_) => Ok(None),
                Refusal::Unavailable(error) => Err(error),
            },
        }
    }

    /// What the contract at this address says that it is.
    ///
    /// # Errors
    /// When it is no token that this node can work with, or the endpoint does not answer.
    pub async fn token(&self, token: Address) -> Result<Token> {
        let refused = |text: &str| Err(Error::invalid(text).field("config.address"));
        if self.told(self.provider.get_code_at(token).await)?.is_empty() {
            return refused("is no contract on this chain");
        }
        let is = |id| Deed::supportsInterfaceCall { id }.abi_encode();
        let says = |answer: Option<Bytes>| {
            answer.is_some_and(|answer| {
                Deed::supportsInterfaceCall::abi_decode_returns(&answer).is_ok_and(|yes| yes)
            })
        };
        let name = self.ask(token, Cash::symbolCall {}.abi_encode()).await?;
        let symbol = name.and_then(|answer| Cash::symbolCall::abi_decode_returns(&answer).ok());
        if says(self.ask(token, is(ERC721)).await?) {
            return Ok(Token { kind: AssetKind::Erc721, symbol, decimals: None });
        }
        if says(self.ask(token, is(ERC1155)).await?) {
            return refused("is an ERC-1155 token, of which this node makes no pools");
        }
        let balance = self.ask(token, Cash::balanceOfCall { account: token }.abi_encode()).await?;
        let supply = self.ask(token, Cash::totalSupplyCall {}.abi_encode()).await?;
        let word = |answer: Option<Bytes>| answer.is_some_and(|answer| answer.len() == 32);
        if !word(balance) || !word(supply) {
            return refused("is neither an ERC-20 nor an ERC-721 token");
        }
        let decimals = self.ask(token, Cash::decimalsCall {}.abi_encode()).await?;
        let decimals = decimals.and_then(|answer| Cash::decimalsCall::abi_decode_returns(&answer).ok());
        Ok(Token { kind: AssetKind::Erc20, symbol, decimals })
    }

    /// What a contract answers now; nothing if it refuses.
    async fn ask(&self, to: Address, data: Vec<u8>) -> Result<Option<Bytes>> {
        let request = TransactionRequest::default().with_to(to).with_input(data);
        match self.provider.call(request).block(BlockId::latest()).await {
            Ok(answer) => Ok(Some(answer)),
            Err(error @ RpcError::ErrorResp(_)) => match self.refusal(error) {
                Refusal::Reverts(_) => Ok(None),
                Refusal::Unavailable(error) => Err(error),
            },
            Err(error) => Err(self.outage(error)),
        }
    }

    /// What a contract answers by the state of a block, named by its hash: a number may mean another one by now.
    async fn view(&self, to: Address, data: Vec<u8>, block: BlockRef) -> TransportResult<Bytes> {
        let request = TransactionRequest::default().with_to(to).with_input(data);
        self.provider.call(request).block(BlockId::hash_canonical(block.hash)).await
    }

    /// Hands signed transactions to the chain, in one request. That it has one of them already is as good.
    ///
    /// # Errors
    /// Of each, when the endpoint does not answer, or will not have it.
    pub async fn broadcast(&self, raw: &[Bytes]) -> Vec<Result<()>> {
        let calls: Vec<_> = raw.iter().map(|raw| (raw,)).collect();
        match together::ask::<_, B256>(&self.provider, "eth_sendRawTransaction", &calls).await {
            Ok(answers) => answers.into_iter().map(|answer| self.taken(answer)).collect(),
            Err(error) => {
                let error = self.outage(error);
                raw.iter().map(|_| Err(error.clone())).collect()
            }
        }
    }

    fn taken(&self, answer: TransportResult<B256>) -> Result<()> {
        match answer {
            Err(error) if !already_there(&error) => Err(self.outage(error)),
            _ => Ok(()),
        }
    }

    /// Where a transaction is, if it is in the chain.
    ///
    /// # Errors
    /// When the endpoint does not answer.
    pub async fn inclusion(&self, hash: B256) -> Result<Option<Inclusion>> {
        let receipt = self.told(self.provider.get_transaction_receipt(hash).await)?;
        Ok(receipt.and_then(|receipt| {
            let block = BlockRef { number: receipt.block_number?, hash: receipt.block_hash? };
            Some(Inclusion { block, success: receipt.status() })
        }))
    }

    fn contracts(&self) -> impl Iterator<Item = Address> {
        logs::readers(&self.deployment.contracts).map(|(address, _)| address)
    }

    fn told<T>(&self, answer: TransportResult<T>) -> Result<T> {
        answer.map_err(|error| self.outage(error))
    }

    fn outage(&self, error: RpcError<TransportErrorKind>) -> Error {
        // What the HTTP client says quotes the URL in a form of its own, and that may hold an API key.
        let text = error.to_string();
        let words = text.split(' ').map(|word| if word.contains("://") { "(the endpoint)" } else { word });
        let inside = words.collect::<Vec<_>>().join(" ");
        Error::unavailable("the chain's RPC endpoint does not answer as it should", inside)
    }

    fn refusal(&self, error: RpcError<TransportErrorKind>) -> Refusal {
        match &error {
            RpcError::ErrorResp(payload) => match payload.as_revert_data() {
                Some(data) if !data.is_empty() => Refusal::Reverts(calls::reason(&data)),
                _ if payload.message.contains("revert") || payload.message.contains("insufficient funds") => {
                    Refusal::Reverts(payload.message.to_string())
                }
                _ => Refusal::Unavailable(self.outage(error)),
            },
            _ => Refusal::Unavailable(self.outage(error)),
        }
    }
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Reverts(reason) => Self::new(Kind::Conflict, format!("the contract refuses: {reason}")),
            Refusal::Unavailable(error) => error,
        }
    }
}

fn amount(decoded: sol_types::Result<U256>) -> Result<Amount> {
    decoded.map(Amount::new).map_err(Error::internal)
}

/// The words in which nodes say that they have a transaction, or had it and its nonce is used up.
fn already_there(error: &RpcError<TransportErrorKind>) -> bool {
    let RpcError::ErrorResp(payload) = error else { return false };
    let said = payload.message.to_ascii_lowercase();
    ["already known", "already imported", "nonce too low"].iter().any(|words| said.contains(words))
}
