#!/usr/bin/env node
// Copies ABI and creation bytecode out of forge's build, so that the Rust crate `chain` builds
// without Node or forge, and what the compiler was given for the verifier, so that `rankproof export
// --compile` compiles that of other keys alike. Run from the project root, after `forge build`:
//
//   node tools/abi.cjs           writes contracts/generated/{abi/,verifier-input.json}
//   node tools/abi.cjs --check   changes nothing; exit code 1 if a file there is not up to date
"use strict";

const fs = require("node:fs");
const path = require("node:path");

// In the order in which they are deployed (script/Stack.sol).
const CONTRACTS = ["SealVerifier", "EmergencyStop", "TimelockController", "VerifierRouter", "ProofRegistry"];
const GENERATED = path.join("contracts", "generated");
// Its content is left out: it is what differs from key to key.
const KEY_SOURCE = "contracts/generated/SealVerifyingKey.sol";

function built(name) {
  const source = path.join(process.env.FOUNDRY_OUT ?? "out", `${name}.sol`, `${name}.json`);
  if (!fs.existsSync(source)) {
    process.stderr.write(`abi.cjs: ${source} is missing; run "forge build" in the project root\n`);
    process.exit(1);
  }
  return JSON.parse(fs.readFileSync(source, "utf8"));
}

function artifact(name) {
  const { abi, bytecode } = built(name);
  return JSON.stringify({ abi, bytecode: { object: bytecode.object } }, null, 1) + "\n";
}

function verifierInput() {
  const { compiler, language, settings, sources } = built("SealVerifier").metadata;
  const { compilationTarget, ...same } = settings;
  const outputSelection = {};
  for (const [file, name] of Object.entries(compilationTarget)) {
    outputSelection[file] = { [name]: ["abi", "evm.bytecode.object"] };
  }
  const contents = {};
  for (const file of Object.keys(sources).sort()) {
    contents[file] = { content: file === KEY_SOURCE ? "" : fs.readFileSync(file, "utf8") };
  }
  const input = { language, sources: contents, settings: { ...same, outputSelection } };
  return JSON.stringify({ compiler: compiler.version, input }, null, 1) + "\n";
}

const check = process.argv.includes("--check");
let stale = false;
const files = CONTRACTS.map((name) => [path.join("abi", `${name}.json`), artifact(name)]);
files.push(["verifier-input.json", verifierInput()]);
for (const [name, text] of files) {
  const file = path.join(GENERATED, name);
  const current = fs.existsSync(file) ? fs.readFileSync(file, "utf8") : undefined;
  if (current === text) continue;
  if (check) {
    process.stderr.write(`abi.cjs: ${file} is not what forge built; run "node tools/abi.cjs"\n`);
    stale = true;
  } else {
    fs.mkdirSync(path.dirname(file), { recursive: true });
    fs.writeFileSync(file, text);
  }
}
process.exit(stale ? 1 : 0);
