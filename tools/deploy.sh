#!/usr/bin/env bash
# Deploys the stack to a fresh anvil with the scripts, as an operator does, and checks it. Run again, the deployment
# sends nothing; before it, the check refuses.
#
#   tools/deploy.sh        needs forge, cast and anvil; exit code 1 at the first thing that is not as it should be
set -euo pipefail
cd "$(dirname "$0")/.."

work=$(mktemp -d)
anvil --port 0 --hardfork osaka > "$work/anvil.log" 2>&1 &
anvil=$!
trap 'kill "$anvil"; rm -rf "$work"' EXIT
for _ in $(seq 100); do
  grep -q '^Listening on ' "$work/anvil.log" && break
  sleep 0.1
done
url=http://$(sed -n 's/^Listening on //p' "$work/anvil.log")
# Anvil's first account: its key is public and worth nothing elsewhere.
key=0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80

refuse() { echo "tools/deploy.sh: $1" >&2; exit 1; }
script() { forge script "script/$1.s.sol" --rpc-url "$url" "${@:2}" > "$work/$1.log" 2>&1; }
sent() { cast nonce --rpc-url "$url" "$(cast wallet address "$key")"; }

if script Check; then refuse 'the check passed on an empty chain'; fi
grep -q NotDeployed "$work/Check.log" || { cat "$work/Check.log" >&2; refuse 'the check failed for another reason'; }

export FOUNDRY_BROADCAST="$work/broadcast"
script Deploy --broadcast --private-key "$key" || { cat "$work/Deploy.log" >&2; refuse 'the deployment failed'; }
[[ $(sent) == 5 ]] || refuse "expected 5 transactions, $(sent) were sent"
script Deploy --broadcast --private-key "$key" || { cat "$work/Deploy.log" >&2; refuse 'the second deployment failed'; }
[[ $(sent) == 5 ]] || refuse 'the second deployment sent something'
script Check || { cat "$work/Check.log" >&2; refuse 'the check failed'; }
echo 'tools/deploy.sh: five contracts deployed and checked; run again, nothing was sent'
