#!/usr/bin/env bash
# Makes the virtual environment with the first Python that fits, from the tested versions.
#   scripts/setup.sh FOLDER
set -euo pipefail
venv=${1:-.venv}
cd "$(dirname "$0")/.."

fits() { "$1" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 14))' >/dev/null 2>&1; }

if [ -n "${PYTHON:-}" ] && ! fits "$PYTHON"; then
  echo "error: PYTHON=$PYTHON is no Python 3.11 to 3.14." >&2
  echo "  fix: name one that is, or unset PYTHON to take the first that fits." >&2
  exit 1
fi
python=
for candidate in ${PYTHON:-} python3 python3.13 python3.12 python3.11 python3.14 /usr/bin/python3; do
  if command -v "$candidate" >/dev/null 2>&1 && fits "$candidate"; then python=$candidate; break; fi
done
if [ -z "$python" ]; then
  echo "error: no Python 3.11 to 3.14 found (python3 is $({ command -v python3 >/dev/null && python3 --version 2>&1; } || echo absent))." >&2
  echo "  fix: install one (Debian: apt-get install python3 python3-venv) or name it: make PYTHON=/path/to/python3.12" >&2
  exit 1
fi
version=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
if ! "$python" -c 'import venv, ensurepip' >/dev/null 2>&1; then
  echo "error: $python ($version) cannot make virtual environments: its venv or ensurepip module is missing." >&2
  echo "  fix: apt-get install python$version-venv   (or python3-venv), then run the same command again." >&2
  exit 1
fi
if [ -x "$venv/bin/python" ] && ! fits "$venv/bin/python"; then rm -rf "$venv"; fi
if [ ! -x "$venv/bin/python" ]; then
  echo "Setting up $venv with Python $version (a minute or two the first time) …" >&2
  "$python" -m venv "$venv"
fi
log=$venv/setup.log
if ! "$venv/bin/python" -m pip install --quiet --disable-pip-version-check \
     -c constraints.txt -e '.[dev,postgres]' >"$log" 2>&1; then
  grep -v '^WARNING: Location' "$log" | tail -15 >&2
  echo "error: the dependencies could not be installed; the whole output is in $log." >&2
  echo "  fix: check the network or proxy settings of pip, then run the same command again." >&2
  exit 1
fi
