//! Work that is cut off: kill -9 in every phase, folders that cannot be written, disks that are full.
//!
//! A killed run leaves nothing under a final name but whole files, and the next run (with `--force`, since some of them
//! may be there) succeeds although nobody has cleaned up. What cannot be written is one sentence that names the file.

mod support;

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use support::{PATTERN, TOKENS, fail, fixture, honest, rankproof, succeed, text};

/// A command that writes `outputs`, and how to see that they are whole.
struct Job {
    name: &'static str,
    arguments: Vec<OsString>,
    outputs: Vec<PathBuf>,
    check: Vec<OsString>,
}

fn job(name: &'static str, folder: &Path) -> Job {
    let path = |name: &str| folder.join(name);
    match name {
        "commit" => Job {
            name,
            arguments: arguments![
                "commit",
                fixture(""),
                "-o",
                path("a.rpad"),
                "--profile",
                "tiny",
                "--modules",
                PATTERN
            ],
            outputs: vec![path("a.rpad"), path("a.rpad.json")],
            check: arguments![
                "prove",
                "--adapter",
                path("a.rpad"),
                "--activations",
                honest().activations(),
                "--tokens",
                "1",
                "-o",
                path("check.rplp"),
                "--outputs",
                path("check.safetensors"),
                "--force"
            ],
        },
        "prove" => Job {
            name,
            arguments: arguments![
                "prove",
                "--adapter",
                honest().adapter(),
                "--activations",
                honest().activations(),
                "--tokens",
                TOKENS,
                "-o",
                path("p.rplp"),
                "--outputs",
                path("y.safetensors")
            ],
            outputs: vec![path("p.rplp"), path("y.safetensors")],
            check: arguments!["verify", path("p.rplp")],
        },
        "keys" => Job {
            name,
            arguments: arguments!["keys", "new", "--profile", "tiny", "-o", path("keys")],
            outputs: vec![path("keys/proving.key"), path("keys/verifying.key")],
            check: arguments!["keys", "info", "--keys", path("keys")],
        },
        "seal" => Job {
            name,
            arguments: arguments!["seal", honest().proof(), "--keys", path("keys"), "-o", path("seal.json")],
            outputs: vec![path("seal.json")],
            check: arguments!["verify-seal", path("seal.json"), "--keys", path("keys")],
        },
        _ => unreachable!("one of four"),
    }
}

/// Everything in a folder under a name of its own; temporary files start with a dot.
fn named(folder: &Path) -> Vec<PathBuf> {
    let mut names = Vec::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten() {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            names.extend(named(&path));
        } else if !path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.')) {
            names.push(path);
        }
    }
    names
}

/// Kills one run `after` its start; whether it was still running.
fn kill(arguments: &[OsString], after: Duration) -> bool {
    let binary = env!("CARGO_BIN_EXE_rankproof");
    let mut child =
        Command::new(binary).args(arguments).stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("it starts");
    std::thread::sleep(after);
    let killed = child.try_wait().expect("a child").is_none();
    child.kill().expect("SIGKILL");
    child.wait().expect("reaped");
    killed
}

/// Kills a job at `times` moments spread over its whole run; returns how many runs were cut off.
fn interrupt(job: &Job, folder: &Path, times: u32) -> u32 {
    let remove = || job.outputs.iter().for_each(|path| drop(std::fs::remove_file(path)));
    let start = Instant::now();
    succeed(&job.arguments);
    let duration = start.elapsed();
    let whole: Vec<u64> = job.outputs.iter().map(|path| std::fs::metadata(path).expect("written").len()).collect();
    let others: Vec<PathBuf> = named(folder);
    let mut cut = 0;
    for moment in 0..times {
        remove();
        cut += u32::from(kill(&job.arguments, duration * (2 * moment + 1) / (2 * times)));
        for (path, whole) in job.outputs.iter().zip(&whole) {
            if let Ok(metadata) = std::fs::metadata(path) {
                // Sizes of JSON vary by a few digits; a half file is far from whole.
                let half = metadata.len().abs_diff(*whole) > whole / 10;
                assert!(!half, "{}: {} has {} of {whole} bytes", job.name, path.display(), metadata.len());
            }
        }
        let strange: Vec<PathBuf> = named(folder).into_iter().filter(|path| !others.contains(path)).collect();
        assert_eq!(strange, Vec::<PathBuf>::new(), "{}: files under final names", job.name);
    }
    // Nobody cleans up what killed runs have left: the next one works, and what it writes is good.
    succeed(job.arguments.iter().cloned().chain(["--force".into()]));
    succeed(&job.check);
    cut
}

