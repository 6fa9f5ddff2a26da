#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    rankproof_fuzz::run("adapters_proof", data);
});
