//! Flows between parties: each is one file with one pure `step`.

pub mod dvp;
