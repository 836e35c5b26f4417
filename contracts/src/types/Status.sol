// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @notice Where an agreed thing stands: one vocabulary for every contract that holds value. Each uses those it needs.
///
/// None      nobody has put anything in
/// Open      the terms are known, and something is still missing
/// Armed     everything is in custody
/// Settled   final: what was held went forward
/// Aborted   final: what was held went back
/// Revealed  armed, and the key is out: a wrong one can be proven wrong
/// Disputed  armed, and somebody else is to decide
enum Status {
    None,
    Open,
    Armed,
    Settled,
    Aborted,
    Revealed,
    Disputed
}
