#!/bin/sh
# Throws generated requests at the service, as its own description says and as it does not (R15): no answer may be a
# fault of the service, and each must be declared. The home keeps a ledger, so that every answer is also a write.
# Wants schemathesis (PyPI); says so and ends with 77 without it.
# Usage: docs/benchmarks/schemathesis.sh [EXAMPLES for each operation]; INTERDICT names the binary, SCHEMATHESIS the program
set -eu
cd "$(dirname "$0")/../.."
examples=${1:-1200}
st=${SCHEMATHESIS:-schemathesis}
if ! command -v "$st" >/dev/null; then
    echo "skipped: no schemathesis on this machine (pip install schemathesis)" >&2
    exit 77
fi
interdict=${INTERDICT:-target/release/interdict}
port=${PORT:-18099}
home=$(mktemp -d)
trap 'kill "$pid" 2>/dev/null || true; rm -rf "$home"' EXIT
printf 'id,name,type,born,country\nQ-1,Orsolya Vanderploeg,person,1961-02-03,hu\n' >"$home/own.csv"
"$interdict" --home "$home" lists import "$home/own.csv" --as own >/dev/null
"$interdict" --home "$home" ledger init >/dev/null
# /v1/updates would ask the publishers. One key for all that keys open; /v1/setup takes the setup token alone and answers 401.
token=$("$interdict" --home "$home" keys new all --role viewer,analyst,auditor,list_admin,policy_admin 2>/dev/null)
"$interdict" --home "$home" serve --listen "127.0.0.1:$port" --log error 2>"$home/log" &
pid=$!
tries=0
until curl -sf "http://127.0.0.1:$port/readyz" >/dev/null; do
    tries=$((tries + 1))
    [ "$tries" -lt 100 ] || { echo "error: the service is not ready:" >&2; cat "$home/log" >&2; exit 2; }
    sleep 0.2
done
printf '[auth.openapi.key]\nbearer = "%s"\n' "$token" >"$home/schemathesis.toml"
status=0
PYTHONPATH=docs/benchmarks SCHEMATHESIS_HOOKS=schemathesis_hooks "$st" --config-file "$home/schemathesis.toml" run \
    "http://127.0.0.1:$port/openapi.json" -H "Authorization: Bearer $token" \
    --checks not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance \
    --exclude-path /v1/updates --max-examples "$examples" --phases examples,coverage,fuzzing --workers 2 --continue-on-failure || status=$?
# what was recorded meanwhile holds
kill "$pid"; wait "$pid" || true
"$interdict" --home "$home" ledger verify || status=1
exit "$status"
