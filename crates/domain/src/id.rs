//! Ids that cannot be mistaken for each other.

use std::{fmt, str::FromStr};

use alloy_primitives::B256;
use serde::{Deserialize, Serialize};

use crate::{Error, Result};

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub B256);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{:#x}", self.0)
            }
        }

        impl FromStr for $name {
            type Err = Error;

            fn from_str(text: &str) -> Result<Self> {
                let digits = text.strip_prefix("0x").filter(|digits| digits.len() == 64);
                digits
                    .and_then(|digits| digits.parse().ok())
                    .map(Self)
                    .ok_or_else(|| Error::invalid("must be 0x and 64 hexadecimal digits"))
            }
        }
    };
}

id! {
    /// A settlement's id: the EIP-712 digest of its terms. Both sides know it before any transaction.
    SettlementId
}
id! {
    /// A document's id: the EIP-712 digest of its commitment under the registry's domain. Also its deed's
    /// token id.
    DocumentId
}
