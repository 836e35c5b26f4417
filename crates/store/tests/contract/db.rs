//! A fresh database of either kind.

use std::collections::BTreeMap;

use quittance_store::{Store, Tx};
use quittance_stories::{dump, postgres::Postgres};
use tempfile::TempDir;

/// A database with the schema in it, gone when dropped.
pub(crate) struct Db {
    pub(crate) store: Store,
    pub(crate) url: String,
    _folder: Option<TempDir>,
}

impl Db {
    pub(crate) async fn sqlite() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", folder.path().join("test.db").display());
        Self::open(url, Some(folder)).await
    }

    pub(crate) async fn postgres() -> Self {
        let url = Postgres::shared().unwrap().database("store").unwrap();
        Self::open(url, None).await
    }

    async fn open(url: String, folder: Option<TempDir>) -> Self {
        let store = Store::open(&url).await.unwrap();
        store.migrate().await.unwrap();
        Self { store, url, _folder: folder }
    }

    pub(crate) async fn begin(&self) -> Tx {
        self.store.begin().await.unwrap()
    }

    pub(crate) async fn read(&self) -> Tx {
        self.store.read().await.unwrap()
    }

    /// Every row of every table, in an order that does not depend on how it was stored.
    pub(crate) async fn dump(&self) -> BTreeMap<String, Vec<String>> {
        dump(&self.url).await.unwrap()
    }
}
