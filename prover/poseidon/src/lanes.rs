//! The vector kernels of the two widths, prepared once, on processors that can run them.

use std::sync::OnceLock;

use rankproof_poseidon_kernel::Kernel;

use crate::{Parameters, constants};

/// The kernel of width 4.
pub fn width_4() -> Option<&'static Kernel<4>> {
    static KERNEL: OnceLock<Option<Kernel<4>>> = OnceLock::new();
    KERNEL.get_or_init(|| prepare(&constants::T4)).as_ref()
}

/// The kernel of width 16.
pub fn width_16() -> Option<&'static Kernel<16>> {
    static KERNEL: OnceLock<Option<Kernel<16>>> = OnceLock::new();
    KERNEL.get_or_init(|| prepare(&constants::T16)).as_ref()
}

fn prepare<const WIDTH: usize, const INTERNAL: usize>(
    parameters: &Parameters<WIDTH, INTERNAL>,
) -> Option<Kernel<WIDTH>> {
    Kernel::new(&parameters.internal_diagonal_minus_one, &parameters.external, &parameters.internal)
}
