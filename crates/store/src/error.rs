//! What a database error means to a caller: the one place that knows drivers' codes.

use quittance_domain::{Error, Kind};
use rusqlite::ErrorCode;

/// The domain's word for a database error.
pub(crate) fn of(error: sqlx::Error) -> Error {
    match &error {
        sqlx::Error::Io(_)
        | sqlx::Error::Tls(_)
        | sqlx::Error::PoolTimedOut
        | sqlx::Error::PoolClosed
        | sqlx::Error::WorkerCrashed => unavailable(error),
        sqlx::Error::Database(database) => match database.code().as_deref() {
            // `disk_full`.
            Some("53100") => full(error),
            Some(code) if is_unavailable(code) => unavailable(error),
            _ => Error::internal(error),
        },
        _ => Error::internal(error),
    }
}

/// The domain's word for an error of SQLite's.
pub(crate) fn of_sqlite(error: rusqlite::Error) -> Error {
    match error.sqlite_error_code() {
        Some(ErrorCode::DiskFull) => full(error),
        Some(
            ErrorCode::DatabaseBusy
            | ErrorCode::DatabaseLocked
            | ErrorCode::SystemIoFailure
            | ErrorCode::CannotOpen,
        ) => unavailable(error),
        _ => Error::internal(error),
    }
}

fn full(error: impl std::fmt::Display) -> Error {
    Error::new(Kind::Full, "the database has no room left on its disk").because(error)
}

fn unavailable(error: impl std::fmt::Display) -> Error {
    Error::unavailable("the database does not answer now", error)
}

fn is_unavailable(code: &str) -> bool {
    // PostgreSQL's classes: connection exception, insufficient resources, operator intervention (which is
    // a shutdown or a restart); and a lock that was not to be had.
    code.starts_with("08") || code.starts_with("53") || code.starts_with("57") || code == "55P03"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_time_may_heal_is_told_apart() {
        for code in ["08006", "53300", "57P01", "55P03"] {
            assert!(is_unavailable(code), "{code}");
        }
        for code in ["23505", "40001", "42P01"] {
            assert!(!is_unavailable(code), "{code}");
        }
        let sqlite =
            |code| of_sqlite(rusqlite::Error::SqliteFailure(rusqlite::ffi::Error::new(code), None)).kind();
        for code in [5, 517, 6, 10, 14] {
            assert_eq!(sqlite(code), Kind::Unavailable, "{code}");
        }
        assert_eq!((sqlite(13), sqlite(19), sqlite(1)), (Kind::Full, Kind::Internal, Kind::Internal));
    }
}
