# shellcheck shell=bash
# Messages, times and small helpers that every part of ./weir uses.

# Says what is being done, so that a pause has a name.
say() { printf '==> %s\n' "$*"; }

# A line below the one that say() printed.
note() { printf '    %s\n' "$*"; }

# One line about what is wrong, then the end.
die() {
  printf 'weir: %s\n' "$*" >&2
  exit 1
}

# A wrong use of the command line: 2, as other tools do.
usage_error() {
  printf 'weir: %s (./weir %s --help)\n' "$2" "$1" >&2
  exit 2
}

# timed "what" command…: runs it and says how long it took. Fails as the command does.
timed() {
  local what=$1 start=$SECONDS status=0
  shift
  say "$what"
  "$@" || status=$?
  if [[ $status -eq 0 ]]; then
    note "done in $((SECONDS - start)) s"
  else
    note "failed after $((SECONDS - start)) s (exit code $status)"
  fi
  return "$status"
}

# The value of key $2 in the key=value file $1, or nothing.
file_value() {
  local line
  [[ -r $1 ]] || return 0
  while IFS= read -r line || [[ -n $line ]]; do
    if [[ $line == "$2="* ]]; then
      printf '%s\n' "${line#*=}"
      return 0
    fi
  done <"$1"
}

# 75 -> 1m15s, for people.
human_seconds() {
  local s=$1
  if ((s >= 86400)); then
    printf '%dd%02dh' $((s / 86400)) $((s % 86400 / 3600))
  elif ((s >= 3600)); then
    printf '%dh%02dm' $((s / 3600)) $((s % 3600 / 60))
  elif ((s >= 60)); then
    printf '%dm%02ds' $((s / 60)) $((s % 60))
  else
    printf '%ds' "$s"
  fi
}
