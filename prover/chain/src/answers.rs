//! What the error in a node's answer says about the request.
//!
//! JSON-RPC has one kind of error for everything, and its codes are used freely. A *decision* is what the node or the
//! chain would say again: a revert, a refusal. Being *busy* says nothing about the request. Everything that can also
//! come from a server that had handed the request on (timeouts, internal errors) leaves a *doubt*: a transaction may
//! have been sent. The words of a decision count more than its code, since some nodes give all their errors one code.

use alloy::rpc::json_rpc::ErrorPayload;

/// What an error means for the request that it answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Meaning {
    /// Asked again, the same would be said.
    Decision,
    /// This client, or all of them together, ask too much.
    Busy,
    /// Something went wrong, perhaps after the request was carried out.
    Doubt,
}

/// "Internal error" of JSON-RPC.
const INTERNAL_ERROR: i64 = -32603;
/// "Resource unavailable" of EIP-1474; geth's "request timed out".
const RESOURCE_UNAVAILABLE: i64 = -32002;
/// What servers say about themselves, not about the request.
const TROUBLES: [&str; 11] = [
    "timed out",
    "timeout",
    "busy",
    "try again",
    "temporarily",
    "unavailable",
    "overload",
    "upstream",
    "bad gateway",
    "internal error",
    "server error",
];
/// A transaction, or its nonce, arrived before.
const KNOWN: [&str; 5] = ["already", "known transaction", "nonce too low", "nonce is too low", "oldnonce"];
/// The account cannot pay.
const FUNDS: [&str; 4] =
    ["insufficient funds", "insufficientfunds", "exceeds account balance", "doesn't have enough funds"];
/// The offer is too low, or higher than this node allows.
const OFFER: [&str; 8] = [
    "underpriced",
    "block base fee",
    "maxfeepergas",
    "fee too low",
    "feetoolow",
    "gas price too low",
    "minimum gas price",
    "exceeds the configured cap",
];
/// Too little gas, too much, or another kind of transaction than the node takes.
const FORM: [&str; 7] = [
    "intrinsic gas",
    "block gas limit",
    "gas limit too high",
    "gaslimitexceeded",
    "initcode",
    "invalid sender",
    "transaction type not supported",
];
/// A contract failed, as it would again.
const EXECUTION: [&str; 5] = ["revert", "evm error", "invalid opcode", "out of gas", "vm execution"];
/// Fewer blocks should be asked for.
const RANGE: [&str; 4] = ["results", "range", "response size", "too large"];

/// What this error means.
pub(crate) fn meaning(error: &ErrorPayload) -> Meaning {
    if has_one_of(&error.message, &EXECUTION) || is_final(&error.message) || says_known(&error.message) {
        Meaning::Decision
    } else if error.is_retry_err() {
        Meaning::Busy
    } else if matches!(error.code, INTERNAL_ERROR | RESOURCE_UNAVAILABLE) || has_one_of(&error.message, &TROUBLES) {
        Meaning::Doubt
    } else {
        Meaning::Decision
    }
}

/// Whether a refusal says that the transaction, or its nonce, arrived before.
pub(crate) fn says_known(message: &str) -> bool {
    has_one_of(message, &KNOWN)
}

/// Whether a refusal says what is wrong with the transaction, in the words of a node that is known: its pool has not
/// taken it.
pub(crate) fn is_final(message: &str) -> bool {
    [&FUNDS[..], &OFFER, &FORM].iter().any(|words| has_one_of(message, words))
}

/// Whether an answer to `eth_getLogs` says that fewer blocks should be asked for.
pub(crate) fn asks_for_less(message: &str) -> bool {
    has_one_of(message, &RANGE)
}

fn has_one_of(text: &str, words: &[&str]) -> bool {
    let text = text.to_lowercase();
    words.iter().any(|word| text.contains(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(code: i64, message: &'static str) -> ErrorPayload {
        ErrorPayload { code, message: message.into(), data: None }
    }

    #[test]
    fn tells_decisions_from_doubts() {
        for (code, message) in [
            (3, "execution reverted"),
            (-32603, "VM Exception while processing transaction: reverted"),
            (-32603, "EVM error InvalidFEOpcode"),
            (-32603, "Insufficient funds for gas * price + value"),
            (-32000, "nonce too low"),
            (-32003, "insufficient funds"),
            (-32602, "invalid argument 0"),
            (-32601, "the method does not exist"),
        ] {
            assert_eq!(meaning(&error(code, message)), Meaning::Decision, "{message}");
        }
        for (code, message) in [(-32005, "limit exceeded"), (429, "slower"), (-32000, "too many requests")] {
            assert_eq!(meaning(&error(code, message)), Meaning::Busy, "{message}");
        }
        for (code, message) in
            [(-32603, "Internal error"), (-32002, "request timed out"), (-32000, "Upstream unavailable"), (1, "busy")]
        {
            assert_eq!(meaning(&error(code, message)), Meaning::Doubt, "{message}");
        }
    }

    #[test]
    fn knows_the_words_for_a_range_that_is_too_long() {
        for message in ["query returned more than 10000 results", "eth_getLogs is limited to a 10,000 range"] {
            assert!(asks_for_less(message), "{message}");
        }
        for message in ["limit exceeded", "too many requests", "rate limit reached", "Internal error"] {
            assert!(!asks_for_less(message), "{message}");
        }
    }
}
