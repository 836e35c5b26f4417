//! Getting blocks and logs from the chain, and trusting no answer that does not fit the others.

use quittance_chain::Chain;
use quittance_domain::{Block, Error, Result, fact::Log};

/// The block at this height, which the chain is known to have.
pub(crate) async fn block(chain: &Chain, number: u64) -> Result<Block> {
    chain.block(number).await?.ok_or_else(|| lagging(&format!("block {number} is not there yet")))
}

/// The logs of one block near the head, by its hash: a sibling's are not taken for it.
pub(crate) async fn logs_of(chain: &Chain, block: &Block) -> Result<Vec<Log>> {
    let logs = chain.logs_of(block).await?;
    if logs.iter().any(|log| log.origin.block != block.at()) || !in_order(&logs) {
        return Err(lagging(&format!("the logs of block {} are another's", block.number)));
    }
    Ok(logs)
}

/// The logs of a range far from the head, with its last block.
///
/// A range that is refused is asked for in halves: some endpoints count blocks, some count logs, and all say
/// so in words of their own.
pub(crate) async fn range(chain: &Chain, from: u64, to: u64) -> Result<(Block, Vec<Log>)> {
    let (mut next, mut size, mut logs) = (from, to - from + 1, vec![]);
    while next <= to {
        let last = to.min(next.saturating_add(size - 1));
        match chain.logs(next, last).await {
            Ok(more) => {
                logs.extend(more);
                next = last + 1;
            }
            Err(_) if size > 1 => size /= 2,
            Err(error) => return Err(error),
        }
    }
    let last = block(chain, to).await?;
    let within = |log: &Log| (from..=to).contains(&log.origin.block.number);
    let fits = |log: &Log| log.origin.block.number != to || log.origin.block.hash == last.hash;
    if !in_order(&logs) || !logs.iter().all(|log| within(log) && fits(log)) {
        return Err(lagging(&format!("the logs of blocks {from} to {to} do not fit them")));
    }
    Ok((last, logs))
}

fn in_order(logs: &[Log]) -> bool {
    let place = |log: &Log| (log.origin.block.number, log.origin.log_index);
    logs.windows(2).all(|pair| place(&pair[0]) < place(&pair[1]))
}

/// One answer contradicts another: behind a balancer not all nodes are equally far. Asking again helps.
pub(crate) fn lagging(inside: &str) -> Error {
    Error::unavailable("the chain's RPC endpoint contradicts itself", inside)
}
