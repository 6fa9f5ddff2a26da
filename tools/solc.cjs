#!/usr/bin/env node
// The compiler forge calls: the WebAssembly build in the npm package "solc", behind the two
// commands of a native solc that forge uses.
//
//   solc.cjs --version
//   solc.cjs --standard-json [--base-path P] [--include-path P]... [--allow-paths P,...]
//
// forge puts every source into the JSON input; the search below serves other callers, and only
// inside the directories they name.
"use strict";

const fs = require("node:fs");
const path = require("node:path");
const solc = require("solc");

function refuse(message) {
  fs.writeSync(2, `solc.cjs: ${message}\n`);
  process.exit(1);
}

function parseArguments(words) {
  const parsed = { command: undefined, roots: [] };
  const queue = [...words];
  const value = (option) => queue.shift() ?? refuse(`${option} needs a path`);
  while (queue.length > 0) {
    const word = queue.shift();
    if (word === "--version" || word === "--standard-json") {
      parsed.command = word;
    } else if (word === "--base-path" || word === "--include-path") {
      parsed.roots.push(path.resolve(value(word)));
    } else if (word === "--allow-paths") {
      value(word); // every read is confined to the roots already
    } else {
      refuse(`unsupported argument: ${word}`);
    }
  }
  return parsed;
}

function importFrom(roots) {
  return (name) => {
    for (const root of roots) {
      const file = path.resolve(root, name);
      if (file.startsWith(root + path.sep) && fs.existsSync(file)) {
        return { contents: fs.readFileSync(file, "utf8") };
      }
    }
    return { error: `File not found: ${name}` };
  };
}

const { command, roots } = parseArguments(process.argv.slice(2));
if (command === "--version") {
  process.stdout.write("solc, the solidity compiler commandline interface\n");
  process.stdout.write(`Version: ${solc.version()}\n`);
} else if (command === "--standard-json") {
  const chunks = [];
  process.stdin.on("data", (chunk) => chunks.push(chunk));
  process.stdin.on("end", () => {
    const input = Buffer.concat(chunks).toString("utf8");
    process.stdout.write(solc.compile(input, { import: importFrom(roots) }) + "\n");
  });
} else {
  refuse("expected --version or --standard-json");
}
