# shellcheck shell=bash
# Configuring and compiling.

build_dir() { printf '%s\n' "${WEIR_BUILD_DIR:-$WEIR_ROOT/build/${1:-release}}"; }

# As many compilers as there are cores, but not more than memory holds: a file that includes gRPC
# or Boost takes up to 1 GiB.
build_jobs() {
  local cores memory_kib by_memory
  if [[ -n ${WEIR_JOBS:-} ]]; then
    printf '%s\n' "$WEIR_JOBS"
    return
  fi
  cores=$(nproc)
  memory_kib=$(awk '/^MemAvailable:/ { print $2 }' /proc/meminfo)
  by_memory=$((memory_kib / 1048576))
  ((by_memory >= 1)) || by_memory=1
  printf '%s\n' $((cores < by_memory ? cores : by_memory))
}

# configure PRESET: only when there is no build directory yet; ninja notices changed CMake files.
configure() {
  local preset=$1 dir
  dir=$(build_dir "$preset")
  [[ -e $dir/build.ninja ]] && return 0
  timed "configuring ($preset)" quietly cmake -S "$WEIR_ROOT" --preset "$preset" -B "$dir"
}

# Runs a command and shows its output only if it fails.
quietly() {
  local log status=0
  log=$(mktemp -t weir-log.XXXXXX)
  "$@" >"$log" 2>&1 || status=$?
  [[ $status -eq 0 ]] || cat "$log" >&2
  rm -f "$log"
  return "$status"
}

# compile PRESET [target…]: all targets without one. ninja's own line of progress is shown.
compile() {
  local preset=$1 dir
  shift
  [[ ${WEIR_SKIP_BUILD:-0} != 1 ]] || return 0
  ensure_packages build "${PACKAGES_BUILD[@]}"
  dir=$(build_dir "$preset")
  if ! mkdir -p "$dir" 2>/dev/null || [[ ! -w $dir ]]; then
    die "the build folder $dir cannot be written; choose another with WEIR_BUILD_DIR"
  fi
  configure "$preset"
  if ninja -C "$dir" -n "$@" 2>/dev/null | grep -q 'no work to do'; then
    return 0
  fi
  timed "compiling ($preset, $(build_jobs) at once)" ninja -C "$dir" -j "$(build_jobs)" "$@"
}

weir_build() {
  local preset=release
  case ${1:-} in
    -h | --help)
      cat <<'TEXT'
usage: ./weir build [preset]

Compiles everything, services and tests, into build/<preset>. Presets: release (the default),
debug, asan (address and undefined behaviour), tsan (data races). With release the console is built
too, into web/dist; WEIR_SKIP_CONSOLE=1 leaves it out.
TEXT
      return 0
      ;;
    -*) usage_error build "unknown option $1" ;;
    '') ;;
    *) preset=$1 ;;
  esac
  [[ $# -le 1 ]] || usage_error build "one preset at most"
  case $preset in
    release | debug | asan | tsan) ;;
    *) usage_error build "no such preset: $preset" ;;
  esac
  local start=$SECONDS
  [[ $preset != release ]] || console_begin
  compile "$preset"
  [[ $preset != release ]] || console_finish
  say "built: $(build_dir "$preset")/bin ($((SECONDS - start)) s)"
}
