#!/usr/bin/env bash
# A real Odoo 19 for the tests: Debian's package, on a private PostgreSQL, on loopback only.
#
#   scripts/odoo19.sh setup       install what is missing and build the template database
#   scripts/odoo19.sh start [DB]  the same, then start the servers; with DB, make sure it exists
#   scripts/odoo19.sh fresh DB    make DB anew from the template (half a second, servers may be up)
#   scripts/odoo19.sh drop DB     drop DB and its files
#   scripts/odoo19.sh status      what runs; exit code 3 when Odoo does not
#   scripts/odoo19.sh stop        end both servers
#
# start and fresh print KEY=value lines on standard output: URL, DATABASE, USERNAME, PASSWORD,
# API_KEY, VERSION. Everything else goes to standard error.
#
#   ODOO19_HOME     where all of it lives          (default ~/.cache/pardot-odoo-pipeline/odoo19)
#   ODOO19_PORT     Odoo's port                    (default a free one, kept for the next start)
#   ODOO19_PG_HOME  PostgreSQL's data, which an unprivileged user must reach
#                                                  (default below /var/tmp)
#   ODOO19_PYTHON   a Python 3.10 to 3.12          (default the first that fits)
#   ODOO19_SUITE    the Debian suite with odoo-19  (default sid)
#
# The package is unpacked, not installed: it wants a newer Debian than most machines have, and its
# service is not wanted. Its Python dependencies go into a virtual environment of their own. Databases
# are throw-away: PostgreSQL runs without fsync, and only on a socket in a private folder. No cron jobs
# run and Odoo's paid services lead nowhere, so nothing is mailed, fetched or charged.
set -euo pipefail
umask 022
scripts=$(cd "$(dirname "$0")" && pwd -P)
modules=crm,contacts,mail,sales_team,mass_mailing,base_automation
template_recipe=1            # raise it when make_template changes

say() { printf '%s\n' "$*" >&2; }
die() { say "error: $1."; [ -z "${2:-}" ] || say "  fix: $2."; exit 1; }

home=${ODOO19_HOME:-${XDG_CACHE_HOME:-$HOME/.cache}/pardot-odoo-pipeline/odoo19}
mkdir -p "$home/log" "$home/run" "$home/data" || die "cannot write to $home" "name a folder in ODOO19_HOME"
home=$(cd "$home" && pwd -P)
pg_home=${ODOO19_PG_HOME:-/var/tmp/pardot-odoo-pg-$(id -u)-$(printf %s "$home" | cksum | cut -d' ' -f1)}
source=$home/src/usr/lib/python3/dist-packages
venv=$home/venv
conf=$home/odoo.conf
pid_file=$home/run/odoo.pid
port_file=$home/run/port

# shellcheck source=scripts/odoo19-install.sh
. "$scripts/odoo19-install.sh"

# ------------------------------------------------------------------ PostgreSQL
# It refuses to run as root, and root's home is closed to others: hence a folder and a user of its own.
as_pg() { if [ "$(id -u)" = 0 ]; then (cd / && runuser -u postgres -- "$@"); else "$@"; fi; }

