# shellcheck shell=bash
# The data folder: secrets, ports, dev.env, pid files and logs.
#
#   DIR/secrets/{internal.token,master.key}   made once, 0600
#   DIR/run/ports                             which port each service has in this folder
#   DIR/run/<service>.pid, DIR/logs/<service>.log
#   DIR/dev.env                               addresses and credentials for scripts, 0600
#   DIR/weir.yaml                             optional, read by admin
#   DIR/{admin.db,usage.db,relay/}            the services' own data

DATA_DIR=
declare -A PORTS=()

# Names of the ports in the order of their distance from the port base, with their defaults.
readonly PORT_NAMES=(relay admin relay_ops admin_grpc admin_ops usage_grpc usage_ops fake_provider)
readonly PORT_DEFAULTS=(8080 8081 9080 9081 9181 9082 9182 9090)

# Sets DATA_DIR to an absolute path; the folder need not exist yet.
use_data_dir() {
  DATA_DIR=$(realpath -m -- "$1")
}

# Makes the folder and what belongs to it at the first start.
prepare_data_dir() {
  local probe
  if ! mkdir -p "$DATA_DIR" 2>/dev/null || ! probe=$(mktemp "$DATA_DIR/.probe.XXXXXX" 2>/dev/null); then
    die "the folder $DATA_DIR cannot be written; choose another with --data DIR"
  fi
  rm -f "$probe"
  chmod 0700 "$DATA_DIR"
  mkdir -p "$DATA_DIR"/{secrets,run,logs,relay}
  chmod 0700 "$DATA_DIR"/{secrets,run,logs,relay}
  make_secret internal.token
  make_secret master.key
}

# 32 random bytes as hex in a file that only the owner reads. Never replaced once it is there.
make_secret() {
  local file=$DATA_DIR/secrets/$1 value
  [[ ! -s $file ]] || return 0
  value=$(od -An -N32 -tx1 /dev/urandom | tr -d ' \n')
  (umask 077 && printf '%s\n' "$value" >"$file.new")
  mv "$file.new" "$file"
}

# Fills PORTS from --port-base N ($1, may be empty), else from the folder, else the defaults.
choose_ports() {
  local base=$1 i name known
  for i in "${!PORT_NAMES[@]}"; do
    name=${PORT_NAMES[i]}
    known=$(file_value "$DATA_DIR/run/ports" "$name")
    if [[ -n $base ]]; then
      PORTS[$name]=$((base + i))
    else
      PORTS[$name]=${known:-${PORT_DEFAULTS[i]}}
    fi
    if [[ -n $known && $known != "${PORTS[$name]}" ]] && any_service_running; then
      die "services of $DATA_DIR run on other ports (relay: $(file_value "$DATA_DIR/run/ports" relay)); run ./weir down --data $DATA_DIR first"
    fi
  done
}

write_ports() {
  local name
  for name in "${PORT_NAMES[@]}"; do
    printf '%s=%s\n' "$name" "${PORTS[$name]}"
  done >"$DATA_DIR/run/ports.new"
  mv "$DATA_DIR/run/ports.new" "$DATA_DIR/run/ports"
}

# Reads the ports of a folder that is in use; fails if there are none.
read_ports() {
  local i
  [[ -r $DATA_DIR/run/ports ]] || return 1
  for i in "${!PORT_NAMES[@]}"; do
    PORTS[${PORT_NAMES[i]}]=$(file_value "$DATA_DIR/run/ports" "${PORT_NAMES[i]}")
  done
}

# update_dev_env FILE: takes over what `weir-admin seed` printed into FILE and keeps what an
# earlier run wrote, since passwords and keys are shown only once.
update_dev_env() {
  local seeded=$1 file=$DATA_DIR/dev.env name value
  local relay=http://127.0.0.1:${PORTS[relay]} admin=http://127.0.0.1:${PORTS[admin]}
  (
    umask 077
    {
      printf 'WEIR_RELAY_URL=%s\nWEIR_ADMIN_URL=%s\n' "$relay" "$admin"
      for name in WEIR_ADMIN_USERNAME WEIR_ADMIN_PASSWORD WEIR_API_KEY; do
        value=$(file_value "$seeded" "$name")
        [[ -n $value ]] || value=$(file_value "$file" "$name")
        printf '%s=%q\n' "$name" "$value"
      done
    } >"$file.new"
  )
  chmod 0600 "$file.new"
  mv "$file.new" "$file"
}

# The process that listens on a TCP port as "name (pid N)", or nothing if none does or it is
# hidden from us. Succeeds if the port is taken.
port_owner() {
  local hex inode holder pid
  hex=$(printf '%04X' "$1")
  inode=$(awk -v port=":$hex" \
    '$4 == "0A" && substr($2, length($2) - 4) == port { print $10; exit }' \
    /proc/net/tcp /proc/net/tcp6 2>/dev/null)
  [[ -n $inode ]] || return 1
  holder=$(find /proc/[0-9]*/fd -maxdepth 1 -lname "socket:\[$inode\]" -print -quit 2>/dev/null) || true
  [[ -n $holder ]] || return 0
  pid=${holder#/proc/}
  pid=${pid%%/*}
  printf '%s (pid %s)\n' "$(cat "/proc/$pid/comm" 2>/dev/null || echo '?')" "$pid"
}

# check_port NAME SERVICE: ends with one line if the port is taken.
check_port() {
  local owner
  if owner=$(port_owner "${PORTS[$1]}"); then
    die "port ${PORTS[$1]} (for $2) is taken${owner:+ by $owner}; free it or choose others with --port-base N"
  fi
}
