# What scripts/odoo19.sh gets from Debian and from Python's package index. Sourced by it: uses its
# $home, $venv, $scripts, say and die.
# shellcheck shell=bash disable=SC2154

install() { # packages
  local line="apt-get install $*"
  command -v apt-get >/dev/null || die "a real Odoo 19 can be set up only on Debian and its like" \
    "run the tests against an Odoo of your own: ODOO_URL, ODOO_DATABASE, …"
  [ "$(id -u)" = 0 ] || die "these packages are missing: $*" "run '$line' as root once"
  say "$line"
  { [ -n "${updated:-}" ] || apt-get -qq update; updated=1
    DEBIAN_FRONTEND=noninteractive apt-get -qq -y install --no-install-recommends "$@"
  } >"$home/log/apt.log" 2>&1 </dev/null || { tail -15 "$home/log/apt.log" >&2; die "'$line' failed"; }
}

debian_mirror() { # the archive that this machine's own apt uses
  { cat /etc/apt/sources.list /etc/apt/sources.list.d/*.list 2>/dev/null \
      | sed -nE 's/^[[:space:]]*deb[[:space:]]+(\[[^]]*\][[:space:]]*)?([^[:space:]]+).*/\2/p'
    sed -nE 's/^URIs:[[:space:]]*//p' /etc/apt/sources.list.d/*.sources 2>/dev/null | tr ' ' '\n'
  } | grep -E '/debian/?$' | head -n1
}

get_package() {
  [ -f "$home/src/.complete" ] && return 0
  command -v apt-get >/dev/null || install odoo-19
  local mirror apt=$home/apt signed='' key=/usr/share/keyrings/debian-archive-keyring.gpg deb
  mirror=$(debian_mirror) || true
  [ -n "$mirror" ] || die "apt has no Debian archive among its sources, and Odoo 19 comes from there" \
    "run this on Debian, or test against an Odoo of your own (ODOO_URL, …)"
  [ ! -f "$key" ] || signed="[signed-by=$key] "
  rm -rf "$apt" "$home/src"
  mkdir -p "$apt/lists/partial" "$apt/cache/archives/partial" "$home/src"
  printf 'deb %s%s %s main\n' "$signed" "$mirror" "${ODOO19_SUITE:-sid}" >"$apt/sources.list"
  local options=(-qq -o "Dir::State::Lists=$apt/lists" -o "Dir::Cache=$apt/cache"
    -o "Dir::Etc::sourcelist=$apt/sources.list" -o Dir::Etc::sourceparts=/dev/null
    -o APT::Sandbox::User=root -o Acquire::Languages=none -o Acquire::Retries=3)
  say "Downloading odoo-19 from Debian …"
  ( cd "$apt" && apt-get "${options[@]}" update && apt-get "${options[@]}" download odoo-19 ) \
    >"$home/log/download.log" 2>&1 </dev/null \
    || { tail -15 "$home/log/download.log" >&2; die "odoo-19 could not be downloaded" "check the network"; }
  deb=$(echo "$apt"/odoo-19_*.deb)
  dpkg-deb --fsys-tarfile "$deb" | tar -x -C "$home/src" --exclude='*/i18n/*' --exclude='*/i18n_extra/*'
  dpkg-deb -f "$deb" Version >"$home/src/.version"
  rm -rf "$apt"
  touch "$home/src/.complete"
}

# Scripts and fonts that the package only links to. RPC works without them, no page is shown.
get_web_files() {
  [ -f "$home/src/.web" ] && return 0
  local folder=$home/web-files deb names
  names="libjs-jquery libjs-jquery-form libjs-underscore fonts-font-awesome fonts-roboto-unhinted"
  rm -rf "$folder"; mkdir -p "$folder"
  # shellcheck disable=SC2086
  ( cd "$folder" || exit 1
    apt-get -qq -o APT::Sandbox::User=root download $names \
      || { apt-get -qq update && apt-get -qq -o APT::Sandbox::User=root download $names; }
  ) >"$home/log/web-files.log" 2>&1 </dev/null \
    || { say "note: $names could not be downloaded; Odoo's web pages will not work"; return 0; }
  for deb in "$folder"/*.deb; do dpkg-deb -x "$deb" "$home/src"; done
  rm -rf "$folder"
  touch "$home/src/.web"
}

pick_python() {
  local name
  for name in ${ODOO19_PYTHON:-python3 /usr/bin/python3 python3.12 python3.11 python3.10}; do
    "$name" -c 'import sys, venv, ensurepip; sys.exit(not (3, 10) <= sys.version_info[:2] <= (3, 12))' \
      >/dev/null 2>&1 && { command -v "$name"; return 0; }
  done
  return 1
}

make_venv() {
  local wanted python
  wanted=$(cksum <"$scripts/odoo19-requirements.txt")
  [ "$(cat "$venv/.complete" 2>/dev/null)" = "$wanted" ] && "$venv/bin/python" -c '' 2>/dev/null && return 0
  python=$(pick_python) || { install python3 python3-venv; python=$(pick_python); } \
    || die "Odoo 19 needs a Python 3.10 to 3.12 with venv" "install one and name it in ODOO19_PYTHON"
  say "Setting up Odoo's Python ($("$python" --version 2>&1)) …"
  rm -rf "$venv"
  "$python" -m venv "$venv"
  "$venv/bin/python" -m pip install -q --disable-pip-version-check --only-binary :all: --no-deps \
    -r "$scripts/odoo19-requirements.txt" >"$home/log/pip.log" 2>&1 </dev/null \
    || { tail -15 "$home/log/pip.log" >&2; die "Odoo's Python packages could not be installed" "check the network"; }
  printf %s "$wanted" >"$venv/.complete"
}
