#!/usr/bin/env bash
# Holds the application to its contract: tests/contract/run.sh ENVIRONMENT SEED EXAMPLES, with schemathesis in that
# virtual environment. Each time in a samlet of its own, on free ports and with nothing stored.
set -euo pipefail
cd "$(dirname "$0")/../.."
folder=$1 seed=$2 examples=$3

samlet() { cargo run --locked --quiet -- --quiet "$@"; }

# hold DOCUMENT LOG [PARAMETER…] -- [OPTION…]: the template's parameters, schemathesis' options.
hold() {
  local document=$1 log=$2 parameters=()
  shift 2
  while [ "$1" != -- ]; do parameters+=(--parameter-overrides "$1"); shift; done
  shift
  samlet exec "${parameters[@]}" -- "$folder/bin/schemathesis" --config-file tests/contract/schemathesis.toml \
    run "$document" --seed "$seed" --max-examples "$examples" "$@" 2> "$log" \
    || { tail -n 5 "$log" >&2; echo "The contract is broken, or was not tried; samlet's log: $log" >&2; exit 1; }
}

hold docs/openapi.json "$folder/samlet.log" --

# With an API key needed: what has one is answered the same, what has none is refused.
key=$(samlet validate --format json --parameter-overrides ApiKey=required \
  | "$folder/bin/python" -c 'import json, sys; print(json.load(sys.stdin)["api_keys"][0]["value"])')
samlet openapi --parameter-overrides ApiKey=required > "$folder/with-key.json"
hold "$folder/with-key.json" "$folder/samlet-with-key.log" ApiKey=required -- \
  --phases examples,coverage --header "x-api-key: $key"
