#!/usr/bin/env bash
# Owns the set-up of a working tree. Idempotent; when nothing is to do it only compares hashes.
#
#   backend/devtools/setup.sh backend|frontend|servers|browser|docker|all ...
#
# Missing Debian packages are installed when we are root or sudo asks no password; everything else that is
# missing is reported with the command that puts it right. None of the packages starts a service: MariaDB comes
# as its server's core package, MySQL is unpacked beside the system.
set -euo pipefail

BACKEND=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
FRONTEND=$(cd "$BACKEND/../frontend" && pwd)
CACHE=$BACKEND/.cache
UV_VERSION=0.13.9
POSTGRES_MAJORS=${POSTGRES_MAJORS:-15 18}

# uv must not look for Pythons on the network: the system's own is used.
export UV_PYTHON_DOWNLOADS=never

say() { printf 'setup: %s\n' "$*"; }

die() {
    printf 'setup: %s\n' "$1" >&2
    [ $# -lt 2 ] || printf 'setup: run this, then again:\n    %s\n' "$2" >&2
    exit 1
}

# --- stamps: a step is done when the file holds the hash of everything that decides its outcome

stamp_is() { [ -f "$CACHE/stamps/$1" ] && [ "$(cat "$CACHE/stamps/$1")" = "$2" ]; }

stamp() {
    mkdir -p "$CACHE/stamps"
    printf '%s' "$2" >"$CACHE/stamps/$1"
}

hash_of() { cat "$@" | sha256sum | cut -d' ' -f1; }

# --- Debian packages

as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo -n "$@"; fi; }

may_install() {
    command -v apt-get >/dev/null || return 1
    [ "$(id -u)" = 0 ] || sudo -n true 2>/dev/null
}

apt_install() {
    local what=$1 packages=("${@:2}")
    may_install || die "$what is missing" "sudo apt-get update && sudo apt-get install -y ${packages[*]}"
    say "$what is missing: installing ${packages[*]}"
    as_root env DEBIAN_FRONTEND=noninteractive apt-get update -qq
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${packages[@]}"
}

# --- steps

# Prints whether this is a Python we can use that was compiled for speed, and where it is. Distributions compile theirs
# so; who compiles it alone (pyenv does) gets one that is slower by a fifth, unless told otherwise.
PYTHON_KIND='
import sys, sysconfig
sys.version_info >= (3, 11) or sys.exit(1)
fast = sys.prefix == "/usr" or "--enable-optimizations" in (sysconfig.get_config_var("CONFIG_ARGS") or "")
print("fast" if fast else "slow", sys.executable)'

find_python() {
    local name kind found any=
    for name in ${UV_PYTHON:-} python3 /usr/bin/python3 python3.14 python3.13 python3.12 python3.11; do
        read -r kind found < <("$name" -c "$PYTHON_KIND" 2>/dev/null) || continue
        any=${any:-$found}
        if [ "$kind" = fast ] || [ "$name" = "${UV_PYTHON:-}" ]; then
            any=$found
            break
        fi
    done
    [ -n "$any" ] || die "Python 3.11 or newer is missing" "sudo apt-get install -y python3.11 python3.11-venv"
    echo "$any"
}

has_venv() { "$1" -c 'import ensurepip, venv' 2>/dev/null; }

find_uv() {
    if command -v uv >/dev/null; then
        command -v uv
        return
    fi
    local python=$1 home=$CACHE/bootstrap
    if [ "$("$home/bin/uv" --version 2>/dev/null | cut -d' ' -f2)" != "$UV_VERSION" ]; then
        say "installing uv $UV_VERSION into $home" >&2
        # Any Python does for uv: Debian's has no such module until its package is there.
        if ! has_venv "$python" && has_venv python3; then python=python3; fi
        has_venv "$python" || apt_install "Python's venv module" "$(basename "$(readlink -f "$python")")-venv" >&2
        "$python" -m venv --clear "$home"
        "$home/bin/python" -m pip install --quiet --disable-pip-version-check "uv==$UV_VERSION" >&2
    fi
    echo "$home/bin/uv"
}

setup_backend() {
    local python uv wanted
    python=$(find_python)
    uv=$(find_uv "$python")
    wanted=$({ cat "$BACKEND/uv.lock" "$BACKEND/pyproject.toml" && echo "$python" && "$python" --version; } | hash_of -)
    if stamp_is backend "$wanted" && [ -x "$BACKEND/.venv/bin/python" ]; then return; fi
    say "backend: uv sync"
    (cd "$BACKEND" && "$uv" sync --frozen --quiet --python "$python")
    stamp backend "$wanted"
}

