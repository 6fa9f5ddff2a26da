#!/usr/bin/env bash
# Two ceremonies of three participants on a reduced circuit of ours, one with snarkjs and one with our own commands; each
# is verified by the other's tool. A seal is made with both keys, and checked by our verifier, by snarkjs and by the
# exported contract on an anvil. `make ceremony-demo`.
#
# The circuit is the last part of the universal one, and the powers of tau are public: the keys are development keys, and
# marked so.
set -euo pipefail

root=$(cd "$(dirname "$0")/.." && pwd)
rankproof="$root/target/debug/rankproof"
reduced="$root/target/debug/examples/reduced_circuit"
snarkjs="$root/node_modules/.bin/snarkjs"
beacon=0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20
# The first account of every anvil.
account=0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80
export PATH="$root/node_modules/.bin:$PATH"

work=$(mktemp -d)
anvil_pid=
cleanup() {
  if [[ -n $anvil_pid ]]; then kill "$anvil_pid" 2> /dev/null || true; fi
  rm -rf "$work"
}
trap cleanup EXIT
cd "$work"

say() { printf '\n== %s (%ss)\n' "$1" "$SECONDS"; }
# snarkjs says much; shown is what the expression finds, and finding nothing is an error.
quiet() { local expression=$1; shift; "$@" > log 2>&1 || { cat log >&2; exit 1; }; grep -E "$expression" log; }

say 'the reduced circuit'
"$reduced" r1cs circuit.r1cs
quiet 'Constraints|Public Inputs' "$snarkjs" r1cs info circuit.r1cs
say 'powers of tau: insecure, for the trial'
"$rankproof" ceremony ptau --power 12 -o powers.ptau

say 'a ceremony with snarkjs'
quiet 'Circuit hash' "$snarkjs" groth16 setup circuit.r1cs powers.ptau snarkjs_0.zkey
for step in 1:alice 2:bob 3:carol; do
  quiet 'Contribution Hash' "$snarkjs" zkey contribute "snarkjs_$((${step%%:*} - 1)).zkey" "snarkjs_${step%%:*}.zkey" \
    --name="${step#*:}" -e="$(head -c 32 /dev/urandom | base64)"
done
quiet 'Contribution Hash' "$snarkjs" zkey beacon snarkjs_3.zkey snarkjs_4.zkey "$beacon" 10 -n=beacon
say 'verified by ours'
"$rankproof" ceremony verify snarkjs_4.zkey --r1cs circuit.r1cs --ptau powers.ptau

say 'a ceremony with our commands'
"$rankproof" ceremony new --r1cs circuit.r1cs --ptau powers.ptau -o ours_0.zkey
cmp ours_0.zkey snarkjs_0.zkey && echo 'the first key is that of snarkjs, byte for byte'
for step in 1:dave 2:erin 3:frank; do
  "$rankproof" ceremony contribute "ours_$((${step%%:*} - 1)).zkey" -o "ours_${step%%:*}.zkey" --name "${step#*:}"
done
"$rankproof" ceremony beacon ours_3.zkey -o ours_4.zkey --value "$beacon"
say 'verified by ours, with the first key and the published transcript'
"$rankproof" ceremony verify ours_4.zkey --r1cs circuit.r1cs --ptau powers.ptau --initial ours_0.zkey \
  --transcript ours_4.zkey.json
say 'verified by snarkjs'
quiet 'ZKey Ok|contribution #' "$snarkjs" zkey verify circuit.r1cs powers.ptau ours_4.zkey

say 'anvil'
anvil --port 0 > anvil.log &
anvil_pid=$!
url=
for _ in $(seq 100); do
  url=$(sed -n 's/^Listening on \(.*\)$/http:\/\/\1/p' anvil.log)
  [[ -n $url ]] && break
  sleep 0.1
done
[[ -n $url ]] || { echo 'anvil did not start' >&2; cat anvil.log >&2; exit 1; }
echo "$url"
mkdir contract
cp -r "$root/contracts" "$root/foundry.toml" "$root/tools" contract/
ln -s "$root/node_modules" contract/node_modules

field() { node -e 'console.log(JSON.parse(require("fs").readFileSync(process.argv[1]))[process.argv[2]])' "$1" "$2"; }
for who in snarkjs ours; do
  say "a seal with the key of the ceremony of $who"
  "$reduced" seal "${who}_0.zkey" "${who}_4.zkey" powers.ptau "$who"
  quiet 'OK!' "$snarkjs" groth16 verify "$who/verification_key.json" "$who/public.json" "$who/proof.json"
  "$snarkjs" zkey export verificationkey "${who}_4.zkey" "$who/exported.json" > log
  quiet 'OK!' "$snarkjs" groth16 verify "$who/exported.json" "$who/public.json" "$who/proof.json"
  cp "$who/SealVerifyingKey.sol" contract/contracts/generated/SealVerifyingKey.sol
  address=$(cd contract && forge create contracts/SealVerifier.sol:SealVerifier --broadcast --rpc-url "$url" \
    --private-key "$account" | sed -n 's/^Deployed to: //p')
  statement=$(node -e '
    const { statements } = JSON.parse(require("fs").readFileSync(process.argv[1]));
    const words = ({ adapter, activations, context }) => [adapter, activations, context].map((w) => BigInt(w));
    console.log(`[${statements.map((statement) => `(${words(statement)})`)}]`);' "$who/seal.json")
  seal=$(field "$who/seal.json" seal)
  call() { cast call --rpc-url "$url" "$address" 'verify(bytes,(uint256,uint256,uint256)[])' "$1" "$statement"; }
  call "$seal" > /dev/null
  echo "the contract at $address accepts it"
  if call "${seal%?}$([[ ${seal: -1} == 0 ]] && echo 1 || echo 0)" > log 2>&1; then
    echo 'the contract accepts an altered seal' >&2
    exit 1
  fi
  grep -q 'execution reverted' log || { cat log >&2; exit 1; }
  echo 'and refuses it with one digit altered'
done
say 'both seals were accepted by our verifier, by snarkjs and by the contract'
