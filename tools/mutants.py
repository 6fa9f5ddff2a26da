#!/usr/bin/env python3
"""Removes every check once and asks whether a test notices.

    python3 tools/mutants.py native            # each `if .. return Err`, each `check(..)?;` of the verifying code
    python3 tools/mutants.py circuit           # each `cs.enforce..` of the circuit and its gadgets
    python3 tools/mutants.py GROUP --list      # only lists the sites

All mutants are compiled at once: every site is guarded by its number, and the environment variable RANKPROOF_MUTANT
chooses the one that is removed. The work is done on a copy in target/mutants; the tree is not touched. For the circuit,
tests of counts, digests and names of parts are left out (CIRCUIT_EDITS): a mutant is killed only when a wrong witness
becomes satisfiable, or a right one unsatisfiable. Survivors are explained in docs/assurance.md.
"""

import argparse
import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
COPY = ROOT / "target" / "mutants"
# Not that of the tree: Cargo takes what was built of one for the other.
TARGET = ROOT / "target" / "mutants-target"

# Crate, files with checks, test binaries that may kill, in this order. `lib` are the unit tests; what follows a name
# selects tests.
NATIVE = [
    ("statement", ["src/claim.rs", "src/digest.rs", "src/field.rs", "src/layout.rs", "src/layout/plan.rs",
                   "src/relation.rs"], ["lib", "relation", "layout", "digests"]),
    ("lora-proof", ["src/argument.rs", "src/config.rs", "src/error.rs", "src/merkle.rs", "src/proof.rs",
                    "src/range.rs", "src/whir.rs", "src/commitment.rs"],
     ["lib", "encoding", "soundness", "cheating", "parts", "security", "completeness"]),
    ("adapter", ["src/activations.rs", "src/base_model.rs", "src/config.rs", "src/files.rs", "src/outputs.rs",
                 "src/peft.rs", "src/quantize.rs", "src/tensors.rs"],
     ["lib", "activations", "files", "peft", "tensor_files", "sizes", "real_adapters"]),
    ("groth16-seal", ["src/verifier.rs", "src/seal.rs", "src/export.rs", "src/keys/encoding.rs", "src/keys/file.rs",
                      "src/keys/mod.rs", "src/keys/proving_file.rs", "src/prover.rs"],
     ["seals", "lib keys export prover seal"]),
    ("lora-halo2", ["src/container.rs", "src/engine.rs", "src/keys.rs", "src/opening.rs", "src/plan.rs",
                    "src/shape.rs", "src/stamp.rs", "src/prove.rs"],
     ["container", "shapes", "fields", "proofs", "lib", "agreement"]),
    ("pipeline", ["src/adapter_file.rs", "src/public_adapter.rs", "src/words.rs"], ["lib"]),
    ("ceremony", ["src/chain.rs", "src/contribute.rs", "src/exchange.rs", "src/finalise.rs", "src/parameters.rs",
                  "src/ptau.rs", "src/r1cs.rs", "src/sections.rs", "src/setup.rs", "src/transcript.rs",
                  "src/verify.rs", "src/zkey.rs"], ["lib", "formats", "refusals", "exchange", "keys"]),
    ("chain", ["src/config.rs", "src/fees.rs", "src/journal.rs", "src/merkle.rs", "src/sending.rs", "src/stack.rs",
               "src/state.rs"], ["lib", "registry", "stack", "follow", "sending"]),
]
CIRCUIT = [
    ("groth16-seal", ["src/circuit/argument.rs", "src/circuit/claims.rs", "src/circuit/layout.rs",
                      "src/circuit/mod.rs", "src/circuit/whir.rs", "src/gadgets/bits.rs", "src/gadgets/merkle.rs",
                      "src/r1cs/mod.rs"], ["guards every_rule outputs_end no_active a_size public_inputs", "lib", "guards"]),
]

