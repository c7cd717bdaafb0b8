# shellcheck shell=bash
# ./weir down, status, logs: what works on services that already run.

# Options that these commands share; sets DATA_DIR and REST (what is not an option).
REST=()
control_options() {
  local command=$1 data=$WEIR_ROOT/data
  shift
  REST=()
  while [[ $# -gt 0 ]]; do
    case $1 in
      -h | --help)
        "${command}_help"
        exit 0
        ;;
      --data)
        [[ -n ${2:-} ]] || usage_error "$command" "--data needs a value"
        data=$2
        shift
        ;;
      *) REST+=("$1") ;;
    esac
    shift
  done
  use_data_dir "$data"
}

is_service() { [[ " ${SERVICES[*]} fake-provider " == *" $1 "* ]]; }

down_help() {
  cat <<'TEXT'
usage: ./weir down [--data DIR] [--timeout SECONDS] [service]

Stops relay, admin and usage (and the fake provider) of DIR in this order, or only the one named.
Each gets SIGTERM and time to drain (60 s), then SIGKILL.
TEXT
}

weir_down() {
  local limit=60 wanted=(fake-provider "${SERVICES[@]}")
  control_options down "$@"
  set -- "${REST[@]}"
  while [[ $# -gt 0 ]]; do
    case $1 in
      --timeout)
        [[ ${2:-} =~ ^[0-9]+$ ]] || usage_error down "--timeout needs a number of seconds"
        limit=$2
        shift
        ;;
      *)
        is_service "$1" || usage_error down "unknown option or service: $1"
        wanted=("$1")
        ;;
    esac
    shift
  done
  say "stopping services of $DATA_DIR"
  [[ -d $DATA_DIR/run ]] || {
    note "nothing was running"
    return 0
  }
  stop_services "$limit" "${wanted[@]}"
}

status_help() {
  cat <<'TEXT'
usage: ./weir status [--data DIR]

Shows each service of DIR with its port, pid, state and uptime. The exit code is 0 only if all
are ready.
TEXT
}

# Seconds since a process started, from the kernel's clock ticks.
process_uptime() {
  local line ticks now
  line=$(cat "/proc/$1/stat" 2>/dev/null) || return 1
  # The name in field 2 may hold spaces; what follows its closing bracket is field 3 onwards.
  ticks=$(awk '{ print $20 }' <<<"${line##*) }")
  now=$(awk '{ print int($1) }' /proc/uptime)
  printf '%s\n' $((now - ticks / $(getconf CLK_TCK)))
}

weir_status() {
  local service all=("${SERVICES[@]}") failed=0
  control_options status "$@"
  [[ ${#REST[@]} -eq 0 ]] || usage_error status "unknown option: ${REST[0]}"
  read_ports || die "no services were started in $DATA_DIR yet"
  [[ ! -e $DATA_DIR/run/demo ]] || all+=(fake-provider)
  printf '%-14s %-6s %-8s %-9s %s\n' SERVICE PORT PID STATE UPTIME
  for service in "${all[@]}"; do
    status_line "$service" || failed=1
  done
  return "$failed"
}

status_line() {
  local service=$1 pid state=stopped up=-
  if pid=$(running_pid "$service"); then
    state=starting
    up=$(human_seconds "$(process_uptime "$pid")")
    if is_ready "$service"; then
      state=ready
    fi
  elif [[ -e $DATA_DIR/run/$service.pid ]]; then
    state=died
  fi
  printf '%-14s %-6s %-8s %-9s %s\n' "$service" "${PORTS[$(service_main_port "$service")]}" \
    "${pid:--}" "$state" "$up"
  [[ $state == ready ]]
}

logs_help() {
  cat <<'TEXT'
usage: ./weir logs [--data DIR] [-f] [service]

Shows the last lines of the services' logs, or of the one named; -f goes on as they grow.
TEXT
}

weir_logs() {
  local argument follow=() files=()
  control_options logs "$@"
  for argument in "${REST[@]}"; do
    if [[ $argument == -f ]]; then
      follow=(-F)
    elif is_service "$argument"; then
      files+=("$DATA_DIR/logs/$argument.log")
    else
      usage_error logs "unknown option or service: $argument"
    fi
  done
  if [[ ${#files[@]} -eq 0 ]]; then
    mapfile -t files < <(find "$DATA_DIR/logs" -name '*.log' 2>/dev/null | sort)
  fi
  [[ ${#files[@]} -gt 0 && -e ${files[0]} ]] || die "no logs in $DATA_DIR/logs yet"
  exec tail -n 100 "${follow[@]}" "${files[@]}"
}