#[test]
fn killed_runs_leave_no_half_file_and_the_next_one_succeeds() {
    for (name, times) in [("commit", 8), ("prove", 8)] {
        let folder = tempfile::tempdir().expect("a folder");
        let cut = interrupt(&job(name, folder.path()), folder.path(), times);
        println!("{name}: {cut} of {times} runs cut off");
        assert!(cut * 2 >= times, "{name}: only {cut} of {times} runs were still running");
    }
}

#[test]
#[ignore = "minutes: make test-full"]
fn killed_runs_with_keys_leave_no_half_file_and_the_next_one_succeeds() {
    let folder = tempfile::tempdir().expect("a folder");
    for (name, times) in [("keys", 12), ("seal", 12), ("commit", 40), ("prove", 40)] {
        let cut = interrupt(&job(name, folder.path()), folder.path(), times);
        println!("{name}: {cut} of {times} runs cut off");
        assert!(cut * 2 >= times, "{name}: only {cut} of {times} runs were still running");
    }
}

/// Cut proving keys, verifying keys and seals are refused by name: nothing continues from half of something.
#[test]
fn what_is_cut_is_refused_by_name() {
    let folder = tempfile::tempdir().expect("a folder");
    let cut = |from: PathBuf, name: &str| {
        let bytes = std::fs::read(from).expect("readable");
        let path = folder.path().join(name);
        std::fs::write(&path, &bytes[..bytes.len() / 2]).expect("written");
        path
    };
    let adapter = cut(honest().adapter(), "cut.rpad");
    let proof = cut(honest().proof(), "cut.rplp");
    let sentence = fail(
        2,
        arguments![
            "prove",
            "--adapter",
            adapter,
            "--activations",
            honest().activations(),
            "-o",
            folder.path().join("p"),
            "--outputs",
            folder.path().join("y")
        ],
    );
    assert!(sentence.contains("cut.rpad"), "{sentence}");
    let output = rankproof(arguments!["verify", proof]);
    assert!(matches!(output.status.code(), Some(1 | 2)), "{:?}", output.status);
    assert!(text(&output.stderr).contains("cut.rplp"), "{}", text(&output.stderr));
}

/// Permissions do not stop root, so the folder that cannot be written is one that is a file.
#[test]
fn a_folder_that_cannot_be_written_is_one_clear_error() {
    let folder = tempfile::tempdir().expect("a folder");
    let blocked = folder.path().join("blocked");
    std::fs::write(&blocked, b"a file, not a folder").expect("written");
    for name in ["commit", "prove", "keys"] {
        let job = job(name, &blocked);
        let output = rankproof(&job.arguments);
        let sentence = text(&output.stderr);
        assert!(matches!(output.status.code(), Some(2 | 3)), "{name}: {:?} {sentence}", output.status);
        assert_eq!(sentence.lines().count(), 1, "{name}: {sentence}");
        assert!(sentence.contains("blocked"), "{name}: {sentence}");
    }
    assert_eq!(std::fs::read(&blocked).expect("untouched"), b"a file, not a folder");
}

/// A disk that is full, or nearly: a small tmpfs in a mount namespace of its own, where that is permitted.
#[test]
fn a_full_disk_is_one_clear_error() {
    let folder = tempfile::tempdir().expect("a folder");
    let disk = folder.path().join("disk");
    std::fs::create_dir(&disk).expect("a folder");
    let inside = |script: &str, arguments: &[OsString]| {
        let mounted = format!("mount -t tmpfs -o size=64k none \"$0\" && {script}");
        let shell = arguments!["--mount", "--user", "--map-root-user", "sh", "-c", mounted, disk];
        let command = Command::new("unshare").args(shell).args(arguments).output();
        command.ok()
    };
    if !inside("echo permitted", &[]).is_some_and(|output| output.status.success()) {
        println!("not run: this machine permits no mount namespaces");
        return;
    }
    for name in ["commit", "prove"] {
        let mut arguments = vec![OsString::from(env!("CARGO_BIN_EXE_rankproof"))];
        arguments.extend(job(name, &disk).arguments);
        let script = "{ \"$@\"; code=$?; ls \"$0\"; exit $code; }";
        let output = inside(script, &arguments).expect("it ran before");
        let sentence = text(&output.stderr);
        assert_eq!(output.status.code(), Some(3), "{name}: {sentence}");
        assert_eq!(sentence.lines().count(), 1, "{name}: {sentence}");
        assert!(sentence.contains("No space left"), "{name}: {sentence}");
        let half = ["a.rpad\n", "p.rplp\n"].iter().any(|file| text(&output.stdout).contains(file));
        assert!(!half, "{name} leaves {}", text(&output.stdout));
    }
}
