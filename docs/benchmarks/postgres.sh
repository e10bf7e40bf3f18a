#!/bin/sh
# Starts a PostgreSQL server of its own in a scratch folder and runs the tests of the state on it.
# Wants initdb and pg_ctl (Debian: apt-get install postgresql). Says so and ends with 77 when they are missing.
set -eu
cd "$(dirname "$0")/../.."
bin=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | tail -1 || true)
PATH="$PATH:${bin:-/nonexistent}"
if ! command -v initdb >/dev/null || ! command -v pg_ctl >/dev/null; then
    echo "skipped: no initdb and pg_ctl on this machine (Debian: apt-get install postgresql)" >&2
    exit 77
fi
folder=$(mktemp -d)
port=${PGPORT:-54329}
run() { "$@"; }
if [ "$(id -u)" = 0 ]; then
    # The server refuses to run as root.
    chown nobody "$folder"
    run() { su nobody -s /bin/sh -c "PATH='$PATH' $*"; }
fi
stop() { run pg_ctl -D "$folder/db" -m immediate stop >/dev/null 2>&1 || true; rm -rf "$folder"; }
trap stop EXIT
run initdb -D "$folder/db" -U interdict -A trust >/dev/null
run pg_ctl -D "$folder/db" -w -l "$folder/log" -o "'-p $port -k $folder -c listen_addresses=127.0.0.1'" start >/dev/null
INTERDICT_TEST_POSTGRES="postgresql://interdict@127.0.0.1:$port/postgres" cargo test --workspace --test state -- --nocapture
