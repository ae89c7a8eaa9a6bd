#!/usr/bin/env bash
# Makes sure that what a test target needs is there: as root on Debian it installs it, elsewhere it
# says what is missing.   scripts/require.sh chromium|postgresql|odoo …
set -euo pipefail
cd "$(dirname "$0")/.."

install() { # packages
  if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
    echo "error: these tests need: $*." >&2
    echo "  fix: install it (Debian: apt-get install $*), or run the same command as root on Debian." >&2
    exit 1
  fi
  echo "Installing $* …" >&2
  local log; log=$(mktemp)
  if ! { apt-get -qq update && DEBIAN_FRONTEND=noninteractive \
         apt-get -qq -y install --no-install-recommends "$@"; } >"$log" 2>&1 </dev/null; then
    tail -15 "$log" >&2
    echo "error: apt-get could not install $*." >&2
    exit 1
  fi
  rm -f "$log"
}

for need in "$@"; do
  case $need in
    chromium) command -v chromium >/dev/null || install chromium fonts-noto-core fonts-noto-cjk ;;
    postgresql)
      if ! ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1; then
        # Debian would make and start a cluster of its own; the tests bring their own.
        if [ "$(id -u)" = 0 ]; then
          mkdir -p /etc/postgresql-common/createcluster.d
          echo 'create_main_cluster = false' > /etc/postgresql-common/createcluster.d/pardot-odoo.conf
        fi
        install postgresql
      fi ;;
    odoo) scripts/odoo19.sh setup </dev/null ;;
    *) echo "error: unknown need '$need'" >&2; exit 2 ;;
  esac
done
