//! What an endpoint means when it refuses. Codes say little: −32005 is used for "too many calls" and for
//! "too many results" alike, so it is the words that count.

use std::time::Duration;

/// Why a call was not answered, and so what to do about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    /// Too many calls: wait, as long as it says if it says.
    Busy(Option<Duration>),
    /// Too many blocks, results or bytes: ask for less, as much as it says if it says.
    TooMuch(Option<Hint>),
    /// One of the two, in words that do not tell which.
    Unclear,
    /// It does not answer, or not sensibly.
    Down(String),
    /// It says no, and will say so again.
    No(String),
}

/// What would have been answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Hint {
    /// So many blocks.
    Blocks(u64),
    /// The blocks up to this one.
    Until(u64),
}

const BUSY: [&str; 14] = [
    "rate limit",
    "rate-limit",
    "ratelimit",
    "too many requests",
    "request limit",
    "requests limit",
    "per second",
    "per minute",
    "throughput",
    "throttl",
    "quota",
    "credits",
    "capacity",
    "daily",
];

const TOO_MUCH: [&str; 20] = [
    "range",
    "results",
    "response size",
    "response is too",
    "too large",
    "too big",
    "too many logs",
    "too many blocks",
    "logs matched",
    "timeout",
    "timed out",
    "deadline",
    "took too long",
    "payload",
    "narrow",
    "max blocks",
    "more than",
    "block limit",
    "blocks limit",
    "exceeds max",
];

impl Refusal {
    /// An answer whose status is not 200.
    pub(super) fn of_status(status: u16, after: Option<Duration>, body: &str) -> Self {
        match status {
            429 => Self::Busy(after),
            413 => Self::TooMuch(hint(body)),
            _ => Self::Down(format!("HTTP status {status}")),
        }
    }

    /// A JSON-RPC error.
    pub(super) fn of_error(code: i64, message: &str) -> Self {
        let said = message.to_ascii_lowercase();
        let says = |words: &[&str]| words.iter().any(|word| said.contains(word));
        if code == 429 || says(&BUSY) {
            Self::Busy(None)
        } else if says(&TOO_MUCH) {
            Self::TooMuch(hint(&said))
        } else if code == -32005 || says(&["limit", "exceed"]) {
            Self::Unclear
        } else if matches!(code, -32600..=-32599 | -32601 | -32602 | -32700) {
            Self::No(format!("error {code}: {message}"))
        } else {
            Self::Down(format!("error {code}: {message}"))
        }
    }
}

/// What a refusal suggests: `[0x64, 0xc8]` names the blocks; else the least number in a text about ranges is
/// how many there may be.
fn hint(said: &str) -> Option<Hint> {
    if let Some((_, list)) = said.rsplit_once("[0x")
        && let Some((_, last)) = list.split_once("0x")
    {
        let digits: String = last.chars().take_while(char::is_ascii_hexdigit).collect();
        return u64::from_str_radix(&digits, 16).ok().map(Hint::Until);
    }
    let about_results = ["result", "logs", "response", "bytes", "timeout", "timed", "seconds"];
    if about_results.iter().any(|word| said.replace("eth_getlogs", "").contains(word)) {
        return None;
    }
    let words = said.split(|c: char| c.is_whitespace() || matches!(c, ':' | '(' | ')' | ';' | '-'));
    words.filter_map(count).filter(|&blocks| blocks > 0).min().map(Hint::Blocks)
}

/// `10000`, `10,000`, `10k`, with or without a full stop behind.
fn count(word: &str) -> Option<u64> {
    let word = word.trim_end_matches(['.', ',', '"', '\'']).replace([',', '_'], "");
    match word.strip_suffix('k') {
        Some(thousands) => thousands.parse::<u64>().ok()?.checked_mul(1_000),
        None => word.parse().ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_count_and_not_the_code() {
        let much = |text: &str| match Refusal::of_error(-32005, text) {
            Refusal::TooMuch(hint) => hint,
            other => panic!("{text}: {other:?}"),
        };
        assert_eq!(much("query returned more than 10000 results"), None);
        let suggested = "query returned more than 10000 results. Try with this block range [0x64, 0xC8].";
        assert_eq!(much(suggested), Some(Hint::Until(200)));
        assert_eq!(much("block range too large, max range: 100"), Some(Hint::Blocks(100)));
        assert_eq!(much("range 199 exceeds limit of 100"), Some(Hint::Blocks(100)));
        assert_eq!(much("eth_getLogs is limited to a 10,000 range"), Some(Hint::Blocks(10_000)));
        assert_eq!(much("up to a 2K block range"), Some(Hint::Blocks(2_000)));
        let alchemy = "You can make eth_getLogs requests with up to a 10 block range. Based on your parameters, \
                       this block range should work: [0x1, 0xa]";
        assert_eq!(much(alchemy), Some(Hint::Until(10)));
        assert_eq!(much("query timeout exceeded"), None);
        for text in
            ["Too Many Requests", "daily request count exceeded, request rate limited", "quota exceeded"]
        {
            assert_eq!(Refusal::of_error(-32005, text), Refusal::Busy(None), "{text}");
        }
        assert_eq!(Refusal::of_error(-32005, "limit exceeded"), Refusal::Unclear);
        assert!(matches!(Refusal::of_error(-32603, "internal error"), Refusal::Down(_)));
        assert!(matches!(Refusal::of_error(-32601, "method not found"), Refusal::No(_)));
    }
}
