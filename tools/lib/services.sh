# shellcheck shell=bash
# One service each: its command line, start, readiness, stop.

# The order of starting: admin asks usage, the relay needs admin's snapshot. Stopping is the
# reverse, so that what a draining relay still meters reaches usage.
readonly SERVICES=(usage admin relay)

service_binary() { printf '%s/bin/weir-%s\n' "$(build_dir release)" "$1"; }

# The ports that a service listens on, by name.
service_ports() {
  case $1 in
    usage) echo usage_grpc usage_ops ;;
    admin) echo admin admin_grpc admin_ops ;;
    relay) echo relay relay_ops ;;
    fake-provider) echo fake_provider ;;
  esac
}

# The port shown to people for a service.
service_main_port() {
  case $1 in
    usage) echo usage_grpc ;;
    fake-provider) echo fake_provider ;;
    *) echo "$1" ;;
  esac
}

service_ready_url() {
  case $1 in
    usage) echo "http://127.0.0.1:${PORTS[usage_ops]}/ready" ;;
    admin) echo "http://127.0.0.1:${PORTS[admin_ops]}/ready" ;;
    relay) echo "http://127.0.0.1:${PORTS[relay_ops]}/ready" ;;
    fake-provider) echo "http://127.0.0.1:${PORTS[fake_provider]}/health" ;;
  esac
}

# database_url SERVICE: as the service itself finds it, the file's before the variable's.
database_url() {
  local variable=WEIR_${1^^}_DATABASE_URL file=WEIR_${1^^}_DATABASE_URL_FILE
  if [[ -n ${!file:-} ]]; then
    sed 's/^[[:space:]]*//; s/[[:space:]]*$//; /^$/d' "${!file}" || die "$file: ${!file} cannot be read"
  else
    echo "${!variable:-sqlite:$DATA_DIR/$1.db}"
  fi
}

# The same as a setting; nothing where a file has it, which the service reads for itself.
database_setting() {
  local file=WEIR_${1^^}_DATABASE_URL_FILE
  [[ -n ${!file:-} ]] || printf 'WEIR_%s_DATABASE_URL=%s\n' "${1^^}" "$(database_url "$1")"
}

# export_settings NAME=value…: for a program to come. Not by `env NAME=value`: a command line is everybody's to
# read, and a URL may hold a password.
export_settings() {
  local setting
  for setting in "$@"; do export "${setting?}"; done
}

# Prints the settings of a service, one NAME=value a line; the environment's own settings for
# anything not listed here (threads, limits, …) reach the service untouched.
service_settings() {
  local token=$DATA_DIR/secrets/internal.token
  case $1 in
    usage)
      cat <<TEXT
WEIR_USAGE_GRPC_LISTEN=127.0.0.1:${PORTS[usage_grpc]}
WEIR_USAGE_OPS_LISTEN=127.0.0.1:${PORTS[usage_ops]}
WEIR_USAGE_INTERNAL_TOKEN_FILE=$token
TEXT
      database_setting usage
      ;;
    admin)
      cat <<TEXT
WEIR_ADMIN_LISTEN=${WEIR_LISTEN_HOST:-0.0.0.0}:${PORTS[admin]}
WEIR_ADMIN_GRPC_LISTEN=127.0.0.1:${PORTS[admin_grpc]}
WEIR_ADMIN_OPS_LISTEN=127.0.0.1:${PORTS[admin_ops]}
WEIR_ADMIN_USAGE_TARGET=127.0.0.1:${PORTS[usage_grpc]}
WEIR_ADMIN_INTERNAL_TOKEN_FILE=$token
WEIR_ADMIN_MASTER_KEY_FILE=$DATA_DIR/secrets/master.key
WEIR_ADMIN_CONSOLE_DIR=${WEIR_ADMIN_CONSOLE_DIR-$WEIR_ROOT/web/dist}
WEIR_ADMIN_PRICES_FILE=${WEIR_ADMIN_PRICES_FILE:-$WEIR_ROOT/services/admin/data/prices.csv}
TEXT
      database_setting admin
      [[ ! -e $DATA_DIR/weir.yaml ]] || echo "WEIR_ADMIN_CONFIG_FILE=$DATA_DIR/weir.yaml"
      ;;
    relay)
      cat <<TEXT
WEIR_RELAY_LISTEN=${WEIR_LISTEN_HOST:-0.0.0.0}:${PORTS[relay]}
WEIR_RELAY_OPS_LISTEN=127.0.0.1:${PORTS[relay_ops]}
WEIR_RELAY_DATA_DIR=$DATA_DIR/relay
WEIR_RELAY_ADMIN_TARGET=127.0.0.1:${PORTS[admin_grpc]}
WEIR_RELAY_USAGE_TARGET=127.0.0.1:${PORTS[usage_grpc]}
WEIR_RELAY_INTERNAL_TOKEN_FILE=$token
TEXT
      ;;
  esac
}