# Tests that only notice that something changed, edited so that they ask for behaviour alone.
CIRCUIT_EDITS = [
    ("prover/groth16-seal/src/gadgets/testing.rs", r"assert_eq!\(\w+\.num_constraints\(\), constraints\);", ""),
    ("prover/groth16-seal/src/gadgets/bits.rs", r"assert_eq!\(cs\.num_constraints\(\), [^;]*\);", ""),
    ("prover/groth16-seal/src/gadgets/merkle.rs", r"assert_eq!\(cs\.num_constraints\(\), [^;]*\);", ""),
    ("prover/groth16-seal/src/gadgets/permutation.rs", r"assert_eq!\(cs\.num_constraints\(\), [^;]*\);", ""),
    ("prover/groth16-seal/src/gadgets/permutation.rs", r"assert_eq!\(recording[^;]*terms\);", ""),
    ("prover/groth16-seal/src/r1cs/tests.rs", r"assert_eq!\(\(?\w+\.num_constraints[^;]*\);", ""),
    ("prover/groth16-seal/tests/guards.rs", r"assert_eq!\(guarded, expected[^;]*;", "let _ = (guarded, expected);"),
]

SWITCH = '''
/// Whether a check is removed in this run.
#[allow(missing_docs, dead_code)]
pub(crate) mod mutants {
    pub(crate) fn is(site: u32) -> bool {
        static CHOSEN: std::sync::OnceLock<Option<u32>> = std::sync::OnceLock::new();
        *CHOSEN.get_or_init(|| std::env::var("RANKPROOF_MUTANT").ok().and_then(|n| n.parse().ok())) == Some(site)
    }
}
'''


class Sites:
    """Numbers sites and remembers where they are."""

    def __init__(self):
        self.all = []

    def add(self, crate, file, line, text):
        self.all.append({"crate": crate, "file": file, "line": line, "text": " ".join(text.split())[:110]})
        return len(self.all)


def top_level_or(condition):
    """The operands of a condition that is a disjunction; a single one otherwise."""
    depth, parts, start, i = 0, [], 0, 0
    while i < len(condition):
        c = condition[i]
        if c in "([{":
            depth += 1
        elif c in ")]}":
            depth -= 1
        elif depth == 0 and condition.startswith(" || ", i):
            parts.append(condition[start:i])
            start = i + 4
            i += 3
        i += 1
    parts.append(condition[start:])
    return parts


def is_on(number):
    return f"crate::mutants::is({number})"


def guard_if(sites, crate, file, number, head, condition):
    """`if condition {` with each part and the whole removable."""
    whole = sites.add(crate, file, number, f"if {condition}")
    if re.search(r"\blet\b", condition):
        return f"{head}if {condition} && !{is_on(whole)} {{"
    parts = top_level_or(condition)
    if len(parts) > 1 and not re.search(r"\|[^|]*\| ", condition.split(" || ")[0]):
        guarded = []
        for part in parts:
            site = sites.add(crate, file, number, f"one of several: {part}")
            guarded.append(f"(({part}) && !{is_on(site)})")
        condition = " || ".join(guarded)
    return f"{head}if ({condition}) && !{is_on(whole)} {{"


