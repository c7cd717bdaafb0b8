# shellcheck shell=bash
# The console (web/): its packages, its types out of admin's contract, its build. Stamps keep what
# they were made of, so that nothing is made twice.

readonly CONSOLE_DIR=$WEIR_ROOT/web
readonly CONSOLE_STAMPS=$WEIR_ROOT/build/.stamps

console_wanted() { [[ ${WEIR_SKIP_CONSOLE:-0} != 1 && ${WEIR_SKIP_BUILD:-0} != 1 ]]; }

# is_stamped NAME SUM: the thing was made of just this.
is_stamped() { [[ $(cat "$CONSOLE_STAMPS/console-$1" 2>/dev/null) == "$2" ]]; }

stamp() {
  mkdir -p "$CONSOLE_STAMPS"
  printf '%s\n' "$2" >"$CONSOLE_STAMPS/console-$1"
}

# npm, whose failures are pages long: one line says what it was, the log has the rest.
console_npm() {
  local log
  log=$(mktemp -t weir-npm.XXXXXX)
  if ! (cd "$CONSOLE_DIR" && npm "$@" </dev/null) >"$log" 2>&1; then
    if grep -qE 'ENOTFOUND|EAI_AGAIN|ECONN|ETIMEDOUT|ERR_SOCKET|E40[134]|E50[0-9]|network' "$log"; then
      die "npm $1: the npm registry cannot be reached or refuses; WEIR_SKIP_CONSOLE=1 leaves the console out (whole output: $log)"
    fi
    tail -n 30 "$log" >&2
    die "npm $* failed (whole output: $log)"
  fi
  rm -f "$log"
}

# The packages, as package-lock.json has them; none of their scripts is run.
console_packages() {
  local sum
  ensure_node
  sum=$(cat "$CONSOLE_DIR/package-lock.json" "$WEIR_ROOT/tools/lib/node.sh" | sha256sum)
  [[ -d $CONSOLE_DIR/node_modules/vite ]] && is_stamped packages "$sum" && return 0
  [[ -w $CONSOLE_DIR ]] || die "$CONSOLE_DIR cannot be written; WEIR_SKIP_CONSOLE=1 leaves the console out"
  rm -f "$CONSOLE_STAMPS/console-packages"
  timed "fetching the console's packages" console_npm ci --ignore-scripts --no-audit --no-fund
  stamp packages "$sum"
}

# The API's types, out of the contract that admin's own code makes.
console_schema() {
  local made=$CONSOLE_DIR/openapi.json
  "$(service_binary admin)" openapi >"$made.new" || die "weir-admin openapi failed"
  if [[ -s $CONSOLE_DIR/src/api/schema.gen.ts ]] && cmp -s "$made.new" "$made"; then
    rm -f "$made.new"
    return 0
  fi
  mv "$made.new" "$made"
  rm -f "$CONSOLE_DIR/src/api/schema.gen.ts"
  console_npm run schema
}

# Of everything that the build reads.
console_sum() {
  (
    cd "$CONSOLE_DIR"
    find index.html package-lock.json openapi.json public src plugins ./*.ts ./*.json ../services/admin/data/prices.csv -type f \
      ! -name '*.test.ts' -print0 | sort -zu | xargs -0 sha256sum | sha256sum
  )
}

console_dist() {
  local sum
  sum=$(console_sum)
  [[ -e $CONSOLE_DIR/dist/index.html ]] && is_stamped build "$sum" && return 0
  timed "building the console" console_npm run build
  stamp build "$sum"
}

# One at a time in this tree: npm puts away what another is reading.
console_locked() {
  mkdir -p "$CONSOLE_STAMPS"
  (
    flock 8
    "$@"
  ) 8>"$CONSOLE_STAMPS/console.lock"
}

console_sources() {
  console_packages
  console_schema
}

console_all() {
  console_sources
  console_dist
}

# While compilers work: the packages take the network's time, not theirs.
CONSOLE_FETCH=''
console_begin() {
  console_wanted || return 0
  ensure_packages build "${PACKAGES_BUILD[@]}"
  console_locked console_packages &
  CONSOLE_FETCH=$!
}

# After weir-admin is there.
console_finish() {
  console_wanted || return 0
  [[ -z $CONSOLE_FETCH ]] || wait "$CONSOLE_FETCH" || exit 1
  CONSOLE_FETCH=''
  ensure_node
  console_locked console_all
}

console_help() {
  cat <<'TEXT'
usage: ./weir console <what> [arguments]

Does one of these in web/, with the console's packages and types in place:
  dev     serve it with reloading, beside a running admin (WEIR_CONSOLE_ADMIN)
  build   build it into web/dist, as ./weir build does
  types   check the types
  lint    eslint
  unit    the unit tests
  e2e     journeys in a browser against the real services; screenshots are left in web/out
  size    what a first load and each page cost, against their budgets
  figures by the clock, on a quiet machine: first visits, and pages of a log of 1,000,000 rows

Arguments go to the program behind it: ./weir console unit src/domain. WEIR_SKIP_CONSOLE=1 leaves
the console out, here (exit code 77) and in ./weir build, up and test.
TEXT
}

# What must be there before each of them.
console_prepare() {
  case $1 in
    lint) console_locked console_packages ;;
    dev | types | unit) console_locked console_sources ;;
    build | e2e | size | figures) console_locked console_all ;;
  esac
}

weir_console() {
  local what=${1:-}
  case $what in
    '' | -h | --help)
      console_help
      return 0
      ;;
    dev | build | types | lint | unit | e2e | size | figures) shift ;;
    *) usage_error console "no such thing: $what" ;;
  esac
  if [[ ${WEIR_SKIP_CONSOLE:-0} == 1 ]]; then
    note "the console is left out (WEIR_SKIP_CONSOLE=1)"
    exit 77
  fi
  if [[ $what == e2e || $what == figures ]]; then
    compile release weir-admin weir-usage weir-relay weir-fake-provider
  else
    compile release weir-admin
  fi
  ensure_node
  console_prepare "$what"
  case $what in
    build) return 0 ;;
    size)
      /usr/bin/python3 -B "$WEIR_ROOT/tests/tidy/check_console_size.py" "$CONSOLE_DIR/dist"
      return
      ;;
    unit) what='test' ;;
    figures)
      what=e2e
      export WEIR_E2E_QUIET=1 WEIR_E2E_LOG_ROWS="${WEIR_E2E_LOG_ROWS:-1000000}"
      set -- e2e/speed.e2e.ts e2e/logspeed.e2e.ts "$@"
      ;;
  esac
  cd "$CONSOLE_DIR"
  WEIR_BUILD_DIR=$(build_dir release) exec npm run --silent "$what" -- "$@"
}
