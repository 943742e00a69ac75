#!/bin/sh
# Set everything up, then run the quick-start experiment.  Words are passed on:  ./run.sh --help
set -eu
root=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
cd "$root"
sh scripts/bootstrap.sh
exec "${SCHED_VENV:-"$root/.venv"}/bin/sched" run quickstart "$@"
