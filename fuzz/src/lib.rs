//! Runs a target of `rankproof-hostile-input` by name.

/// Panics when an invariant of the target is broken.
pub fn run(target: &str, data: &[u8]) {
    let found = rankproof_hostile_input::TARGETS.iter().find(|known| known.name == target);
    (found.expect("a target of this name").run)(data);
}
