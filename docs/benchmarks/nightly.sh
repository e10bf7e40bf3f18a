#!/usr/bin/env bash
# The index against scoring every listing, on more than 100,000 queries and the four large lists: every
# labelled party by its name alone, and again by all that is known of it. About half an hour on two idle cores.
#
#     cargo build --release -p interdict-cli
#     docs/benchmarks/nightly.sh target/release/interdict [HOME]
#
# HOME has the lists in use; without it they are imported from the data folder into a temporary one.
set -euo pipefail
binary=${1:?usage: nightly.sh BINARY [HOME]}
data=${INTERDICT_DATA:-$(cd "$(dirname "$0")/../.." && pwd)/../shared/data}
if [ ! -d "$data/labelled" ]; then
  echo "skipped: no data at $data; hint: set INTERDICT_DATA" >&2
  exit 0
fi
home=${2:-}
if [ -z "$home" ]; then
  home=$(mktemp -d)
  trap 'rm -rf "$home"' EXIT
  "$binary" --home "$home" lists import "$data/un/2026-02-27_un_consolidated.xml" \
    "$data/ofac/2025-09_sdn_main/sdn_main_5cols.csv" "$data/ofac/2025-12-24_companions" \
    "$data/eu/2025-09_fsf_columns" "$data/uk/2026-05_uksl"
fi
status=0
for fields in name all; do
  "$binary" --home "$home" evaluate reference "$data"/labelled/negatives_{global,us}.csv \
    "$data"/labelled/positives_un_{untreated,treated}.csv --fields "$fields" || status=$?
done
# a party that cannot be screened is refused by both: 2 says that there are some
[ "$status" -ne 1 ]
