#!/bin/sh
# What a request costs with a key, with persons masked, with traces and with a ledger, against --anonymous without any of them: user and
# system time of the service for each request, asked as fast as it answers. All in turn, several times; the least of each counts, because
# other work on the machine only adds to it. Wants python3 for the collector of traces, INTERDICT_DATA or ../shared/data for the lists.
# Arguments: rounds (3), seconds of each (6). INTERDICT and LOAD name programs that are built already.
set -eu
cd "$(dirname "$0")/../.."
rounds=${1:-3} seconds=${2:-6}
data=${INTERDICT_DATA:-../shared/data}
if [ -z "${INTERDICT:-}" ] || [ -z "${LOAD:-}" ]; then
    cargo build -q --release -p interdict-cli
    cargo build -q --release -p interdict-server --example load
fi
interdict=${INTERDICT:-target/release/interdict} load=${LOAD:-target/release/examples/load}
scratch=$(mktemp -d)
INTERDICT_HOME=$scratch/home; export INTERDICT_HOME
service='' collector=''
trap 'kill $service $collector 2>/dev/null || true; rm -rf "$scratch"' EXIT
# shellcheck disable=SC2086
"$interdict" lists import ${LISTS:-$data/un/2026-02-27_un_consolidated.xml $data/ofac/2021-07-07 $data/eu/2016-02-11_eu_global.xml $data/uk/2020-04-27_ofsi_conlist.csv} >/dev/null
cp -r "$INTERDICT_HOME" "$scratch/recorded"
INTERDICT_HOME=$scratch/recorded "$interdict" ledger init >/dev/null
printf '[machine.party]\ndocuments = "mask"\n' >"$scratch/masked.toml"
printf '[machine.party]\nall = "mask"\n[machine.listing]\nall = "mask"\n' >"$scratch/all-masked.toml"
LOAD_KEY=$("$interdict" keys new costs --role machine --format json | sed -n 's/.*"token": *"\([^"]*\)".*/\1/p')
cat >"$scratch/collector.py" <<'PY'
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
class Collector(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def do_POST(self):
        self.rfile.read(int(self.headers["content-length"]))
        self.send_response(200); self.send_header("content-length", "0"); self.end_headers()
    def log_message(self, *_): pass
ThreadingHTTPServer(("127.0.0.1", 8090), Collector).serve_forever()
PY
python3 "$scratch/collector.py" & collector=$!
spent() { awk '{ sub(/.*\) /, ""); print $12 + $13 }' "/proc/$service/stat"; }
one() { # name, token, home, arguments of the service
    name=$1 LOAD_TOKEN=$2 home=$3; shift 3
    if [ -n "$LOAD_TOKEN" ]; then export LOAD_TOKEN; else unset LOAD_TOKEN; fi
    INTERDICT_HOME=$home "$interdict" serve --listen 127.0.0.1:8089 --rate 1000000 --log off "$@" 2>/dev/null & service=$!
    sleep 2
    "$load" 127.0.0.1:8089 closed 8 2 >/dev/null
    before=$(spent)
    said=$("$load" 127.0.0.1:8089 closed 8 "$seconds")
    after=$(spent)
    kill $service; wait $service 2>/dev/null || true
    echo "$said" | awk -v name="$name" -v ticks=$((after - before)) -v hz="$(getconf CLK_TCK)" '
        { match($0, /200: [0-9]+/); n = substr($0, RSTART + 5, RLENGTH - 5); if ($0 ~ /[^2]0[0-9]: [1-9]/ || n == 0) print "not all answered: " $0 > "/dev/stderr"
          printf "%s\t%.2f\n", name, ticks / hz / n * 1e6 }' >>"$scratch/costs"
}
for _ in $(seq "$rounds"); do
    one "anonymous" "" "$INTERDICT_HOME" --anonymous machine
    one "a key" "$LOAD_KEY" "$INTERDICT_HOME"
    one "documents of parties masked" "" "$INTERDICT_HOME" --anonymous machine --redact "$scratch/masked.toml"
    one "all of parties and listings masked" "" "$INTERDICT_HOME" --anonymous machine --redact "$scratch/all-masked.toml"
    one "traces of every request" "" "$INTERDICT_HOME" --anonymous machine --otlp http://127.0.0.1:8090
    one "a ledger" "" "$scratch/recorded" --anonymous machine
done
awk -F'\t' '{ if (!($1 in least)) { order[++n] = $1; least[$1] = $2 } if ($2 < least[$1]) least[$1] = $2; all[$1] = all[$1] " " $2 }
    END { base = least[order[1]]; for (i = 1; i <= n; i++) { name = order[i]; printf "%-36s %7.2f us a request  %+6.1f %%   (%s )\n", name, least[name], (least[name] / base - 1) * 100, all[name] } }' "$scratch/costs"
echo "load of the machine: $(cut -d' ' -f1-3 /proc/loadavg)"
