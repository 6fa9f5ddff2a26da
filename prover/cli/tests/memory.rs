//! `--memory`: the plan is what is taken at most, and a limit below it is refused before any work.

mod support;

use serde_json::Value;
use support::{MODULE, Tensors, fail, fixture, honest, succeed};

/// The peak that was measured is within the plan, and the plan is not idle talk.
fn planned(report: &Value) -> u64 {
    let planned = report["planned_memory_bytes"].as_u64().expect("a plan");
    let phases = report["memory_plan"].as_array().expect("phases");
    assert_eq!(phases.iter().filter_map(|phase| phase["planned_bytes"].as_u64()).max(), Some(planned));
    if cfg!(target_os = "linux") {
        let peak = report["peak_rss_bytes"].as_u64().expect("a measured peak");
        assert!(peak <= planned, "{peak} of {planned} bytes");
        assert!(peak >= planned / 4, "{peak} of {planned} bytes");
    }
    planned
}

#[test]
fn a_limit_is_kept_or_refused_with_what_is_needed() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = |name: &str| folder.path().join(name);
    let commit = |output: &str, memory: &str| {
        arguments!["commit", fixture(""), "-o", path(output), "--profile", "small", "--memory", memory]
    };
    let sentence = fail(2, commit("a.rpa", "8MiB"));
    assert!(sentence.starts_with("--memory: committing under profile small takes up to "), "{sentence}");
    assert!(!path("a.rpa").exists());
    let needed = planned(&succeed(commit("a.rpa", "1GiB")));
    planned(&succeed(commit("b.rpa", &needed.to_string())));
    fail(2, commit("c.rpa", &(needed - 1).to_string()));

    let prove = |output: &str, memory: &str| {
        arguments![
            "prove",
            "--adapter",
            path("a.rpa"),
            "--activations",
            fixture("activations.safetensors"),
            "-o",
            path(output),
            "--outputs",
            path(&format!("{output}.safetensors")),
            "--memory",
            memory
        ]
    };
    let sentence = fail(2, prove("p", "8192KiB"));
    assert!(sentence.starts_with("--memory: proving under profile small takes up to "), "{sentence}");
    let needed = planned(&succeed(prove("p", "1 GiB")));
    planned(&succeed(prove("q", &needed.to_string())));
    fail(2, prove("r", &(needed - 1).to_string()));
    assert!(!path("r").exists() && !path("r.safetensors").exists());
    let sentence = fail(2, prove("r", "2GB"));
    assert!(sentence.contains("`2GB` is no size") && sentence.contains("2GiB"), "{sentence}");
}

/// Activations of more tokens than the profile holds are refused by their header: not a number of them is read.
#[test]
fn too_many_tokens_are_refused_before_they_are_read() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = |name: &str| folder.path().join(name);
    let prove = |tokens: usize, first: f32| {
        let mut values = vec![0.0; tokens * 384];
        values[0] = first;
        Tensors::of([(format!("{MODULE}.x"), [tokens, 384], &values)]).write(&path("x"));
        let (adapter, activations) = (honest().adapter(), path("x"));
        arguments![
            "prove",
            "--adapter",
            adapter,
            "--activations",
            activations,
            "-o",
            path("p"),
            "--outputs",
            path("y"),
            "--force"
        ]
    };
    assert_eq!(succeed(prove(16, 1.0))["tokens"], 16);
    let too_many =
        "number of tokens is 17, the profile holds at most 16; choose fewer modules or tokens, or a larger profile";
    assert_eq!(fail(2, prove(17, 1.0)), too_many);
    // Reading would stop at the first number.
    assert!(fail(2, prove(16, f32::NAN)).contains("is NaN or infinite"));
    assert_eq!(fail(2, prove(17, f32::NAN)), too_many);
}
