# shellcheck shell=bash
# ./weir fuzz: libFuzzer over the parsers. tests/fuzz/README.md describes the targets.

fuzz_help() {
  cat <<'TEXT'
usage: ./weir fuzz [--seconds N] [--seed N] [target…]
       ./weir fuzz --repeat N [target…]

Builds the fuzz targets (preset fuzz: Clang, libFuzzer, address and undefined behaviour) and runs
each for N seconds (60), all of them or those named, WEIR_FUZZ_JOBS (2) at once. Inputs that reach
new code are kept below build/fuzz/corpus for the next run. A finding fails the command, is printed
and stays in build/fuzz/findings. Each run looks elsewhere, unless it is given a seed.

--repeat feeds N inputs to each target that are the same in every run of the same sources: made from
the committed corpus with a fixed seed and fixed addresses, nothing kept. What it finds, a change did.
TEXT
  printf '\ntargets: %s\n' "$(fuzz_targets | paste -sd ' ')"
}

fuzz_targets() {
  local path
  for path in "$WEIR_ROOT"/tests/fuzz/*_fuzz.cc; do
    basename "$path" _fuzz.cc
  done
}

weir_fuzz() {
  local seconds=60 seed=0 repeat=0 targets=() dir target status=0
  while (($# > 0)); do
    case $1 in
      -h | --help)
        fuzz_help
        return 0
        ;;
      --seconds)
        [[ ${2:-} =~ ^[1-9][0-9]{0,5}$ ]] || usage_error fuzz "--seconds wants a number"
        seconds=$2
        shift
        ;;
      --seed)
        [[ ${2:-} =~ ^[1-9][0-9]{0,8}$ ]] || usage_error fuzz "--seed wants a number from 1 on"
        seed=$2
        shift
        ;;
      --repeat)
        [[ ${2:-} =~ ^[1-9][0-9]{0,8}$ ]] || usage_error fuzz "--repeat wants a number from 1 on"
        repeat=$2
        shift
        ;;
      -*) usage_error fuzz "unknown option $1" ;;
      *)
        [[ -e $WEIR_ROOT/tests/fuzz/$1_fuzz.cc ]] || usage_error fuzz "no such target: $1"
        targets+=("$1")
        ;;
    esac
    shift
  done
  ((${#targets[@]} > 0)) || mapfile -t targets < <(fuzz_targets)
  ensure_packages fuzz "${PACKAGES_BUILD[@]}" "${PACKAGES_FUZZ[@]}"
  compile fuzz "${targets[@]/#/fuzz_}"
  dir=$(build_dir fuzz)
  mkdir -p "$dir/findings"
  if ((repeat > 0)); then
    say "fuzzing with the same $repeat inputs each: ${targets[*]}"
  else
    say "fuzzing for $seconds s each: ${targets[*]}"
  fi
  export -f fuzz_one fuzz_input
  printf '%s\0' "${targets[@]}" |
    xargs -0 -P "${WEIR_FUZZ_JOBS:-2}" -I '{}' bash -c 'fuzz_one "$@"' fuzz_one \
      '{}' "$dir" "$seconds" "$seed" "$repeat" "$WEIR_ROOT" || status=1
  return "$status"
}

# fuzz_one TARGET BUILD_DIR SECONDS SEED REPEAT ROOT: one target, its finding shown if there is one.
# The targets hash and compare addresses, so that inputs only repeat themselves with fixed addresses,
# no environment, and paths that do not name this checkout.
fuzz_one() {
  local target=$1 dir seconds=$3 seed=$4 repeat=$5 root=$6 log figures corpus=tests/fuzz/corpus/$1
  local -a run
  cd "$root" || return 1
  dir=$(realpath --relative-to=. "$2")
  log=$dir/findings/$target.log
  run=("$dir/bin/fuzz_$target" -rss_limit_mb=2048 -timeout=30 -print_final_stats=1
    -artifact_prefix="$dir/findings/$target-")
  if ((repeat > 0)); then
    run=(env -i setarch -R "${run[@]}" -runs="$repeat" -seed=1
      -seed_inputs="$(printf '%s\n' "$corpus"/* | LC_ALL=C sort | paste -sd ,)")
  else
    mkdir -p "$dir/corpus/$target"
    run+=(-max_total_time="$seconds" -seed="$seed" "$dir/corpus/$target" "$corpus")
  fi
  if "${run[@]}" >"$log" 2>&1; then
    figures=$(awk '/^stat::number_of_executed_units/ { print $2 }' "$log")
    printf '    %-18s %10s inputs, nothing found\n' "$target" "$figures"
    rm -f "$log"
    return 0
  fi
  printf '    %-18s FOUND SOMETHING (%s)\n' "$target" "$log"
  grep -vE '^#[0-9]+|NEW_FUNC' "$log" | tail -n 40
  fuzz_input "$(sed -n 's/.*Test unit written to //p' "$log")"
  return 1
}

# fuzz_input FILE: what was found, so that a log alone is enough to repeat it.
fuzz_input() {
  [[ -n $1 && -s $1 ]] || return 0
  printf '    the input (base64, gzip):\n'
  gzip -9c "$1" | base64 -w 100
}
