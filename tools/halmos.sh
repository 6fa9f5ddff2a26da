#!/usr/bin/env bash
# Runs halmos on every check_ function of test/symbolic, and refuses to have run on none.
set -euo pipefail
cd "$(dirname "$0")/.."

out=target/halmos/out
export FOUNDRY_OUT=$out FOUNDRY_CACHE_PATH=target/halmos/cache
mkdir -p target/halmos
forge build --ast --extra-output storageLayout metadata --skip script --skip '*.t.sol' > target/halmos/build.log 2>&1 \
  || { cat target/halmos/build.log >&2; exit 1; }
wanted=$(grep -hoE 'function check_\w+' -r test/symbolic | wc -l)
[[ $wanted -gt 0 ]] || { echo 'tools/halmos.sh: there is no check_ function in test/symbolic' >&2; exit 1; }
target/python/halmos/bin/halmos --forge-build-out "$out" --match-contract Symbolic --loop 16 \
  --solver-timeout-assertion 120s --no-status > target/halmos/log 2>&1 || { cat target/halmos/log >&2; exit 1; }
passed=$(grep -cE '\[PASS\].* check_' target/halmos/log || true)
[[ $passed == "$wanted" ]] \
  || { cat target/halmos/log >&2; echo "tools/halmos.sh: $passed of $wanted checks passed" >&2; exit 1; }
echo "halmos: $passed checks proven"
