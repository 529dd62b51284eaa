#!/usr/bin/env bash
# Owns the check that frontend/openapi.json and frontend/src/client are what the API of today would give.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

fail() {
    echo "$1 does not fit the API any more: run \`make client\` and commit what it writes" >&2
    exit 1
}

(cd backend && uv run --frozen --no-sync python -m dbbackup openapi) >"$scratch/openapi.json"
diff -u frontend/openapi.json "$scratch/openapi.json" >"$scratch/diff" || { head -40 "$scratch/diff" >&2; fail frontend/openapi.json; }

(cd frontend && npm run --silent client -- --output "$scratch/client") >"$scratch/log" 2>&1 || { cat "$scratch/log" >&2; exit 1; }
diff -r frontend/src/client "$scratch/client" >"$scratch/diff" || { head -40 "$scratch/diff" >&2; fail frontend/src/client; }
