#!/bin/sh
# Set everything up, then lint, check types and test.  Words go to pytest:  ./test.sh -k atomic
#
#   ./test.sh -m slow        the tests that take minutes
#   SCHED_CHECKS=no          only pytest
#   SCHED_TEST_PROCESSES=1   in one process (default: one per core, at most 8)
set -eu
root=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
cd "$root"
sh scripts/bootstrap.sh --dev
bin=${SCHED_VENV:-"$root/.venv"}/bin
if [ "${SCHED_CHECKS:-yes}" != no ]; then
  "$bin/ruff" check .
  "$bin/ruff" format --check .
  "$bin/mypy"
fi
# Solvers take the threads they are given; libraries below them shall not add their own.
OMP_NUM_THREADS=${OMP_NUM_THREADS:-1}
export OMP_NUM_THREADS
exec "$bin/python" -m pytest -n "${SCHED_TEST_PROCESSES:-auto}" --maxprocesses 8 --dist loadgroup "$@"
