#!/bin/sh
# Times of requests at rest and while lists are swapped (R8): a steady rate of requests, then the same while
# a list of one's own is replaced again and again beside four publishers' lists. Reads INTERDICT_DATA or ../shared/data.
# Arguments: requests a second (500), seconds (20). IMPORT_NICE is how far the import stands back beyond what it does by itself. INTERDICT and LOAD name programs that are built already.
set -eu
cd "$(dirname "$0")/../.."
rate=${1:-500} seconds=${2:-20}
data=${INTERDICT_DATA:-../shared/data}
if [ -z "${INTERDICT:-}" ] || [ -z "${LOAD:-}" ]; then
    cargo build -q --release -p interdict-cli
    cargo build -q --release -p interdict-server --example load
fi
interdict=${INTERDICT:-target/release/interdict} load=${LOAD:-target/release/examples/load}
INTERDICT_HOME=$(mktemp -d); export INTERDICT_HOME
service=
trap 'kill $service 2>/dev/null || true; rm -rf "$INTERDICT_HOME"' EXIT
# shellcheck disable=SC2086
"$interdict" lists import ${LISTS:-$data/un/2026-02-27_un_consolidated.xml $data/ofac/2021-07-07 $data/eu/2016-02-11_eu_global.xml $data/uk/2020-04-27_ofsi_conlist.csv} >/dev/null
own() {
    { echo id,name,type; echo "V-$1,Wilhelmina Dogberry $1,person"; seq -f "W-%g,Somebody Else,person" 1 50; } >"$INTERDICT_HOME/own.csv"
    nice -n "${IMPORT_NICE:-0}" "$interdict" lists import "$INTERDICT_HOME/own.csv" --as own >/dev/null 2>"$INTERDICT_HOME/refused" || cat "$INTERDICT_HOME/refused" >&2
}
own 0
"$interdict" serve --listen 127.0.0.1:8089 --anonymous machine --log off 2>/dev/null & service=$!
sleep 3
"$load" 127.0.0.1:8089 open "$rate" 5 >/dev/null
echo "at rest:";      "$load" 127.0.0.1:8089 open "$rate" "$seconds"
( n=1; while :; do own $n; n=$((n + 1)); echo $n >"$INTERDICT_HOME/swaps"; sleep "${PAUSE:-1}"; done ) & swapper=$!
echo "while swapped:"; "$load" 127.0.0.1:8089 open "$rate" "$seconds"
kill $swapper; wait $swapper 2>/dev/null || true
echo "swaps: $(cat "$INTERDICT_HOME/swaps"), load of the machine: $(cut -d' ' -f1-3 /proc/loadavg)"
