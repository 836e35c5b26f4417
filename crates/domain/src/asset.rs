//! What can change hands, and the contracts' one word for it: the kind in the first byte, the token in the last
//! twenty.

use alloy_primitives::{Address, B256};
use serde::{Deserialize, Serialize};

use crate::{Error, Result};

/// The standard that an asset follows: the contract's numbering.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[repr(u8)]
pub enum AssetKind {
    /// Amounts of a fungible token.
    Erc20 = 0,
    /// Tokens that are each like no other.
    Erc721 = 1,
    /// Amounts of each of many tokens, in one contract.
    Erc1155 = 2,
    /// The same, without hooks.
    Erc6909 = 3,
    /// The chain's own coin.
    Native = 4,
}

impl AssetKind {
    /// All of them, in the contract's order.
    pub const ALL: [Self; 5] = [Self::Erc20, Self::Erc721, Self::Erc1155, Self::Erc6909, Self::Native];
}

impl TryFrom<u8> for AssetKind {
    type Error = Error;

    fn try_from(number: u8) -> Result<Self> {
        let kind = Self::ALL.get(usize::from(number)).copied();
        kind.ok_or_else(|| Error::invalid(format!("{number} is no kind of asset")))
    }
}

/// What can change hands. A token id and an amount say which and how much of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "B256", into = "B256")]
pub struct Asset {
    /// The standard that it follows.
    pub kind: AssetKind,
    /// The token's contract; zero for the chain's own coin.
    pub token: Address,
}

impl Asset {
    /// A fungible token.
    #[must_use]
    pub const fn erc20(token: Address) -> Self {
        Self { kind: AssetKind::Erc20, token }
    }

    /// A non-fungible token.
    #[must_use]
    pub const fn erc721(token: Address) -> Self {
        Self { kind: AssetKind::Erc721, token }
    }
}

impl From<Asset> for B256 {
    fn from(asset: Asset) -> Self {
        let mut word = asset.token.into_word();
        word[0] = asset.kind as u8;
        word
    }
}

impl TryFrom<B256> for Asset {
    type Error = Error;

    fn try_from(word: B256) -> Result<Self> {
        let asset = Self { kind: word[0].try_into()?, token: Address::from_word(word) };
        let bare = asset.kind != AssetKind::Native || asset.token.is_zero();
        if bare && B256::from(asset) == word {
            return Ok(asset);
        }
        Err(Error::invalid(format!("{word} is no asset")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOKEN: Address = Address::repeat_byte(0xab);

    #[test]
    fn an_asset_is_its_word() {
        for (number, kind) in (0..).zip(AssetKind::ALL) {
            let token = if kind == AssetKind::Native { Address::ZERO } else { TOKEN };
            let asset = Asset { kind, token };
            let word = B256::from(asset);
            assert_eq!((word[0], Address::from_word(word)), (number, token));
            assert_eq!(Asset::try_from(word), Ok(asset));
            let json = serde_json::to_string(&asset).unwrap();
            assert_eq!(json, format!("\"{word}\""));
            assert_eq!(serde_json::from_str::<Asset>(&json).unwrap(), asset);
        }
        assert_eq!(B256::from(Asset::erc20(TOKEN)), TOKEN.into_word(), "an ERC-20 is its own address");
    }

    #[test]
    fn a_word_that_the_contract_refuses_is_no_asset() {
        let word = |first: u8, eleventh: u8, token: Address| {
            let mut word = token.into_word();
            (word[0], word[11]) = (first, eleventh);
            word
        };
        for bad in [word(5, 0, TOKEN), word(255, 0, TOKEN), word(0, 1, TOKEN), word(4, 0, TOKEN)] {
            assert!(Asset::try_from(bad).is_err(), "{bad}");
        }
    }
}