service_arguments() {
  case $1 in
    fake-provider) printf '%s\n' --listen "127.0.0.1:${PORTS[fake_provider]}" ;;
  esac
}

# The pid of a running service of this folder; fails if it does not run. A pid file left by a
# crash may name another program by now, so the name it was started by is compared. (Its executable
# would not do: a build replaces the file of a running service, and the linker may rename it.)
running_pid() {
  local pid program=
  pid=$(cat "$DATA_DIR/run/$1.pid" 2>/dev/null) || return 1
  [[ $pid =~ ^[0-9]+$ && -r /proc/$pid/cmdline ]] || return 1
  IFS= read -r -d '' program 2>/dev/null <"/proc/$pid/cmdline" || true
  [[ ${program##*/} == "weir-$1" ]] || return 1
  printf '%s\n' "$pid"
}

any_service_running() {
  local service
  for service in "${SERVICES[@]}" fake-provider; do
    if running_pid "$service" >/dev/null; then
      return 0
    fi
  done
  return 1
}

# What this call has started, in order.
STARTED=()

# Starts a service in a session of its own, so that Ctrl-C in this terminal reaches only ./weir,
# which then stops the services in their order.
start_service() {
  local service=$1 binary port settings=() arguments=()
  binary=$(service_binary "$service")
  [[ -x $binary ]] || die "$binary is missing; run ./weir build"
  for port in $(service_ports "$service"); do
    check_port "$port" "$service"
  done
  mapfile -t settings < <(service_settings "$service")
  mapfile -t arguments < <(service_arguments "$service")
  (
    export_settings "${settings[@]}"
    exec setsid "$binary" "${arguments[@]}"
  ) </dev/null >>"$DATA_DIR/logs/$service.log" 2>&1 9>&- &
  printf '%s\n' "$!" >"$DATA_DIR/run/$service.pid"
  disown "$!"
  STARTED+=("$service")
}

is_ready() { curl -fsS -m 2 -o /dev/null "$(service_ready_url "$1")" 2>/dev/null; }

# It runs and answers, ready or not.
is_healthy() {
  local url
  url=$(service_ready_url "$1")
  curl -fsS -m 2 -o /dev/null "${url%/*}/health" 2>/dev/null
}

# Waits until a service is ready; shows the end of its log if it dies or is too slow.
await_ready() { await_state "$1" is_ready "${WEIR_READY_TIMEOUT:-60}"; }

# await_state SERVICE CHECK SECONDS
await_state() {
  local service=$1 check=$2 limit=$3 start=$SECONDS
  until "$check" "$service"; do
    # The pid file is newer than exec: give env and setsid a moment to become the service.
    if ((SECONDS - start >= 2)) && ! running_pid "$service" >/dev/null; then
      show_log_tail "$service"
      die "$service ended while starting"
    fi
    if ((SECONDS - start >= limit)); then
      show_log_tail "$service"
      die "$service is not ready after $limit s"
    fi
    sleep 0.1
  done
}

show_log_tail() {
  printf -- '--- the end of %s\n' "$DATA_DIR/logs/$1.log" >&2
  tail -n 15 "$DATA_DIR/logs/$1.log" >&2 || true
  printf -- '---\n' >&2
}

# stop_service NAME SECONDS: SIGTERM, time to drain, and SIGKILL only when that has passed.
stop_service() {
  local service=$1 limit=$2 pid start=$SECONDS
  if ! pid=$(running_pid "$service"); then
    pid=$(cat "$DATA_DIR/run/$service.pid" 2>/dev/null) || return 1
    # A file that names somebody who lives is left for eyes to look at.
    [[ -e /proc/$pid ]] || rm -f "$DATA_DIR/run/$service.pid"
    return 1
  fi
  kill -TERM "$pid" 2>/dev/null || true
  while running_pid "$service" >/dev/null && ! is_zombie "$pid"; do
    if ((SECONDS - start >= limit)); then
      kill -KILL "$pid" 2>/dev/null || true
      note "$service (pid $pid) did not stop within $limit s and was killed"
      rm -f "$DATA_DIR/run/$service.pid"
      return 0
    fi
    sleep 0.05
  done
  rm -f "$DATA_DIR/run/$service.pid"
  note "$service stopped (pid $pid, $((SECONDS - start)) s)"
}

# A service that has ended but whose parent (this script, in the foreground) has not waited yet.
is_zombie() { [[ $(file_state "$1") == Z* ]]; }

file_state() { awk '/^State:/ { print $2 }' "/proc/$1/status" 2>/dev/null || true; }
