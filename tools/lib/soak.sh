# shellcheck shell=bash
# ./weir soak, outage and sanitize: what takes too long for every run of the tests.

soak_help() {
  cat <<'TEXT'
usage: ./weir soak [--preset release|asan|tsan] [--minutes N] [--clients N]

Starts all services and sends mixed traffic for N minutes (30): all protocols, whole and streams, clients
that leave, accounts that fail, configuration that changes. Fails unless memory, descriptors and threads
of all services stay flat, no request fails, and the ledger is exact. With asan or tsan the services are
built with checks of memory and undefined behaviour, or of data races. tests/soak/README.md has the bounds.
TEXT
}

weir_soak() {
  local preset=release rest=()
  while (($# > 0)); do
    case $1 in
      -h | --help)
        soak_help
        return 0
        ;;
      --preset)
        preset=${2:-}
        [[ $preset =~ ^(release|asan|tsan)$ ]] || usage_error soak "no such preset: $preset"
        shift
        ;;
      *) rest+=("$1") ;;
    esac
    shift
  done
  ensure_packages soak "${PACKAGES_BUILD[@]}" "${PACKAGES_TEST[@]}"
  compile "$preset" weir-relay weir-admin weir-usage weir-fake-provider
  # Debian's gRPC is not built with the check for races, so what it does among itself is not judged (tsan.supp says what).
  ASAN_OPTIONS=detect_leaks=1 UBSAN_OPTIONS=print_stacktrace=1 \
    TSAN_OPTIONS="second_deadlock_stack=1:ignore_noninstrumented_modules=1:suppressions=$WEIR_ROOT/tests/soak/tsan.supp" \
    /usr/bin/python3 -B "$WEIR_ROOT/tests/soak/soak.py" --build-dir "$(build_dir "$preset")" "${rest[@]}"
}

weir_outage() {
  case ${1:-} in
    -h | --help)
      cat <<'TEXT'
usage: ./weir outage [--minutes N] [--case admin|usage|postgresql|redis]

Takes admin, usage, PostgreSQL and Redis away for N minutes (10) under load, side by side or the one
named, and replaces both relays meanwhile. Fails unless no request failed and the ledger is exact.
TEXT
      return 0
      ;;
  esac
  ensure_packages outage "${PACKAGES_BUILD[@]}" "${PACKAGES_TEST[@]}"
  compile release weir-relay weir-admin weir-usage weir-fake-provider
  /usr/bin/python3 -B "$WEIR_ROOT/tests/outage/outage.py" --build-dir "$(build_dir release)" "$@"
}

sanitize_help() {
  cat <<'TEXT'
usage: ./weir sanitize [asan] [tsan]

Builds the services with address and undefined-behaviour checks (asan) and runs the relay's unit
tests and the integration tests; then the relay's unit tests with the check for data races (tsan), and
runs them. Both, or the one named. Half an hour and more.
TEXT
}

# Tests of the tool itself and those that measure time or memory say nothing in such a build.
readonly SANITIZE_NOT='weir_tool|integration.memory|integration.durability|weir_load|fakes|NoTextMakesALongStep'

weir_sanitize() {
  local presets=("$@") preset status=0
  case ${1:-} in
    -h | --help)
      sanitize_help
      return 0
      ;;
  esac
  ((${#presets[@]} > 0)) || presets=(asan tsan)
  for preset in "${presets[@]}"; do
    [[ $preset =~ ^(asan|tsan)$ ]] || usage_error sanitize "no such check: $preset"
  done
  ensure_packages sanitize "${PACKAGES_BUILD[@]}" "${PACKAGES_TEST[@]}"
  for preset in "${presets[@]}"; do
    timed "sanitize: $preset" "sanitize_$preset" || status=1
  done
  return "$status"
}

# sanitize_targets PRESET PATTERN: of all that can be built, what is run; the rest takes as long again.
sanitize_targets() {
  configure "$1"
  ninja -C "$(build_dir "$1")" -t targets all | sed -nE "s/^($2): phony\$/\1/p"
}

readonly SANITIZE_UNITS='weir_(relay|common)[a-z0-9_]*_test'

# An abort at the first finding, so that a process that found something cannot pass for a good one.
sanitize_asan() {
  local targets
  mapfile -t targets < <(sanitize_targets asan "$SANITIZE_UNITS|weir-[a-z-]+|fuzz_[a-z_]+")
  compile asan "${targets[@]}"
  ASAN_OPTIONS=abort_on_error=1:detect_leaks=1 UBSAN_OPTIONS=print_stacktrace=1 \
    ctest --test-dir "$(build_dir asan)" --output-on-failure --no-tests=error \
    -j "${WEIR_TEST_JOBS:-2}" -R 'weir_relay|weir_common|fuzz|integration' -E "$SANITIZE_NOT" </dev/null
}

sanitize_tsan() {
  local targets
  mapfile -t targets < <(sanitize_targets tsan "$SANITIZE_UNITS")
  compile tsan "${targets[@]}"
  TSAN_OPTIONS=halt_on_error=1:second_deadlock_stack=1 \
    ctest --test-dir "$(build_dir tsan)" --output-on-failure --no-tests=error \
    -j "${WEIR_TEST_JOBS:-2}" -R 'weir_relay|weir_common' -E "$SANITIZE_NOT" </dev/null
}
