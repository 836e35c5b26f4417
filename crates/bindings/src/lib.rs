//! The contracts as Rust sees them: generated from `contracts/abi`, and nothing else.
#![allow(missing_docs, clippy::all, reason = "generated from the contracts' ABI; the interfaces document it")]

alloy::sol!(
    #[sol(all_derives)]
    Cash,
    "../../contracts/abi/Cash.json"
);
alloy::sol!(
    #[sol(all_derives)]
    Deed,
    "../../contracts/abi/Deed.json"
);
alloy::sol!(
    #[sol(all_derives)]
    DocumentRegistry,
    "../../contracts/abi/DocumentRegistry.json"
);
alloy::sol!(
    #[sol(all_derives)]
    PartyRegistry,
    "../../contracts/abi/PartyRegistry.json"
);
alloy::sol!(
    #[sol(all_derives)]
    Settlement,
    "../../contracts/abi/Settlement.json"
);
