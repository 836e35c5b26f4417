//! Free ports for processes that are started, killed and started again.

use std::{
    net::{Ipv4Addr, TcpListener},
    sync::atomic::{AtomicU16, Ordering},
};

use anyhow::{Result, bail};

/// Below the range that systems take the ports of outgoing connections from: nobody slips into a port of
/// ours while the node that owns it is being restarted.
const FIRST: u16 = 20_000;
const COUNT: u16 = 10_000;

/// A port that nobody listens on, and that this process never hands out twice.
///
/// # Errors
/// When there is none left.
pub fn free() -> Result<u16> {
    run(1)
}

/// The first of `length` free ports in a row.
///
/// # Errors
/// When there is no such run left.
pub fn run(length: u16) -> Result<u16> {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    // Programs running side by side start at different places.
    let start = u16::try_from(u64::from(std::process::id()) * 97 % u64::from(COUNT))?;
    for _ in 0..COUNT {
        let step = NEXT.fetch_add(length, Ordering::Relaxed);
        let first = FIRST + (start + step % COUNT) % COUNT;
        if (first..first + length).all(is_free) {
            return Ok(first);
        }
    }
    bail!("no {length} free ports in a row between {FIRST} and {}", FIRST + COUNT)
}

/// Whether this port can be listened on.
#[must_use]
pub fn is_free(port: u16) -> bool {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok()
}
