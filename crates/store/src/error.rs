//! What a database error means to a caller: the one place that knows drivers' codes.

use quittance_domain::{Error, Kind};

/// The domain's word for a database error.
pub(crate) fn of(error: sqlx::Error) -> Error {
    match &error {
        sqlx::Error::Io(_)
        | sqlx::Error::Tls(_)
        | sqlx::Error::PoolTimedOut
        | sqlx::Error::PoolClosed
        | sqlx::Error::WorkerCrashed => unavailable(error),
        sqlx::Error::Database(database) => match database.code().as_deref() {
            Some(code) if is_full(code) => {
                Error::new(Kind::Full, "the database has no room left on its disk").because(error)
            }
            Some(code) if is_unavailable(code) => unavailable(error),
            _ => Error::internal(error),
        },
        _ => Error::internal(error),
    }
}

fn unavailable(error: sqlx::Error) -> Error {
    Error::unavailable("the database does not answer now", error)
}

/// SQLite's `SQLITE_FULL`; PostgreSQL's `disk_full`. The two number their codes so differently (short
/// decimal numbers here, five characters there) that neither can be taken for the other.
fn is_full(code: &str) -> bool {
    matches!(code, "13" | "53100")
}

fn is_unavailable(code: &str) -> bool {
    // SQLite keeps the primary code in the low byte: busy, locked, I/O error, cannot open.
    if let Ok(number) = code.parse::<u32>()
        && code.len() < 5
    {
        return matches!(number & 0xff, 5 | 6 | 10 | 14);
    }
    // PostgreSQL's classes: connection exception, insufficient resources, operator intervention (which is
    // a shutdown or a restart); and a lock that was not to be had.
    code.starts_with("08") || code.starts_with("53") || code.starts_with("57") || code == "55P03"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_of_both_databases_are_told_apart() {
        for code in ["5", "517", "10", "14", "08006", "53300", "57P01", "55P03"] {
            assert!(is_unavailable(code), "{code}");
        }
        for code in ["19", "2067", "1", "23505", "40001", "42P01"] {
            assert!(!is_unavailable(code), "{code}");
        }
        assert!(is_full("13") && is_full("53100"));
    }
}
