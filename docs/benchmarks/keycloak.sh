#!/bin/sh
# Gets Keycloak (150 MB) with Maven and signs people and programs in with it.
# Wants Java 17 or newer, mvn, unzip and node. Says so and ends with 77 when they are missing.
set -eu
cd "$(dirname "$0")/../.."
for program in java mvn unzip node; do
    if ! command -v "$program" >/dev/null; then
        echo "skipped: no $program on this machine" >&2
        exit 77
    fi
done
version=${KEYCLOAK_VERSION:-26.0.8}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
mvn -q -B org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy \
    -Dartifact="org.keycloak:keycloak-quarkus-dist:$version:zip" -DoutputDirectory="$folder"
unzip -q "$folder/keycloak-quarkus-dist-$version.zip" -d "$folder"
INTERDICT_KEYCLOAK="$folder/keycloak-$version" cargo test -p interdict-cli --test sign_in_keycloak -- --nocapture
