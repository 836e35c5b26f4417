//! The contracts as Rust sees them: generated from `contracts/abi`, and nothing else.
#![allow(missing_docs, clippy::all, reason = "generated from the contracts' ABI; the interfaces document it")]

/// One contract by the name of its file.
macro_rules! contract {
    ($name:ident, $file:literal) => {
        alloy::sol!(
            #[sol(all_derives)]
            $name,
            $file
        );
    };
}

contract!(Cash, "../../contracts/abi/Cash.json");
contract!(Council, "../../contracts/abi/Council.json");
contract!(Deed, "../../contracts/abi/Deed.json");
contract!(DocumentRegistry, "../../contracts/abi/DocumentRegistry.json");
contract!(Dvp, "../../contracts/abi/Dvp.json");
contract!(Escrow, "../../contracts/abi/Escrow.json");
contract!(Exchange, "../../contracts/abi/Exchange.json");
contract!(FairExchange, "../../contracts/abi/FairExchange.json");
contract!(HashLock, "../../contracts/abi/HashLock.json");
contract!(Item, "../../contracts/abi/Item.json");
contract!(PartyRegistry, "../../contracts/abi/PartyRegistry.json");
contract!(Pinboard, "../../contracts/abi/Pinboard.json");
contract!(Settlement, "../../contracts/abi/Settlement.json");
contract!(TokenFactory, "../../contracts/abi/TokenFactory.json");
contract!(Units, "../../contracts/abi/Units.json");
