# shellcheck shell=bash
# ./weir test, bench, fmt, lint

weir_test() {
  local filter='' dir status=0 arguments=()
  case ${1:-} in
    -h | --help)
      cat <<'TEXT'
usage: ./weir test [filter]

Builds everything and runs the tests: unit tests, the real services over sockets, on SQLite and on
a PostgreSQL that the tests start themselves, and the console's in a browser (console.). With a filter (a regular expression) only
the tests whose names match. WEIR_TEST_JOBS (2) run at once.
TEXT
      return 0
      ;;
    -*) usage_error test "unknown option $1" ;;
    *) filter=${1:-} ;;
  esac
  [[ $# -le 1 ]] || usage_error test "one filter at most"
  ensure_packages test "${PACKAGES_BUILD[@]}" "${PACKAGES_TEST[@]}"
  # kustomize is built from its module; whoever has a Go of their own keeps it.
  command -v go >/dev/null || ensure_packages go "${PACKAGES_GO[@]}"
  [[ -n $filter ]] || console_begin
  compile release
  [[ -n $filter ]] || console_finish
  dir=$(build_dir release)
  arguments=(--test-dir "$dir" --output-on-failure --no-tests=error -j "${WEIR_TEST_JOBS:-2}")
  [[ -z $filter ]] || arguments+=(-R "$filter")
  say "running the tests"
  # A test that cannot run on this machine passes for ctest: what was left out is said at the end.
  rm -f "$dir/left-out.txt"
  WEIR_LEFT_OUT_FILE=$dir/left-out.txt ctest "${arguments[@]}" </dev/null || status=$?
  if [[ -s $dir/left-out.txt ]]; then
    say "left out on this machine"
    sort -u "$dir/left-out.txt"
  fi
  return "$status"
}

weir_bench() {
  case ${1:-} in
    -h | --help)
      cat <<'TEXT'
usage: ./weir bench [options]

Drives the relay and nginx with the same load against the same upstream and prints both and
their ratio: CPU per request and per event, memory per held stream, added latency. Options go to
tests/bench/bench.py; ./weir bench --options lists them.

./weir bench usage measures the ledger instead: ingest beside a bare \copy, reports, memory. Its
options go to tests/bench/usage_bench.py.

./weir bench admin measures the control plane with a million keys: lists, searches, pages, log-in,
start, on both databases. Its options go to tests/bench/admin_bench.py.

./weir bench scale measures what one more request, event, stream and relay costs each service, where
single parts end, and prints what a traffic needs. Its options go to tests/bench/scale_bench.py.

./weir bench balance simulates how even a load balancer keeps the relays. Its options go to
tests/bench/balance_simulation.py.

./weir bench columns puts the ledger's rows into PostgreSQL and into ClickHouse's engine: bytes, and
time for a sum. Its options go to tests/bench/columns_bench.py.
TEXT
      return 0
      ;;
  esac
  if [[ ${1:-} == balance ]]; then
    shift
    python3 "$WEIR_ROOT/tests/bench/balance_simulation.py" "$@"
    return
  fi
  ensure_packages bench "${PACKAGES_BUILD[@]}" "${PACKAGES_BENCH[@]}"
  if [[ ${1:-} == usage ]]; then
    shift
    compile release weir-usage weir-usage-load
    /usr/bin/python3 "$WEIR_ROOT/tests/bench/usage_bench.py" --build-dir "$(build_dir release)" "$@"
    return
  fi
  if [[ ${1:-} == admin ]]; then
    shift
    compile release weir-admin weir-usage weir-watch-load
    /usr/bin/python3 "$WEIR_ROOT/tests/bench/admin_bench.py" --build-dir "$(build_dir release)" "$@"
    return
  fi
  if [[ ${1:-} == columns ]]; then
    shift
    compile release weir-usage-load
    /usr/bin/python3 "$WEIR_ROOT/tests/bench/columns_bench.py" --build-dir "$(build_dir release)" "$@"
    return
  fi
  if [[ ${1:-} == scale ]]; then
    shift
    compile release weir-relay weir-admin weir-usage weir-fake-provider weir-load weir-usage-load \
      weir-lease-load weir-watch-load
    /usr/bin/python3 "$WEIR_ROOT/tests/bench/scale_bench.py" --build-dir "$(build_dir release)" "$@"
    return
  fi
  compile release weir-relay weir-admin weir-usage weir-fake-provider weir-load
  if [[ ${1:-} == --options ]]; then
    set -- --help
  fi
  /usr/bin/python3 "$WEIR_ROOT/tests/bench/bench.py" --build-dir "$(build_dir release)" "$@"
}

# Our C++ sources below the folders that hold them, NUL between them.
cpp_sources() {
  local folder
  for folder in libs services tests; do
    [[ ! -d $WEIR_ROOT/$folder ]] ||
      find "$WEIR_ROOT/$folder" -type f \( -name '*.cc' -o -name '*.h' \) -print0
  done
}

weir_fmt() {
  case ${1:-} in
    '') ;;
    -h | --help)
      printf 'usage: ./weir fmt\n\nFormats all C++ sources as .clang-format says.\n'
      return 0
      ;;
    *) usage_error fmt "unknown option $1" ;;
  esac
  ensure_packages fmt "${PACKAGES_FORMAT[@]}"
  cpp_sources | xargs -0 -r -n 50 -P "$(nproc)" clang-format -i
}

lint_help() {
  cat <<'TEXT'
usage: ./weir lint [format] [tidy] [layers] [scripts]

All of these, or only the ones named:
  format   clang-format would change nothing
  layers   who may include whom, banned words, sizes (tests/tidy)
  scripts  shellcheck is content with the shell scripts
  tidy     clang-tidy finds nothing (results are kept below ~/.cache/weir, so that a second run is quick)
TEXT
}

weir_lint() {
  local steps=(format layers scripts tidy) step status=0
  case ${1:-} in
    -h | --help)
      lint_help
      return 0
      ;;
  esac
  [[ $# -eq 0 ]] || steps=("$@")
  for step in "${steps[@]}"; do
    [[ $step =~ ^(format|layers|scripts|tidy)$ ]] || usage_error lint "no such check: $step"
  done
  ensure_packages lint "${PACKAGES_LINT[@]}"
  for step in "${steps[@]}"; do
    timed "lint: $step" "lint_$step" || status=1
  done
  return "$status"
}

lint_format() {
  if ! cpp_sources | xargs -0 -r -n 50 -P "$(nproc)" clang-format --dry-run -Werror; then
    note "./weir fmt mends this"
    return 1
  fi
}

lint_layers() {
  /usr/bin/python3 -B "$WEIR_ROOT/tests/tidy/check_tree.py" "$WEIR_ROOT"
}

lint_scripts() {
  # -a checks what ./weir sources, seen from there: the parts use one another's names.
  (cd "$WEIR_ROOT" && shellcheck -x -a weir .ci/run)
}

# The compile database and the generated headers come from the release build.
lint_tidy() {
  compile release
  /usr/bin/python3 -B "$WEIR_ROOT/tools/run_clang_tidy.py" --root "$WEIR_ROOT" \
    --build-dir "$(build_dir release)" --jobs "$(nproc)"
}
