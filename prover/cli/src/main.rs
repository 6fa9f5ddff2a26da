//! The `rankproof` command.
fn main() {}
