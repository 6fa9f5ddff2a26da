//! Constraints of the seal circuit as the adapter doubles: the parameters of `small` with 18, 19, 20 variables.

use rankproof_groth16_seal::{ConstraintSystem, circuit};
use rankproof_lora_proof::{Config, Profile};

fn main() {
    for log_size in 18..=20 {
        let mut parameters = Profile::Small.parameters();
        parameters.maxima.log_size = log_size;
        let config = Config::new(parameters).expect("a configuration");
        let mut cs = ConstraintSystem::assigning(0);
        circuit::synthesize(&mut cs, &config, &[circuit::blank(&config)]);
        println!("n = {log_size}: {} constraints, {} query rounds", cs.num_constraints(), config.rounds.len());
    }
}
