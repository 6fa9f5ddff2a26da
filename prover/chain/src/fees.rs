//! What a transaction may cost, and how much more a replacement offers.
//!
//! EIP-1559: of `max_fee` per gas the block takes its base fee, and the proposer at most `max_priority_fee` of what is
//! left. Both are estimated from the last blocks and never exceed the caps. All fees are wei per gas.

use alloy::primitives::B256;
use alloy::providers::utils::{Eip1559Estimation, eip1559_default_estimator};
use alloy::rpc::types::FeeHistory;

use crate::Error;

/// Wei in a gwei.
pub const WEI_PER_GWEI: u128 = 1_000_000_000;

/// The most that is ever offered, in wei per gas.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FeeCaps {
    /// Base fee and priority fee together.
    pub max_fee: u128,
    /// For the proposer of the block.
    pub max_priority_fee: u128,
}

impl Default for FeeCaps {
    /// 200 and 10 gwei.
    fn default() -> Self {
        Self { max_fee: 200 * WEI_PER_GWEI, max_priority_fee: 10 * WEI_PER_GWEI }
    }
}

/// What one transaction offers, in wei per gas.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Fees {
    pub max_fee: u128,
    pub max_priority_fee: u128,
}

/// Share of the priority fees of recent blocks below which the offer lies.
pub(crate) const REWARD_PERCENTILE: f64 = 20.0;
/// Blocks that an estimate looks back.
pub(crate) const BLOCKS_LOOKED_AT: u64 = 10;

impl FeeCaps {
    /// What to offer now.
    ///
    /// # Errors
    /// [`Error::FeeAboveCap`] if the next block takes more than the cap allows.
    pub(crate) fn offer(&self, history: &FeeHistory) -> Result<Fees, Error> {
        let base_fee = history.next_block_base_fee().or_else(|| history.latest_block_base_fee()).unwrap_or_default();
        if base_fee > self.max_fee {
            return Err(Error::FeeAboveCap { base_fee, cap: self.max_fee });
        }
        let rewards = history.reward.as_deref().unwrap_or_default();
        let Eip1559Estimation { max_fee_per_gas, max_priority_fee_per_gas } =
            eip1559_default_estimator(base_fee, rewards);
        let max_fee = max_fee_per_gas.min(self.max_fee);
        Ok(Fees { max_fee, max_priority_fee: max_priority_fee_per_gas.min(self.max_priority_fee).min(max_fee) })
    }

    /// What was signed under other caps is within these.
    ///
    /// # Errors
    /// [`Error::AttemptAboveCaps`].
    pub(crate) fn admit(&self, transaction: B256, fees: Fees) -> Result<(), Error> {
        let Fees { max_fee, max_priority_fee } = fees;
        match max_fee <= self.max_fee && max_priority_fee <= self.max_priority_fee {
            true => Ok(()),
            false => Err(Error::AttemptAboveCaps { transaction, max_fee, max_priority_fee, caps: Box::new(*self) }),
        }
    }

    /// What a replacement of `old` offers, `fresh` being what is right now; `None` if the caps leave no room for the
    /// tenth more, in both fees, that nodes ask for.
    pub(crate) fn raise(&self, old: Fees, fresh: Fees) -> Option<Fees> {
        // An eighth, rounded up: at least 1 wei, and clear of the tenth.
        let more = |fee: u128| fee.saturating_add(fee.div_ceil(8)).saturating_add(1);
        let raised = Fees {
            max_fee: more(old.max_fee).max(fresh.max_fee),
            max_priority_fee: more(old.max_priority_fee).max(fresh.max_priority_fee),
        };
        let within = raised.max_fee <= self.max_fee && raised.max_priority_fee <= self.max_priority_fee;
        within.then_some(raised)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GWEI: u128 = WEI_PER_GWEI;

    fn history(base_fee: u128, reward: u128) -> FeeHistory {
        FeeHistory {
            base_fee_per_gas: vec![base_fee, base_fee],
            reward: Some(vec![vec![reward]; 3]),
            ..Default::default()
        }
    }

    #[test]
    fn offers_twice_the_base_fee_within_the_caps() {
        let caps = FeeCaps { max_fee: 50 * GWEI, max_priority_fee: 2 * GWEI };
        let fees = |max_fee, max_priority_fee| Fees { max_fee, max_priority_fee };
        assert_eq!(caps.offer(&history(10 * GWEI, GWEI)).unwrap(), fees(21 * GWEI, GWEI));
        assert_eq!(caps.offer(&history(10 * GWEI, 3 * GWEI)).unwrap(), fees(23 * GWEI, 2 * GWEI));
        assert_eq!(caps.offer(&history(40 * GWEI, GWEI)).unwrap(), fees(50 * GWEI, GWEI));
        assert_eq!(caps.offer(&history(50 * GWEI, GWEI)).unwrap(), fees(50 * GWEI, GWEI));
        let error = caps.offer(&history(50 * GWEI + 1, GWEI)).unwrap_err();
        assert!(matches!(error, Error::FeeAboveCap { cap, .. } if cap == 50 * GWEI), "{error:?}");
    }

    #[test]
    fn admits_what_is_within_both_caps() {
        let caps = FeeCaps { max_fee: 100, max_priority_fee: 20 };
        let admitted = |max_fee, max_priority_fee| caps.admit(B256::ZERO, Fees { max_fee, max_priority_fee });
        admitted(100, 20).unwrap();
        for (max_fee, max_priority_fee) in [(101, 20), (100, 21)] {
            let error = admitted(max_fee, max_priority_fee).unwrap_err();
            assert!(matches!(error, Error::AttemptAboveCaps { .. }), "{error:?}");
        }
    }

    #[test]
    fn raises_by_more_than_a_tenth_or_not_at_all() {
        let caps = FeeCaps { max_fee: 100, max_priority_fee: 20 };
        let fees = |max_fee, max_priority_fee| Fees { max_fee, max_priority_fee };
        assert_eq!(caps.raise(fees(80, 8), fees(40, 4)), Some(fees(91, 10)));
        assert_eq!(caps.raise(fees(80, 8), fees(95, 15)), Some(fees(95, 15)));
        assert_eq!(caps.raise(fees(0, 0), fees(0, 0)), Some(fees(1, 1)));
        assert_eq!(caps.raise(fees(89, 8), fees(40, 4)), None);
        assert_eq!(caps.raise(fees(80, 18), fees(40, 4)), None);
    }
}
