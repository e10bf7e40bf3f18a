#!/bin/sh
# Throws generated requests at the service, as its own description says and as it does not (R15): no answer may be a
# fault of the service, and each must be declared. Wants schemathesis (PyPI); says so and ends with 77 without it.
# Usage: docs/benchmarks/schemathesis.sh [EXAMPLES for each operation]
set -eu
examples=${1:-500}
st=${SCHEMATHESIS:-schemathesis}
if ! command -v "$st" >/dev/null; then
    echo "skipped: no schemathesis on this machine (pip install schemathesis)" >&2
    exit 77
fi
interdict=${INTERDICT:-target/release/interdict}
home=$(mktemp -d)
trap 'kill "$pid" 2>/dev/null || true; rm -rf "$home"' EXIT
printf 'id,name,type,born,country\nQ-1,Orsolya Vanderploeg,person,1961-02-03,hu\n' >"$home/own.csv"
"$interdict" --home "$home" lists import "$home/own.csv" --as own >/dev/null
token=$("$interdict" --home "$home" keys new all --role viewer,analyst,auditor,policy_admin 2>/dev/null)
"$interdict" --home "$home" serve --listen 127.0.0.1:18099 --log error 2>"$home/log" &
pid=$!
sleep 2
printf '[auth.openapi.key]\nbearer = "%s"\n' "$token" >"$home/schemathesis.toml"
# The stream of lines has no serializer there; crates/server/tests/api.rs has its cases.
"$st" --config-file "$home/schemathesis.toml" run http://127.0.0.1:18099/openapi.json --exclude-path /v1/screen/batch \
    --checks not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance \
    --max-examples "$examples" --phases examples,coverage,fuzzing --workers 2 --continue-on-failure
