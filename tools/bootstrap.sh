#!/bin/bash
# Installs what a fresh Debian 12 lacks, and nothing that is already there.
#   bootstrap.sh venv PYTHON DIR   the virtual environment, from the lock file
#   bootstrap.sh browser           Chromium with its headless shell, iproute2 and espeak-ng, for tests and benchmarks
#   bootstrap.sh firefox           Firefox ESR, for tests of calls with it
#   bootstrap.sh database          PostgreSQL's programs, for tests (they start a server of their own)
#   bootstrap.sh lab DIR           Janus and PESQ, which only comparisons need; never asked for by make
#   bootstrap.sh typescript        the type checker of the pages' JSDoc (development only)
set -euo pipefail

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"
    elif command -v sudo >/dev/null 2>&1; then sudo "$@"
    else
        echo "keneya: installing a Debian package needs root; run this once as root: $*" >&2
        exit 1
    fi
}

apt_install() {
    if ! command -v apt-get >/dev/null 2>&1; then
        echo "keneya: this is not Debian; please install by hand: $*" >&2
        exit 1
    fi
    echo "keneya: installing $*" >&2
    as_root apt-get update -qq
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >/dev/null
}

make_venv() {
    local python=$1 dir=$2
    if ! "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
        echo "keneya: Python 3.11 or newer is needed; '$python' is not that" >&2
        exit 1
    fi
    if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
        apt_install python3-venv
    fi
    # Filters the system calls of the processes that decode pictures; Debian's apt itself needs it.
    if ! ldconfig -p 2>/dev/null | grep -q 'libseccomp\.so\.2'; then apt_install libseccomp2; fi
    [ -x "$dir/bin/python" ] || "$python" -m venv "$dir"
    echo "keneya: installing the Python packages of requirements.lock into $dir" >&2
    "$dir/bin/python" -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
    "$dir/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
}

browser() {
    local missing=()
    command -v chromium >/dev/null 2>&1 || missing+=(chromium)
    command -v ip >/dev/null 2>&1 || missing+=(iproute2)
    command -v espeak-ng >/dev/null 2>&1 || missing+=(espeak-ng)
    if [ ${#missing[@]} -gt 0 ]; then apt_install "${missing[@]}"; fi
    # A quarter of the work for the tests of the pages; where it cannot be had, they drive Chromium itself.
    command -v chromium-headless-shell >/dev/null 2>&1 && return
    (apt_install chromium-headless-shell) || echo "keneya: no headless shell here; the tests take Chromium" >&2
}

# Chromium shows every page; what only Firefox shows is skipped where it cannot be installed.
firefox() {
    command -v firefox-esr >/dev/null 2>&1 && return
    (apt_install firefox-esr) || echo "keneya: no Firefox ESR here; its tests will be skipped" >&2
}

# Only when there is none at all: the tests take any version, and start and stop it themselves. What cannot be
# installed here is no reason to run no test: those on PostgreSQL then skip and say why.
database() {
    compgen -G "/usr/lib/postgresql/*/bin/postgres" >/dev/null && return
    command -v postgres >/dev/null 2>&1 && return
    (apt_install postgresql) || echo "keneya: no PostgreSQL here; its tests will be skipped" >&2
}

# PESQ is built from source: it needs a C compiler. Without it the lab leaves that one number out and says so.
lab() {
    browser
    command -v janus >/dev/null 2>&1 || apt_install janus
    "$1/bin/python" -c 'import pesq' 2>/dev/null && return
    "$1/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps "pesq==0.0.4" ||
        echo "keneya: PESQ could not be built here (a C compiler is needed); pesq_wb stays null" >&2
}

typescript() {
    if [ ! -x node_modules/.bin/tsc ]; then
        command -v npm >/dev/null 2>&1 || apt_install npm
        npm install --silent --no-audit --no-fund --no-save typescript@5.9 >/dev/null
    fi
}

cd "$(dirname "$0")/.."
case "${1:-}" in
    venv) make_venv "$2" "$3" ;;
    browser) browser ;;
    firefox) firefox ;;
    database) database ;;
    lab) lab "${2:-.venv}" ;;
    typescript) typescript ;;
    *) echo "usage: bootstrap.sh venv PYTHON DIR | browser | firefox | database | lab [DIR] | typescript" >&2; exit 2 ;;
esac