def mutate_native(sites, crate, file, text):
    # A condition over several lines as one.
    text = re.sub(r"(?m)^( *)if ([^{}]*?)\n\1\{$", lambda m: m[1] + "if " + " ".join(m[2].split()) + " {", text)
    lines = text.split("\n")
    end = next((i for i, line in enumerate(lines) if line.startswith("#[cfg(test)]")), len(lines))
    out, i = lines[:], 0
    while i < end:
        line = lines[i]
        indent = len(line) - len(line.lstrip())
        # if CONDITION { return Err(..); }, on one or several lines
        m = re.match(r"^(\s*)if (.*) \{$", line)
        if m:
            j = next((k for k in range(i + 1, end) if lines[k].startswith(" " * indent + "}")), i)
            body = "\n".join(lines[i + 1:j]).strip()
            refuses = re.match(r"return (Err\(|other\(|false|None|Some\(false)", body) and lines[j].strip() == "}"
            if refuses and (body.count(";") == 1 or body.count("\n") == 0):
                out[i] = guard_if(sites, crate, file, i + 1, m.group(1), m.group(2))
        m = re.match(r"^(.*?)if ([^{]*) \{ (Err\(.*\)) \} else \{ (Ok\(.*\)) \}(.*)$", line)
        if m and "let" not in m.group(2):
            site = sites.add(crate, file, i + 1, line)
            out[i] = f"{m[1]}if ({m[2]}) && !{is_on(site)} {{ {m[3]} }} else {{ {m[4]} }}{m[5]}"
        m = re.match(r"^(.*?)if ([^{]*) \{ (Ok\(.*?\)) \} else \{ (Err\(.*\)) \}(.*)$", line)
        if m and "let" not in m.group(2):
            site = sites.add(crate, file, i + 1, line)
            out[i] = f"{m[1]}if ({m[2]}) || {is_on(site)} {{ {m[3]} }} else {{ {m[4]} }}{m[5]}"
        # check(..)?;
        if line.endswith("?;"):
            start = i
            if re.match(r"^\s*[)}\].]", line):
                start = next(k for k in range(i - 1, -1, -1)
                             if len(lines[k]) - len(lines[k].lstrip()) == indent - (4 if line.strip()[0] == "." else 0)
                             and lines[k].strip() and not re.match(r"^\s*[)}\].]", lines[k]))
            statement = "\n".join(lines[start:i + 1])
            if re.match(r"^\s*(check|rule|exceeds|request\.check|relation::check|whir::check|weights_layout|"
                        r"activations\.|proof\.check|layout\.check|self\.\w*check\w*|fields\.check|reader\.finish|"
                        r"refuse|ensure|[\w:.]*check\w*|[\w:.]*finish)\b", statement) and "let " not in \
                    statement.split("(")[0] and not lines[start - 1].rstrip().endswith(("=", "(", ",")):
                site = sites.add(crate, file, start + 1, statement)
                out[start] = f"if !{is_on(site)} {{ " + out[start]
                out[i] = out[i] + " }"
        i += 1
    return "\n".join(out)


def mutate_circuit(sites, crate, file, text):
    lines = text.split("\n")
    end = next((i for i, line in enumerate(lines) if line.startswith("#[cfg(test)]")), len(lines))
    for i in range(end):
        m = re.match(r"^(\s*)((?:\w+(?:\([^)]*\))? => )?)((?:cs|self)\.enforce(?:_equal|_zero|_boolean)?\(.*\))([;,])$",
                     lines[i])
        if m:
            site = sites.add(crate, file, i + 1, m.group(3))
            arm = m.group(2)
            lines[i] = f"{m[1]}{arm}if !{is_on(site)} {{ {m[3]}; }}" + ("," if arm else "")
    return "\n".join(lines)


