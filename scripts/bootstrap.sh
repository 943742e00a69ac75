#!/bin/sh
# Set up .venv with everything that the project needs.  Idempotent; a second run costs a moment.
#
#   scripts/bootstrap.sh          what ./run.sh needs
#   scripts/bootstrap.sh --dev    with the tools of ./test.sh
#   scripts/bootstrap.sh --force  set up again although nothing changed
#
# SCHED_PYTHON           the Python to use (>= 3.11)
# SCHED_VENV             the environment's folder (default: .venv)
# SCHED_TORCH            cpu | cuda | auto (default: cuda only where an NVIDIA driver is visible)
# SCHED_TORCH_CPU_INDEX  where CPU builds of torch are looked for if pip's own sources offer none
set -eu

root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
cd "$root"
venv=${SCHED_VENV:-"$root/.venv"}
cpu_index=${SCHED_TORCH_CPU_INDEX:-https://download.pytorch.org/whl/cpu}
dev=no
force=no
for word in "$@"; do
  case $word in
    --dev) dev=yes ;;
    --force) force=yes ;;
    *)
      echo "bootstrap: unknown option '$word' (known: --dev, --force)" >&2
      exit 2
      ;;
  esac
done

say() { echo "bootstrap: $*" >&2; }
die() {
  echo "bootstrap: $1" >&2
  shift
  for line in "$@"; do echo "  $line" >&2; done
  exit 2
}

# ---- which torch -------------------------------------------------------------------------------
torch=${SCHED_TORCH:-auto}
case $torch in
  cpu | cuda) ;;
  auto)
    torch=cpu
    if [ -e /proc/driver/nvidia/version ]; then
      torch=cuda
    elif command -v nvidia-smi >/dev/null 2>&1 && nvidia-smi -L >/dev/null 2>&1; then
      torch=cuda
    fi
    ;;
  *) die "SCHED_TORCH is '$torch'" "use cpu, cuda or auto" ;;
esac

# ---- is everything done already? ---------------------------------------------------------------
# An environment with the development tools also serves a run without them.
stamp="$venv/.sched-stamp"
wanted="$(cat pyproject.toml scripts/bootstrap.sh scripts/constraints.txt | cksum) torch=$torch root=$root"
if [ "$force" = no ] && [ -f "$stamp" ] && [ -x "$venv/bin/python" ]; then
  have=$(cat "$stamp")
  version=$("$venv/bin/python" -c 'import sys; print("%d.%d.%d" % sys.version_info[:3])' 2>/dev/null || echo none)
  case $have in
    "$wanted python=$version dev=yes") exit 0 ;;
    "$wanted python=$version dev=no") [ "$dev" = no ] && exit 0 ;;
  esac
fi

# ---- a Python ----------------------------------------------------------------------------------
is_new_enough() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; }
python=
if [ -n "${SCHED_PYTHON:-}" ]; then
  is_new_enough "$SCHED_PYTHON" || die "SCHED_PYTHON=$SCHED_PYTHON is not a Python 3.11 or newer" \
    "point it at one, or unset it"
  python=$SCHED_PYTHON
else
  for candidate in python3 python3.13 python3.12 python3.11 python3.14 python; do
    if command -v "$candidate" >/dev/null 2>&1 && is_new_enough "$candidate"; then
      python=$candidate
      break
    fi
  done
fi
if [ -z "$python" ]; then
  found=$(python3 --version 2>/dev/null || echo 'no python3 at all')
  die "Python 3.11 or newer is needed; found: $found" \
    "Debian, Ubuntu:  sudo apt-get install python3.12 python3.12-venv" \
    "Fedora:          sudo dnf install python3.12" \
    "macOS:           brew install python@3.12" \
    "then run this again, or set SCHED_PYTHON=/path/to/python3.12"
fi

# ---- the environment ---------------------------------------------------------------------------
mkdir -p "$(dirname -- "$venv")" 2>/dev/null || die "cannot create $(dirname -- "$venv")" \
  "make it writable, or set SCHED_VENV to another folder"
rm -f "$stamp"
made_here=
[ -f "$venv/.sched-root" ] && made_here=$(cat "$venv/.sched-root")
if [ -e "$venv" ] && { [ "$made_here" != "$root" ] || ! is_new_enough "$venv/bin/python"; }; then
  # Scripts inside an environment hold absolute paths, so a moved clone needs a new one.
  [ -f "$venv/pyvenv.cfg" ] || die "$venv exists and is no Python environment" "move it away, or set SCHED_VENV"
  say "replacing the environment in $venv (half finished, moved, or its Python is gone)"
  rm -rf "$venv"
