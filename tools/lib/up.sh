# shellcheck shell=bash
# ./weir up

up_help() {
  cat <<'TEXT'
usage: ./weir up [--data DIR] [--port-base N] [--detach] [--demo] [relay|admin|usage]

Builds what is needed, starts usage, admin and relay on an embedded database below DIR (./data),
waits until they are ready and prints how to use them. On a folder in use it starts only what is
not running; with a service's name only that one. Without --detach it stays until Ctrl-C, which
stops what it was asked to run: relay, then admin, then usage.

  --data DIR      where databases, secrets, logs and pid files live
  --port-base N   relay on N, admin on N+1, all else below N+15 (remembered in DIR; without it
                  8080, 8081, and 9080 to 9182 inside)
  --detach        return once all are ready; ./weir down stops them
  --demo          add accounts on Weir's own fake provider, which is started too: no key needed

ANTHROPIC_API_KEY, OPENAI_API_KEY, GEMINI_API_KEY and DEEPSEEK_API_KEY in the environment become
accounts when admin starts. DIR/weir.yaml, if it is there, is given to admin. Settings such as
WEIR_RELAY_THREADS reach the services from the environment; WEIR_LISTEN_HOST (0.0.0.0) is the
address of the relay and of admin, WEIR_READY_TIMEOUT (60) the seconds that each may take.
TEXT
}

UP_BASE='' UP_DETACH=0 UP_DEMO=0 UP_ONLY='' UP_DATA=''

up_options() {
  while [[ $# -gt 0 ]]; do
    case $1 in
      -h | --help)
        up_help
        exit 0
        ;;
      --data | --port-base)
        [[ -n ${2:-} ]] || usage_error up "$1 needs a value"
        if [[ $1 == --data ]]; then UP_DATA=$2; else UP_BASE=$2; fi
        shift
        ;;
      --detach) UP_DETACH=1 ;;
      --demo) UP_DEMO=1 ;;
      relay | admin | usage)
        [[ -z $UP_ONLY ]] || usage_error up "one service at most"
        UP_ONLY=$1
        ;;
      *) usage_error up "unknown option or service: $1" ;;
    esac
    shift
  done
  if [[ -n $UP_BASE ]] && ! [[ $UP_BASE =~ ^[0-9]{1,5}$ && $UP_BASE -ge 1 && $UP_BASE -le 65520 ]]; then
    usage_error up "--port-base must be a number from 1 to 65520"
  fi
}

weir_up() {
  local wanted=() start=$SECONDS
  up_options "$@"
  use_data_dir "${UP_DATA:-$WEIR_ROOT/data}"
  prepare_data_dir
  lock_data_dir
  # A folder that has demo accounts needs their provider again.
  [[ ! -e $DATA_DIR/run/demo ]] || UP_DEMO=1
  mapfile -t wanted < <(up_wanted)
  choose_ports "$UP_BASE"
  check_wanted_ports "${wanted[@]}"
  [[ " ${wanted[*]} " != *' admin '* ]] || console_begin
  compile release "${wanted[@]/#/weir-}"
  [[ " ${wanted[*]} " != *' admin '* ]] || console_finish
  write_ports
  up_start_all "${wanted[@]}"
  exec 9>&-
  say "up after $((SECONDS - start)) s"
  [[ ! -e $DATA_DIR/dev.env ]] || print_how_to_use
  if [[ $UP_DETACH -eq 1 ]]; then
    note "stop with: ./weir down$(data_option)"
  else
    stay_until_stopped "${wanted[@]}"
  fi
}

# What this call is about, in the order of starting.
up_wanted() {
  if [[ -n $UP_ONLY ]]; then
    printf '%s\n' "$UP_ONLY"
    return
  fi
  if [[ $UP_DEMO -eq 1 ]]; then
    echo fake-provider
  fi
  printf '%s\n' "${SERVICES[@]}"
}

