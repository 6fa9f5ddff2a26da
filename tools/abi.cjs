#!/usr/bin/env node
// Copies ABI and creation bytecode out of forge's build, so that the Rust crate `chain` builds
// without Node or forge. Run from the project root, after `forge build`:
//
//   node tools/abi.cjs           writes contracts/generated/abi/
//   node tools/abi.cjs --check   changes nothing; exit code 1 if a file there is not up to date
"use strict";

const fs = require("node:fs");
const path = require("node:path");

// In the order in which they are deployed (script/Stack.sol).
const CONTRACTS = ["SealVerifier", "EmergencyStop", "TimelockController", "VerifierRouter", "ProofRegistry"];
const DESTINATION = path.join("contracts", "generated", "abi");

function artifact(name) {
  const source = path.join(process.env.FOUNDRY_OUT ?? "out", `${name}.sol`, `${name}.json`);
  if (!fs.existsSync(source)) {
    process.stderr.write(`abi.cjs: ${source} is missing; run "forge build" in the project root\n`);
    process.exit(1);
  }
  const { abi, bytecode } = JSON.parse(fs.readFileSync(source, "utf8"));
  return JSON.stringify({ abi, bytecode: { object: bytecode.object } }, null, 1) + "\n";
}

const check = process.argv.includes("--check");
let stale = false;
for (const name of CONTRACTS) {
  const file = path.join(DESTINATION, `${name}.json`);
  const text = artifact(name);
  const current = fs.existsSync(file) ? fs.readFileSync(file, "utf8") : undefined;
  if (current === text) continue;
  if (check) {
    process.stderr.write(`abi.cjs: ${file} is not what forge built; run "node tools/abi.cjs"\n`);
    stale = true;
  } else {
    fs.mkdirSync(DESTINATION, { recursive: true });
    fs.writeFileSync(file, text);
  }
}
process.exit(stale ? 1 : 0);