fi
if [ ! -e "$venv" ]; then
  say "creating $venv with $("$python" --version 2>&1)"
  log=$(mktemp)
  if ! "$python" -m venv "$venv" >"$log" 2>&1; then
    rm -rf "$venv"
    if ! "$python" -m virtualenv "$venv" >>"$log" 2>&1; then
      rm -rf "$venv"
      cat "$log" >&2
      rm -f "$log"
      die "this Python cannot create environments: its venv module is missing or broken" \
        "Debian, Ubuntu:  sudo apt-get install $(basename -- "$python")-venv" \
        "elsewhere:       $python -m pip install --user virtualenv"
    fi
  fi
  rm -f "$log"
  printf '%s' "$root" >"$venv/.sched-root"
fi
py="$venv/bin/python"

log="$venv/setup.log"
: >"$log"
pip() { PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_INPUT=1 "$py" -m pip "$@" </dev/null 2>>"$log"; }
install() {
  # pip is loud where mirrors are configured; people see its words only when they are needed.
  echo "pip install $*" >>"$log"
  pip install --progress-bar off "$@" >>"$log" || return 1
}
failed() {
  tail -n 30 "$log" >&2
  die "$1" "pip's last words stand above, all of them in $log" "is a package index reachable?  (pip config list, HTTPS_PROXY)"
}
install --upgrade 'pip>=24' || failed "pip cannot be brought up to date"

# ---- torch first, so that nothing later can replace the build ----------------------------------
torch_range=$(sed -n 's/^ *"\(torch>[^"]*\)",.*/\1/p' pyproject.toml)
[ -n "$torch_range" ] || die "pyproject.toml names no torch" "restore its line 'torch>=...'"
installed=$("$py" scripts/torch_build.py installed)
if [ "$torch" = cpu ]; then
  if [ "$installed" != cpu ]; then
    offered=$(pip install --quiet --dry-run --no-deps --ignore-installed --report - "$torch_range" |
      "$py" scripts/torch_build.py offered)
    if [ "$offered" = cpu ]; then
      say "installing torch, CPU build"
      install "$torch_range" || failed "torch cannot be installed"
    elif "$py" scripts/torch_build.py reachable "$cpu_index/torch/" && say "installing torch, CPU build, from $cpu_index" &&
      install --index-url "$cpu_index" "$torch_range"; then
      :
    else
      free_mb=$(df -Pm "$venv" | awk 'NR == 2 { print $4 }')
      say "WARNING: no CPU build of torch is on offer here; the CUDA build needs a download of about 2.5 GB"
      [ "${free_mb:-0}" -ge 9000 ] || die "the CUDA build needs about 9 GB of disk; $venv has ${free_mb:-0} MB free" \
        "free some, or set SCHED_TORCH_CPU_INDEX to an index with CPU builds"
      install "$torch_range" || failed "torch cannot be installed"
    fi
  fi
elif [ "$installed" != cuda ]; then
  say "installing torch, CUDA build (about 2.5 GB)"
  # A CPU build in a folder of wheels would win over the plain release, so look at the indexes alone first.
  mkdir -p "$venv/.no-wheels"
  if ! (export PIP_FIND_LINKS="$venv/.no-wheels" && install --upgrade --force-reinstall "$torch_range"); then
    install --upgrade "$torch_range" || failed "torch cannot be installed"
  fi
  [ "$("$py" scripts/torch_build.py installed)" = cuda ] ||
    say "WARNING: only a CPU build of torch is on offer here; the GPU will not be used"
fi

# ---- the rest ----------------------------------------------------------------------------------
what="$root"
[ "$dev" = yes ] && what="${root}[dev]"
pin="$venv/.sched-torch-pin"
"$py" -c 'from importlib.metadata import version; print("torch==" + version("torch"))' >"$pin"
say "installing the other dependencies (minutes the first time; log: $log)"
if ! install --editable "$what" --constraint "$pin" --constraint scripts/constraints.txt; then
  say "the recorded versions do not fit this machine; trying the newest that pyproject.toml allows"
  install --editable "$what" --constraint "$pin" || failed "the dependencies cannot be installed"
fi
pip check >/dev/null || {
  pip check >&2 || true
  die "the installed packages do not fit together" "run scripts/bootstrap.sh --force; if that does not help, remove $venv"
}
"$venv/bin/sched" doctor --quiet >/dev/null || {
  "$venv/bin/sched" doctor >&2 || true
  die "the set-up is not sound" "see the lines marked 'fail' above"
}
say "compiling the kernels of the solvers"
"$venv/bin/sched" doctor --compile --quiet >>"$log" 2>&1 ||
  say "WARNING: they could not be compiled now and will be at their first use; see  sched doctor --compile"
version=$("$py" -c 'import sys; print("%d.%d.%d" % sys.version_info[:3])')
printf '%s' "$wanted python=$version dev=$dev" >"$stamp.new"
mv "$stamp.new" "$stamp"
say "ready: $venv"
