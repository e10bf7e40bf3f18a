#!/bin/sh
# Kills the service a thousand times at random points while it writes (R1), and looks whether anything that it
# acknowledged is lost. About 20 minutes on two cores.
# Usage: docs/benchmarks/kills.sh [KILLS]
set -eu
cd "$(dirname "$0")/../.."
SERVE_KILLS=${1:-1000} cargo test --locked -p interdict-cli --test serve_kill -- --nocapture
