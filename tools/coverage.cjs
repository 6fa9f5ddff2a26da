#!/usr/bin/env node
// Refuses a coverage of contracts/ below 100 % of lines, functions and branches. Reads what
// `forge coverage --report lcov` wrote:
//
//   node tools/coverage.cjs target/lcov.info
"use strict";

const fs = require("node:fs");
const path = require("node:path");

/** Every Solidity source in contracts/ that has code to run: not the interfaces, and not what is only constants. */
function sources(folder) {
  return fs.readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const name = path.posix.join(folder, entry.name);
    if (entry.isDirectory()) return ["interfaces", "generated"].includes(entry.name) ? [] : sources(name);
    return name.endsWith(".sol") ? [name] : [];
  });
}

const KINDS = { lines: ["LF", "LH"], functions: ["FNF", "FNH"], branches: ["BRF", "BRH"] };

const found = new Map();
for (const record of fs.readFileSync(process.argv[2], "utf8").split("end_of_record")) {
  const fields = Object.fromEntries(record.trim().split("\n").map((line) => line.split(/:(.*)/s).slice(0, 2)));
  if (fields.SF) found.set(fields.SF, fields);
}

const problems = [];
const totals = { lines: 0, functions: 0, branches: 0 };
const wanted = sources("contracts");
for (const source of wanted) {
  const fields = found.get(source);
  if (!fields) {
    problems.push(`${source} is not in the report`);
    continue;
  }
  for (const [kind, [all, hit]] of Object.entries(KINDS)) {
    if (!(Number(fields[hit]) === Number(fields[all]))) {
      problems.push(`${source}: ${fields[hit]} of ${fields[all]} ${kind}`);
    }
    totals[kind] += Number(fields[all]);
  }
}
if (wanted.length === 0 || totals.lines === 0) problems.push("there is nothing in contracts/ to cover");
if (problems.length > 0) {
  process.stderr.write(`coverage below 100 %:\n${problems.join("\n")}\n`);
  process.exit(1);
}
const counts = Object.entries(totals).map(([kind, count]) => `${count} ${kind}`);
console.log(`coverage of ${wanted.length} contracts: all of ${counts.join(", ")}`);
