#!/bin/sh
# The tests on PostgreSQL at length: 200 kills of an instance or of the server, and all that is run on both databases.
# Each test starts a server of its own in a scratch folder. Wants Debian's package postgresql; without it they fail.
set -eu
cd "$(dirname "$0")/../.."
export INTERDICT_NEED_POSTGRES=1 SERVE_PG_KILLS="${SERVE_PG_KILLS:-200}"
cargo test -p interdict-state -p interdict-server -p interdict-cli \
    --test state --test postgres --test on_postgres --test serve_postgres -- --nocapture
