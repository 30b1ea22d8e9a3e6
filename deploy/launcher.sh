#!/bin/sh
# Installed as .venv/bin/ioc by `make`. Nothing is built: the rooms are run from where they stand.
root=$(CDPATH='' cd -- "$(dirname -- "$0")/../.." && pwd)
PYTHONPATH="$root${PYTHONPATH:+:$PYTHONPATH}" exec "$root/.venv/bin/python" -m ioc "$@"
