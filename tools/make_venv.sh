#!/bin/sh
# Makes the virtual environment named by $1, on machines whose Python came without the module for it, too.
set -eu
[ -x "$1/bin/python" ] && exit 0
"$PYTHON" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "leadline needs Python 3.11 or newer; set PYTHON=" >&2; exit 1; }
if ! "$PYTHON" -c 'import ensurepip' 2>/dev/null; then
    # Debian packs this module apart from Python itself.
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
        apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends python3-venv >/dev/null
    else
        echo "this Python lacks the venv module; install it (Debian: apt-get install python3-venv)" >&2
        exit 1
    fi
fi
exec "$PYTHON" -m venv "$1"
