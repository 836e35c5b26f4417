//! Waiting for something to become true, with a limit. Nothing else here ever sleeps.

use std::{fmt::Display, time::Duration};

use anyhow::{Result, bail};
use tokio::time::{Instant, sleep};

/// Between two looks.
const PAUSE: Duration = Duration::from_millis(50);

/// The limit for what takes a few blocks. Generous, because a loaded machine is slow and a pass is quick.
pub const SOON: Duration = Duration::from_secs(60);

/// Looks again and again until `look` finds something.
///
/// # Errors
/// After `limit`, naming `what` was waited for and how the last look went wrong. A look that fails is
/// repeated like one that finds nothing: what is asked may be restarting.
pub async fn wait_for<T>(
    what: impl Display,
    limit: Duration,
    mut look: impl AsyncFnMut() -> Result<Option<T>>,
) -> Result<T> {
    let end = Instant::now() + limit;
    loop {
        let last = match look().await {
            Ok(Some(found)) => return Ok(found),
            Ok(None) => String::new(),
            Err(error) => format!("; the last look failed: {error:#}"),
        };
        if Instant::now() >= end {
            bail!("waited {} s in vain for {what}{last}", limit.as_secs());
        }
        sleep(PAUSE).await;
    }
}