# Two `up` on one folder must not start the same service twice. The lock ends with the start.
lock_data_dir() {
  exec 9>"$DATA_DIR/run/lock"
  flock -n 9 || die "another ./weir up is starting services of $DATA_DIR"
}

# Before minutes of compiling rather than after.
check_wanted_ports() {
  local service port
  for service in "$@"; do
    if running_pid "$service" >/dev/null; then
      continue
    fi
    for port in $(service_ports "$service"); do
      check_port "$port" "$service"
    done
  done
}

up_start_all() {
  local service pid start
  trap up_undo EXIT
  for service in "$@"; do
    if pid=$(running_pid "$service"); then
      note "$service runs already (pid $pid)"
      [[ $service != admin ]] || warn_seed_skipped
      [[ -n $UP_ONLY ]] || await_ready "$service"
      continue
    fi
    start=$SECONDS
    [[ $service != admin ]] || seed_admin
    start_service "$service"
    if [[ -n $UP_ONLY ]]; then
      await_alone "$service" || continue
    else
      await_ready "$service"
    fi
    note "$service is ready (pid $(running_pid "$service"), port ${PORTS[$(service_main_port "$service")]}, $((SECONDS - start)) s)"
  done
  trap - EXIT
}

# A service alone may have to wait for another that is not there: then it is enough that it runs.
# Fails if it is not ready.
await_alone() {
  local service=$1 tries
  await_state "$service" is_healthy "${WEIR_READY_TIMEOUT:-60}"
  for ((tries = 0; tries < 30; tries++)); do
    if is_ready "$service"; then
      return 0
    fi
    sleep 0.1
  done
  note "$service runs (pid $(running_pid "$service"), port ${PORTS[$(service_main_port "$service")]}) but is not ready yet: $(curl -sS -m 2 "$(service_ready_url "$service")" 2>&1 | head -c 300 | tr '\n' ' ')"
  return 1
}