def write_if_changed(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists() or path.read_bytes() != text:
        path.write_bytes(text)


def prepare(group, mutate):
    """Writes the copy with all sites; returns the sites."""
    sites, changed = Sites(), {}
    for crate, files, _ in group:
        base = f"prover/{crate}"
        for file in files:
            path = f"{base}/{file}"
            changed[path] = mutate(sites, crate, path, (ROOT / path).read_text())
        lib = f"{base}/src/lib.rs"
        changed[lib] = changed.get(lib, (ROOT / lib).read_text()) + SWITCH
    if mutate is mutate_circuit:
        for path, pattern, replacement in CIRCUIT_EDITS:
            text = changed.get(path) or (ROOT / path).read_text()
            changed[path], count = re.subn(pattern, replacement, text, flags=re.S)
            if count == 0:
                sys.exit(f"{path}: nothing matches {pattern}")
    tracked = subprocess.check_output(["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, text=True)
    for path in tracked.split("\n"):
        if path and (ROOT / path).is_file():
            write_if_changed(COPY / path, changed[path].encode() if path in changed else (ROOT / path).read_bytes())
    # anvil and snarkjs.
    modules = COPY / "node_modules"
    if not modules.is_symlink():
        modules.symlink_to(ROOT / "node_modules")
    return sites.all


def binaries(group):
    """Builds the tests; returns the executables of each crate in the order in which they are tried."""
    executables = {}
    for crate, _, tests in group:
        command = ["cargo", "test", "--locked", "--no-run", "--message-format=json-render-diagnostics",
                   "-p", f"rankproof-{crate}"]
        for test in {test.split()[0] for test in tests}:
            command += ["--lib"] if test == "lib" else ["--test", test]
        environment = dict(os.environ, CARGO_TARGET_DIR=str(TARGET))
        built = subprocess.run(command, cwd=COPY, env=environment, stdout=subprocess.PIPE, text=True, check=True)
        found = {}
        for line in built.stdout.split("\n"):
            if not line.startswith("{"):
                continue
            message = json.loads(line)
            if message.get("executable") and message["target"]["kind"] != ["bin"]:
                kind = message["target"]["kind"]
                found["lib" if "lib" in kind else message["target"]["name"]] = message["executable"]
        executables[crate] = [(test, [found[test.split()[0]], *test.split()[1:]]) for test in tests]
    return executables


def run(crate, executable, site, limit):
    """True when the tests pass."""
    environment = dict(os.environ, CARGO_MANIFEST_DIR=str(COPY / "prover" / crate))
    if site:
        environment["RANKPROOF_MUTANT"] = str(site)
    try:
        done = subprocess.run([*executable, "-q"], cwd=COPY / "prover" / crate, env=environment, timeout=limit,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        failed = re.findall(r"^    ([\w:]+)$", done.stdout, re.M)
        return done.returncode == 0, failed[-1] if failed else f"exit {done.returncode}"
    except subprocess.TimeoutExpired:
        return False, "timeout"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("group", choices=["native", "circuit"])
    parser.add_argument("--list", action="store_true")
    parser.add_argument("--crate")
    parser.add_argument("--sites", help="numbers, separated by commas")
    arguments = parser.parse_args()
    group, mutate = (NATIVE, mutate_native) if arguments.group == "native" else (CIRCUIT, mutate_circuit)
    group = [entry for entry in group if arguments.crate in (None, entry[0])]
    sites = prepare(group, mutate)
    if arguments.list:
        for number, site in enumerate(sites, 1):
            print(f"{number:4} {site['file']}:{site['line']}: {site['text']}")
        return
    chosen = {int(n) for n in arguments.sites.split(",")} if arguments.sites else None
    executables = binaries(group)
    baseline = {}
    for crate, tests in executables.items():
        for test, executable in tests:
            start = time.monotonic()
            passed, failed = run(crate, executable, None, 900)
            if not passed:
                sys.exit(f"{crate} {test} fails without any mutant: {failed}")
            baseline[crate, test] = time.monotonic() - start
    killed, survivors = 0, []
    for number, site in enumerate(sites, 1):
        if chosen and number not in chosen:
            continue
        verdict = "SURVIVED"
        for test, executable in executables[site["crate"]]:
            passed, failed = run(site["crate"], executable, number, 30 + 10 * baseline[site["crate"], test])
            if not passed:
                verdict = f"killed by {test}: {failed}"
                break
        killed += verdict != "SURVIVED"
        if verdict == "SURVIVED":
            survivors.append(number)
        print(f"{number:4} {site['file']}:{site['line']}: {site['text']}\n       {verdict}", flush=True)
    print(f"assurance: {arguments.group} mutants = {killed + len(survivors)}")
    print(f"assurance: {arguments.group} mutants killed = {killed}")
    print(f"survivors: {survivors}")


if __name__ == "__main__":
    main()
