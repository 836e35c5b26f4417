//! A fresh database of either kind.

use std::collections::BTreeMap;

use quittance_store::{Store, Tx};
use quittance_stories::postgres::Postgres;
use sqlx::{AnyPool, AssertSqlSafe, Row, ValueRef};
use tempfile::TempDir;

/// A database with the schema in it, gone when dropped.
pub(crate) struct Db {
    pub(crate) store: Store,
    pub(crate) url: String,
    tables: &'static str,
    _folder: Option<TempDir>,
}

impl Db {
    pub(crate) async fn sqlite() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", folder.path().join("test.db").display());
        let tables =
            "SELECT name AS name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%'";
        Self::open(url, tables, Some(folder)).await
    }

    pub(crate) async fn postgres() -> Self {
        let url = Postgres::shared().unwrap().database("store").unwrap();
        let tables = "SELECT tablename::text AS name FROM pg_tables WHERE schemaname = 'public'";
        Self::open(url, tables, None).await
    }

    async fn open(url: String, tables: &'static str, folder: Option<TempDir>) -> Self {
        let store = Store::open(&url).await.unwrap();
        store.migrate().await.unwrap();
        Self { store, url, tables, _folder: folder }
    }

    pub(crate) async fn begin(&self) -> Tx {
        self.store.begin().await.unwrap()
    }

    pub(crate) async fn read(&self) -> Tx {
        self.store.read().await.unwrap()
    }

    /// Every row of every table, in an order that does not depend on how it was stored.
    pub(crate) async fn dump(&self) -> BTreeMap<String, Vec<String>> {
        let pool = AnyPool::connect(&self.url).await.unwrap();
        let mut dump = BTreeMap::new();
        for table in sqlx::query(self.tables).fetch_all(&pool).await.unwrap() {
            let table: String = table.get("name");
            // The migrations' own table has columns of types that sqlx's common driver cannot read.
            if table == "_sqlx_migrations" {
                continue;
            }
            let sql = AssertSqlSafe(format!("SELECT * FROM {table}"));
            let mut rows: Vec<String> = vec![];
            for row in sqlx::query(sql).fetch_all(&pool).await.unwrap() {
                let cell = |i| format!("{:?}", ValueRef::to_owned(&row.try_get_raw(i).unwrap()));
                let cells = (0..row.len()).map(cell);
                rows.push(cells.collect::<Vec<_>>().join(" "));
            }
            rows.sort();
            dump.insert(table, rows);
        }
        pool.close().await;
        assert!(dump.len() > 10, "a dump of nothing proves nothing: {:?}", dump.keys());
        dump
    }
}
