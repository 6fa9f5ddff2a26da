#!/usr/bin/env node
// Checks the seals in fixtures/seals with snarkjs, against the key that the contract in contracts/generated holds.
//
// An implementation of Groth16 that shares nothing with ours: key from the Solidity constants, proof from the 256 bytes
// of the seal, public inputs from the file. Each seal must verify, and must not once a public input, point or key is
// another. `make snarkjs`.
"use strict";

const { spawnSync } = require("node:child_process");
const fs = require("node:fs");
const os = require("node:os");
const path = require("node:path");

const ROOT = path.join(__dirname, "..");
const KEY = path.join(ROOT, "contracts/generated/SealVerifyingKey.sol");
const SNARKJS = path.join(ROOT, "node_modules/snarkjs/build/cli.cjs");
const SEALS = ["first", "first_rerandomized", "second", "other_adapter"];

/** All `uint256` constants of the generated library, by name. */
function constants() {
  const text = fs.readFileSync(KEY, "utf8");
  const found = text.matchAll(/uint256 internal constant (\w+) =\s+(0x[0-9a-f]{64});/g);
  return Object.fromEntries(Array.from(found, ([, name, value]) => [name, BigInt(value).toString()]));
}

function verifyingKey() {
  const words = constants();
  const word = (name) => {
    if (words[name] === undefined) throw new Error(`${KEY} has no constant ${name}`);
    return words[name];
  };
  const g1 = (name) => [word(`${name}_X`), word(`${name}_Y`), "1"];
  const g2 = (name) => [
    [word(`${name}_X_REAL`), word(`${name}_X_IMAGINARY`)],
    [word(`${name}_Y_REAL`), word(`${name}_Y_IMAGINARY`)],
    ["1", "0"],
  ];
  const count = Object.keys(words).filter((name) => /^IC\d+_X$/.test(name)).length;
  return {
    protocol: "groth16",
    curve: "bn128",
    nPublic: count - 1,
    vk_alpha_1: g1("ALPHA"),
    vk_beta_2: g2("BETA"),
    vk_gamma_2: g2("GAMMA"),
    vk_delta_2: g2("DELTA"),
    IC: Array.from({ length: count }, (_, index) => g1(`IC${index}`)),
  };
}

function read(name) {
  const json = JSON.parse(fs.readFileSync(path.join(ROOT, `fixtures/seals/${name}.json`), "utf8"));
  const bytes = json.seal.slice(2);
  if (bytes.length !== 2 * 292) throw new Error(`${name}: a seal has 292 bytes`);
  // selector (4), root (32), then A.x A.y B.x1 B.x0 B.y1 B.y0 C.x C.y
  const word = (index) => BigInt(`0x${bytes.slice(8 + 64 * (index + 1), 8 + 64 * (index + 2))}`).toString();
  const proof = {
    protocol: "groth16",
    curve: "bn128",
    pi_a: [word(0), word(1), "1"],
    pi_b: [[word(3), word(2)], [word(5), word(4)], ["1", "0"]],
    pi_c: [word(6), word(7), "1"],
  };
  return { proof, publics: [json.root, json.challenge, json.evaluation].map((value) => BigInt(value).toString()) };
}

/** Whether `snarkjs groth16 verify` accepts; anything but its two answers is an error. */
function verifies(folder, key, publics, proof) {
  const files = Object.entries({ key, publics, proof }).map(([name, value]) => {
    const file = path.join(folder, `${name}.json`);
    fs.writeFileSync(file, JSON.stringify(value));
    return file;
  });
  const run = spawnSync(process.execPath, [SNARKJS, "groth16", "verify", ...files], { encoding: "utf8" });
  if (run.status === 0 && /OK!/.test(run.stdout)) return true;
  if (run.status === 1 && /Invalid proof/.test(run.stdout)) return false;
  throw new Error(`snarkjs failed: ${run.stdout}${run.stderr}`);
}

function main(folder) {
  const key = verifyingKey();
  const seals = SEALS.map((name) => ({ name, ...read(name) }));
  const counts = { accepted: 0, refused: 0 };
  const expect = (what, expected, ...input) => {
    const actual = verifies(folder, ...input);
    if (actual !== expected) throw new Error(`${what}: snarkjs says ${actual}, expected ${expected}`);
    counts[actual ? "accepted" : "refused"]++;
  };
  for (const { name, proof, publics } of seals) expect(name, true, key, publics, proof);
  const [first, , second] = seals;
  for (const index of first.publics.keys()) {
    const changed = first.publics.map((value, at) => (at === index ? (BigInt(value) ^ 1n).toString() : value));
    expect(`public input ${index} changed`, false, key, changed, first.proof);
  }
  expect("proof of another statement", false, key, first.publics, second.proof);
  expect("point of another proof", false, key, first.publics, { ...first.proof, pi_c: second.proof.pi_c });
  const swapped = { ...key, vk_gamma_2: key.vk_delta_2, vk_delta_2: key.vk_gamma_2 };
  expect("gamma and delta swapped", false, swapped, first.publics, first.proof);
  console.log(`snarkjs: ${counts.accepted} seals verified, ${counts.refused} changed ones refused`);
}

const folder = fs.mkdtempSync(path.join(os.tmpdir(), "rankproof-snarkjs-"));
try {
  main(folder);
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
} finally {
  fs.rmSync(folder, { recursive: true });
}