setup_frontend() {
    local node_fix="sudo apt-get install -y nodejs npm && sudo npm install --global n && sudo n 22" wanted
    command -v node >/dev/null || die "Node.js is missing (20.19 or newer is needed)" "$node_fix"
    node -e 'const [a, b] = process.versions.node.split(".").map(Number); process.exit(a > 20 || (a === 20 && b >= 19) ? 0 : 1)' ||
        die "Node.js $(node --version) is too old (20.19 or newer is needed)" "$node_fix"
    command -v npm >/dev/null || die "npm is missing" "sudo apt-get install -y npm"
    if [ ! -f "$FRONTEND/package-lock.json" ]; then
        say "frontend: no package-lock.json, nothing to install"
        return
    fi
    wanted=$({ cat "$FRONTEND/package-lock.json" "$FRONTEND/package.json" && node --version; } | hash_of -)
    if stamp_is frontend "$wanted" && [ -d "$FRONTEND/node_modules" ]; then return; fi
    say "frontend: npm ci"
    (cd "$FRONTEND" && npm ci --no-audit --no-fund --loglevel=error) ||
        die "npm ci failed; when it says that the lock file does not fit package.json" "make lock"
    stamp frontend "$wanted"
}

have_postgresql() {
    local major
    for major in $POSTGRES_MAJORS; do
        [ -x "$CACHE/postgresql/$major/bin/postgres" ] || return 1
    done
}

have_mysql() { [ -f "$CACHE/mysql/root/.complete" ] || have_system_mysql; }

have_system_mysql() { mysqld --version 2>/dev/null | grep -qv MariaDB; }

have_mariadb() {
    # A user's PATH need not hold the folder of the servers.
    local PATH=$PATH:/usr/sbin:/usr/local/sbin name
    for name in mariadbd mariadb-install-db mariadb mariadb-dump; do
        command -v "$name" >/dev/null || return 1
    done
}

have_slapd() { [ -x "$CACHE/slapd/root/usr/sbin/slapd" ]; }

have_library() { /sbin/ldconfig -p 2>/dev/null | grep -q "$1"; }

setup_servers() {
    setup_backend
    if [ "$(uname -s)" = Linux ]; then
        command -v setpriv >/dev/null || apt_install "setpriv" util-linux
    fi
    { command -v gpg && command -v gpg-agent && command -v gpgconf; } >/dev/null ||
        apt_install "gpg, for encryption with OpenPGP," gpg gpg-agent
    command -v age >/dev/null || apt_install "age, for the tests of encryption," age
    have_mariadb || apt_install "MariaDB, for the tests," mariadb-server-core mariadb-client
    have_system_mysql || command -v patchelf >/dev/null || apt_install "patchelf, to unpack MySQL," patchelf
    # slapd is unpacked beside the system: as a package it would set up a service.
    if ! have_library libltdl.so.7 || ! have_library libwrap.so.0; then
        apt_install "Libraries of slapd, for the tests," libltdl7 libwrap0
    fi
    local wanted
    wanted=$({ cat "$BACKEND"/devtools/servers/{binaries,mysql_binaries,slapd}.py && echo "$POSTGRES_MAJORS"; } | hash_of -)
    if stamp_is servers "$wanted" && have_postgresql && have_mysql && have_slapd; then return; fi
    say "servers: PostgreSQL $POSTGRES_MAJORS, MySQL, slapd"
    # shellcheck disable=SC2086 # one word per major is meant
    (cd "$BACKEND" && UV=$(find_uv "$(find_python)") .venv/bin/python -m devtools.servers $POSTGRES_MAJORS mysql slapd)
    stamp servers "$wanted"
}

find_browser() {
    local name
    for name in "${CHROMIUM_PATH:-}" chromium google-chrome-stable google-chrome chromium-browser; do
        # Ubuntu's `chromium` is a stub that asks for snap, so only one that answers counts.
        if [ -n "$name" ] && "$name" --version >/dev/null 2>&1; then return 0; fi
    done
    return 1
}

setup_browser() {
    find_browser && return
    # shellcheck source=/dev/null
    if [ "$(. /etc/os-release 2>/dev/null && echo "${ID:-}")" = debian ]; then
        apt_install "Chromium, for the browser tests," chromium
    else
        die "Chromium, for the browser tests, is missing" "cd frontend && npx playwright install --with-deps chrome"
    fi
    find_browser || die "Chromium was installed but does not start" "chromium --version"
}

# The engine that the tests of the images start needs root; on other machines they are skipped and say why.
setup_docker() {
    # shellcheck source=/dev/null
    [ "$(id -u)" = 0 ] && [ "$(. /etc/os-release 2>/dev/null && echo "${ID:-}")" = debian ] || return 0
    local tool
    for tool in iptables mmdebstrap runc; do
        command -v "$tool" >/dev/null || { apt_install "What the tests of the images need" iptables mmdebstrap runc && break; }
    done
    setup_backend
    [ -d "$CACHE/docker/root" ] || say "docker: fetching the engine"
    (cd "$BACKEND" && .venv/bin/python -m devtools.docker_tools)
}

[ $# -gt 0 ] || die "say what to set up: backend, frontend, servers, browser, docker or all"
for step in "$@"; do
    case $step in
    backend | frontend | servers | browser | docker) "setup_$step" ;;
    all)
        setup_backend
        setup_frontend
        setup_servers
        setup_browser
        setup_docker
        ;;
    *) die "unknown step: $step (backend, frontend, servers, browser, docker, all)" ;;
    esac
done