find_pg() {
  local found
  found=$(find /usr/lib/postgresql/*/bin -name initdb 2>/dev/null | sort -V | tail -n1) || true
  pg_bin=${found%/initdb}
  [ -n "$pg_bin" ]
}

start_pg() {
  if ! find_pg; then
    if [ "$(id -u)" = 0 ]; then # Debian would make and start a cluster of its own
      mkdir -p /etc/postgresql-common/createcluster.d
      echo 'create_main_cluster = false' >/etc/postgresql-common/createcluster.d/pardot-odoo.conf
    fi
    install postgresql postgresql-client
    find_pg || die "PostgreSQL is not there after its installation"
  fi
  if [ ! -f "$pg_home/complete" ]; then
    rm -rf "$pg_home"
    mkdir -p "$pg_home" && chmod 700 "$pg_home"
    [ "$(id -u)" != 0 ] || chown postgres "$pg_home"
    as_pg "$pg_bin/initdb" -D "$pg_home/data" -U odoo -A trust -E UTF8 --locale=C.UTF-8 \
      >"$home/log/initdb.log" 2>&1 || { cat "$home/log/initdb.log" >&2; die "initdb failed"; }
    as_pg tee -a "$pg_home/data/postgresql.conf" >/dev/null <<CONF
listen_addresses = ''
unix_socket_directories = '$pg_home'
fsync = off
synchronous_commit = off
full_page_writes = off
shared_buffers = 256MB
max_connections = 200
jit = off
CONF
    as_pg touch "$pg_home/complete"
  fi
  as_pg "$pg_bin/pg_ctl" -D "$pg_home/data" status >/dev/null 2>&1 \
    || as_pg "$pg_bin/pg_ctl" -D "$pg_home/data" -l "$pg_home/log" -w -t 60 start \
      >/dev/null </dev/null 9>&- || { as_pg tail -5 "$pg_home/log" >&2; die "PostgreSQL did not start"; }
}

sql() { # database, then one command a word
  local database=$1 commands=() command
  shift
  for command in "$@"; do commands+=(-c "$command"); done
  PGOPTIONS='-c client_min_messages=warning' \
    "$pg_bin/psql" -h "$pg_home" -U odoo -X -q -At -v ON_ERROR_STOP=1 -d "$database" "${commands[@]}"
}
exists() { [ "$(sql postgres "select 1 from pg_database where datname = '$1'")" = 1 ]; }

# ------------------------------------------------------------------ Odoo
# A daemon must not inherit the lock (9), or the next run would wait for it for ever.
odoo() { (cd "$home" && exec env PYTHONPATH="$source" "$venv/bin/python" -m odoo "$@" 9>&-); }

write_conf() {
  local port
  if [ -n "${ODOO19_PORT:-}" ]; then port=$ODOO19_PORT
  elif running; then port=$(cat "$port_file")
  else
    # The last port again where it is free, for whoever noted it down.
    port=$("$venv/bin/python" - "$(cat "$port_file" 2>/dev/null || echo 0)" <<'PY'
import socket, sys
for port in (int(sys.argv[1]), 0):
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            continue
        print(probe.getsockname()[1])
        break
PY
)
  fi
  echo "$port" >"$port_file"
  cat >"$conf" <<CONF
[options]
addons_path = $source/addons
db_host = $pg_home
db_user = odoo
data_dir = $home/data
dbfilter = ^(?!template_).+\$
http_interface = 127.0.0.1
http_port = $port
workers = 0
max_cron_threads = 0
limit_time_cpu = 600
limit_time_real = 1200
list_db = False
admin_passwd = $(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
log_handler = :INFO,odoo.addons.rpc:ERROR,werkzeug:WARNING
CONF
  chmod 600 "$conf"
}

make_template() {
  template=template_$(printf '%s' "$modules $template_recipe $(cat "$home/src/.version")" | cksum | cut -d' ' -f1)
  key_file=$home/$template.key
  if exists "$template" && [ -s "$key_file" ]; then return 0; fi
  local log=$home/log/template.log
  say "Building the template database ($modules); this takes a minute …"
  sql postgres "drop database if exists $template" "create database $template template template0 encoding 'UTF8'"
  rm -rf "$home/data/filestore/$template"
  odoo -c "$conf" -d "$template" -i "$modules" --without-demo=True --stop-after-init --no-http \
    >"$log" 2>&1 </dev/null || { tail -20 "$log" >&2; die "the template could not be built, see $log"; }
  odoo shell -c "$conf" -d "$template" --no-http >"$key_file.new" 2>>"$log" <<'PY' || { tail -20 "$log" >&2; die "no API key, see $log"; }
parameters = env['ir.config_parameter'].sudo()
parameters.set_param('iap.endpoint', 'http://127.0.0.1:9')
parameters.set_param('web.base.url.freeze', 'True')
parameters.set_param('pardot_odoo_pipeline.test_database', 'True')
admin = env.ref('base.user_admin')
key = env['res.users.apikeys'].with_user(admin).sudo()._generate('rpc', 'tests', None)
env.cr.commit()
print('KEY=' + key)
PY
  (umask 077; sed -n 's/.*KEY=//p' "$key_file.new" | tail -n1 >"$key_file"); rm -f "$key_file.new"
  [ -s "$key_file" ] || die "no API key, see $log"
}

clone() { # whoever is connected to the old one is cut off
  sql postgres "drop database if exists \"$1\" with (force)" "create database \"$1\" template $template"
  rm -rf "$home/data/filestore/$1"
  [ ! -d "$home/data/filestore/$template" ] || cp -al "$home/data/filestore/$template" "$home/data/filestore/$1"
  sql "$1" "update ir_config_parameter set value = gen_random_uuid() where key = 'database.uuid'"
}

running() { # a process by that id is nothing yet: it must be ours
  local pid
  pid=$(cat "$pid_file" 2>/dev/null) && [ -n "$pid" ] \
    && tr '\0' ' ' <"/proc/$pid/cmdline" 2>/dev/null | grep -qF -- "-c $conf"
}

healthy() {
  "$venv/bin/python" - "$(cat "$port_file")" <<'PY' 2>/dev/null
import sys, urllib.request
urllib.request.urlopen(f"http://127.0.0.1:{sys.argv[1]}/web/health", timeout=5)
PY
}

start_odoo() {
  running && return 0
  local log=$home/log/odoo.log
  (cd "$home" && exec env PYTHONPATH="$source" setsid "$venv/bin/python" -m odoo -c "$conf" \
    >>"$log" 2>&1 </dev/null 9>&-) &
  echo $! >"$pid_file"
  local try
  for ((try = 0; try < 240; try++)); do
    healthy && return 0
    kill -0 "$(cat "$pid_file")" 2>/dev/null || { tail -20 "$log" >&2; die "Odoo ended at once, see $log"; }
    sleep 0.25
  done
  die "Odoo does not answer, see $log"
}

stop_all() {
  local pid try
  if running; then
    pid=$(cat "$pid_file")
    kill "$pid"
    for ((try = 0; try < 100; try++)); do kill -0 "$pid" 2>/dev/null || break; sleep 0.1; done
    kill -9 "$pid" 2>/dev/null || true
  fi
  rm -f "$pid_file"
  if find_pg && [ -f "$pg_home/complete" ]; then
    as_pg "$pg_bin/pg_ctl" -D "$pg_home/data" -m fast -w stop >/dev/null 2>&1 || true
  fi
}

setup() { # the download and the Python packages take longest, and do not wait for one another
  local download
  get_package & download=$!
  make_venv
  wait "$download" || exit 1
  get_web_files
  start_pg
  write_conf
  make_template
}

report() {
  printf 'URL=http://127.0.0.1:%s\nDATABASE=%s\nUSERNAME=admin\nPASSWORD=admin\nAPI_KEY=%s\nVERSION=%s\n' \
    "$(cat "$port_file")" "$1" "$(cat "$key_file")" "$(cat "$home/src/.version")"
}

check_name() {
  [[ ${1:-} =~ ^[a-z][a-z0-9_]{0,50}$ && $1 != template_* ]] \
    || die "'${1:-}' is no database name: small letters, digits and _"
}

exec 9>"$home/run/lock"
flock -w 900 9 || die "another run of this script has held $home for 15 minutes"
case ${1:-} in
  setup) setup ;;
  start)
    [ -z "${2:-}" ] || check_name "$2"
    setup
    [ -z "${2:-}" ] || exists "$2" || clone "$2"
    start_odoo
    report "${2:-}" ;;
  fresh) check_name "${2:-}"; setup; clone "$2"; report "$2" ;;
  drop)
    check_name "${2:-}"; start_pg
    sql postgres "drop database if exists \"$2\" with (force)"
    rm -rf "$home/data/filestore/$2" ;;
  status)
    running || { echo "Odoo does not run"; exit 3; }
    echo "Odoo runs at http://127.0.0.1:$(cat "$port_file") (process $(cat "$pid_file"))" ;;
  stop) stop_all ;;
  *) sed -n '2,24p' "$0" >&2; exit 2 ;;
esac
