#!/usr/bin/env bash
# Owns the audit of what the lock files name: are there known vulnerabilities? Asks PyPI's and npm's databases, so it
# needs the network; when they cannot be asked it fails and says so, because nothing was checked then.
#
#   backend/devtools/audit.sh                     both lock files
#   backend/devtools/audit.sh REQUIREMENTS DIR    another list of Python packages, another folder with a package-lock.json
set -uo pipefail

BACKEND=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
REQUIREMENTS=${1:-$BACKEND/.cache/audit/requirements.txt}
FRONTEND=${2:-$BACKEND/../frontend}
REPORT=$BACKEND/.cache/audit
STATUS=0

say() { printf 'audit: %s\n' "$*" >&2; }

mkdir -p "$REPORT"
if [ $# -eq 0 ]; then
    (cd "$BACKEND" && uv export --frozen --quiet --no-emit-project --all-groups -o "$REQUIREMENTS") >/dev/null || exit 1
fi

(cd "$BACKEND" && uv run --frozen --no-sync pip-audit --strict --disable-pip --require-hashes --progress-spinner off \
    --requirement "$REQUIREMENTS") >"$REPORT/python.txt" 2>&1
case $? in
0) say "Python: no known vulnerabilities" ;;
*)
    STATUS=1
    if grep -q 'known vulnerabilit' "$REPORT/python.txt"; then
        cat "$REPORT/python.txt" >&2
        say "Python: known vulnerabilities: raise the versions named above in backend/pyproject.toml, then make lock"
    else
        tail -n 3 "$REPORT/python.txt" >&2
        say "Python: nothing was checked: pip-audit could not ask its database (or could not read the list), see above"
    fi
    ;;
esac

(cd "$FRONTEND" && npm audit --audit-level=moderate --json) >"$REPORT/npm.json" 2>"$REPORT/npm.txt"
case $? in
0) say "npm: no known vulnerabilities" ;;
*)
    STATUS=1
    if grep -q '"auditReportVersion"' "$REPORT/npm.json"; then
        (cd "$FRONTEND" && npm audit --audit-level=moderate) >&2
        say "npm: known vulnerabilities: raise the versions named above in frontend/package.json, then make lock"
    else
        tail -n 3 "$REPORT/npm.txt" >&2
        say "npm: nothing was checked: npm could not ask its database, see above"
    fi
    ;;
esac
exit $STATUS