# A start that fails or is broken off leaves nothing of its own running.
up_undo() {
  [[ ${#STARTED[@]} -eq 0 ]] || stop_services 10 "${STARTED[@]}"
}

# Accounts are taken from the environment before admin starts; a running one is left alone.
warn_seed_skipped() {
  local name
  if [[ $UP_DEMO -eq 1 && ! -e $DATA_DIR/run/demo ]]; then
    die "admin runs without the demo accounts; they are added when it starts: ./weir down$(data_option), then up --demo"
  fi
  for name in ANTHROPIC_API_KEY OPENAI_API_KEY GEMINI_API_KEY DEEPSEEK_API_KEY; do
    if [[ -n ${!name:-} ]]; then
      note "keys in the environment (such as $name) become accounts when admin starts: ./weir down$(data_option), then up"
      return 0
    fi
  done
}

# Migrates the database and creates what a first start needs: administrator, key, accounts.
seed_admin() {
  local output settings=() demo=()
  output=$(umask 077 && mktemp "$DATA_DIR/run/seed.XXXXXX")
  mapfile -t settings < <(service_settings admin)
  [[ $UP_DEMO -eq 0 ]] || demo=(--demo-url "http://127.0.0.1:${PORTS[fake_provider]}")
  if ! (
    export_settings "${settings[@]}"
    exec "$(service_binary admin)" seed \
      --master-key-file "$DATA_DIR/secrets/master.key" --relay-url "http://127.0.0.1:${PORTS[relay]}" \
      --console-url "http://127.0.0.1:${PORTS[admin]}" "${demo[@]}"
  ) </dev/null >"$output" 2>>"$DATA_DIR/logs/admin.log" 9>&-; then
    rm -f "$output"
    show_log_tail admin
    die "weir-admin seed failed"
  fi
  update_dev_env "$output"
  SEEDED_PASSWORD=$(file_value "$output" WEIR_ADMIN_PASSWORD)
  file_value "$output" WEIR_DEV_MODEL >"$DATA_DIR/run/model"
  [[ $UP_DEMO -eq 0 ]] || touch "$DATA_DIR/run/demo"
  rm -f "$output"
}

SEEDED_PASSWORD=

data_option() {
  [[ $DATA_DIR == "$WEIR_ROOT/data" ]] || printf ' --data %q' "$DATA_DIR"
}

# Said where the console was left out, for then the address has the API alone.
console_absent() {
  local folder
  folder=$(service_settings admin | sed -n 's/^WEIR_ADMIN_CONSOLE_DIR=//p')
  [[ -e $folder/index.html ]] || printf ' (without the console: only the REST API below /api/v1)'
}

print_how_to_use() {
  local key model relay=http://127.0.0.1:${PORTS[relay]} password
  key=$(file_value "$DATA_DIR/dev.env" WEIR_API_KEY)
  model=$(cat "$DATA_DIR/run/model" 2>/dev/null) || true
  password="as printed at the first start; $DATA_DIR/dev.env has it"
  [[ -z $SEEDED_PASSWORD ]] || password="$SEEDED_PASSWORD (shown once; change it after log-in)"
  cat <<TEXT

  console    http://127.0.0.1:${PORTS[admin]}/$(console_absent)
  user       $(file_value "$DATA_DIR/dev.env" WEIR_ADMIN_USERNAME)
  password   $password
  API key    $key
  relay      $relay
TEXT
  if [[ -z $model ]]; then
    printf '\n  No account yet: start with --demo, with ANTHROPIC_API_KEY or OPENAI_API_KEY set, or add one\n  in the console.\n\n'
    return
  fi
  print_requests "$relay" "$key" "$model"
}

# Commands to paste. The model decides which protocol is shown first; the demo serves both.
print_requests() {
  local relay=$1 key=$2 model=$3
  if [[ $model == *claude* ]]; then
    print_messages_request "$relay" "$key" "$model"
    [[ ! -e $DATA_DIR/run/demo ]] || print_chat_request "$relay" "$key" gpt-4o-mini
  else
    print_chat_request "$relay" "$key" "$model"
  fi
  cat <<TEXT

  Claude Code:

    export ANTHROPIC_BASE_URL=$relay ANTHROPIC_AUTH_TOKEN=$key

TEXT
}

print_messages_request() {
  cat <<TEXT

  A request in Anthropic's form, streaming:

    curl -N $1/v1/messages -H 'x-api-key: $2' -H 'anthropic-version: 2023-06-01' \\
      -H 'content-type: application/json' \\
      -d '{"model":"$3","max_tokens":64,"stream":true,"messages":[{"role":"user","content":"Say hello"}]}'
TEXT
}

print_chat_request() {
  cat <<TEXT

  A request in OpenAI's form, streaming:

    curl -N $1/v1/chat/completions -H 'authorization: Bearer $2' \\
      -H 'content-type: application/json' \\
      -d '{"model":"$3","stream":true,"messages":[{"role":"user","content":"Say hello"}]}'
TEXT
}

UP_STOPPING=0

# Keeps watch until a signal; tells when a service ends by itself but leaves the others alone.
stay_until_stopped() {
  local service gone=()
  trap 'UP_STOPPING=1' INT TERM HUP
  note "Ctrl-C stops them; logs: ./weir logs -f$(data_option)"
  while [[ $UP_STOPPING -eq 0 ]]; do
    for service in "$@"; do
      if [[ " ${gone[*]} " != *" $service "* ]] && ! running_pid "$service" >/dev/null; then
        gone+=("$service")
        show_log_tail "$service"
        note "$service has ended by itself; './weir up $service --detach$(data_option)' starts it again"
      fi
    done
    sleep 1 &
    wait "$!" || true
  done
  trap '' INT TERM HUP
  say "stopping"
  stop_services "${WEIR_STOP_TIMEOUT:-60}" "$@"
}

# Stops the given services, the one started last first.
stop_services() {
  local limit=$1 i stopped=0
  shift
  for ((i = $#; i >= 1; i--)); do
    if stop_service "${!i}" "$limit"; then
      stopped=1
    fi
  done
  [[ $stopped -eq 1 ]] || note "nothing was running"
}
