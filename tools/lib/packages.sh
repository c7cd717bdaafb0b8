# shellcheck shell=bash
# Which Debian 12 packages a command needs, and how they get there.

readonly PACKAGES_BUILD=(
  ca-certificates cmake curl g++ make ninja-build pkg-config mold ccache
  libgrpc++-dev libprotobuf-dev protobuf-compiler protobuf-compiler-grpc libabsl-dev
  libboost1.81-dev libboost-json1.81-dev libcpp-httplib-dev libcurl4-openssl-dev libsimdjson-dev libjemalloc-dev
  libpqxx-dev libsqlite3-dev prometheus-cpp-dev
  libhiredis-dev libpcre2-dev libsodium-dev libssl-dev libjwt-dev libwslay-dev libyaml-cpp-dev zlib1g-dev
  libre2-dev libzstd-dev
  tzdata
  libgtest-dev libgmock-dev libbenchmark-dev
)
readonly PACKAGES_TEST=(
  openssl python3 python3-pytest python3-venv python3-websocket postgresql-15 redis-server nginx-light caddy
  prometheus python3-yaml iproute2
  chromium fonts-noto-cjk
)
readonly PACKAGES_PACKAGE=(dpkg-dev file python3 python3-venv)
readonly PACKAGES_IMAGES=(buildah mmdebstrap runc curl util-linux iproute2)
readonly PACKAGES_GO=(golang-go)
readonly PACKAGES_NODE=(nodejs npm)
readonly PACKAGES_FUZZ=(clang-14 libclang-rt-14-dev llvm-14)
readonly PACKAGES_BENCH=(python3 nginx-light postgresql-15 redis-server)
readonly PACKAGES_FORMAT=(clang-format)
readonly PACKAGES_LINT=(clang-format clang-tidy python3 shellcheck)

# Those of the given packages that are not installed, one a line.
missing_packages() {
  local installed package
  installed=$(dpkg-query -W -f '${Package} ${db:Status-Abbrev}\n' "$@" 2>/dev/null |
    awk '$2 == "ii" { print $1 }') || true
  for package in "$@"; do
    grep -qxF -- "$package" <<<"$installed" || printf '%s\n' "$package"
  done
}

# The package database has not changed since these packages were last found complete.
packages_known_complete() {
  [[ -e $1 && $1 -nt /var/lib/dpkg/status ]]
}

# ensure_packages NAME package…: installs what is missing, or ends with the line to run.
ensure_packages() {
  local name=$1 stamp missing
  shift
  command -v dpkg-query >/dev/null || die "dpkg-query is missing: ./weir installs and checks Debian 12's packages"
  stamp=$WEIR_ROOT/build/.stamps/packages-$name-$(printf '%s\n' "$@" | sha256sum | cut -c1-16)
  packages_known_complete "$stamp" && return 0
  mapfile -t missing < <(missing_packages "$@")
  if ((${#missing[@]} > 0)); then
    install_packages "$name" "${missing[@]}"
  fi
  # Without the stamp the next run only asks dpkg again.
  if mkdir -p "$(dirname "$stamp")" 2>/dev/null; then
    touch "$stamp" 2>/dev/null || true
  fi
}

install_packages() {
  local name=$1 line as_root=()
  shift
  line="apt-get install -y --no-install-recommends $*"
  if [[ $(id -u) -ne 0 ]]; then
    if command -v sudo >/dev/null && sudo -n true 2>/dev/null; then
      as_root=(sudo -n)
    else
      die "$# packages are missing and installing them needs root; run: sudo $line"
    fi
  fi
  as_root+=(env DEBIAN_FRONTEND=noninteractive)
  say "installing $# packages for '$name': $*"
  local start=$SECONDS log
  log=$(mktemp -t weir-apt.XXXXXX)
  # The lists may be absent (a container) or old: a first failure earns one refresh and one retry.
  if ! "${as_root[@]}" apt-get install -y --no-install-recommends "$@" </dev/null >"$log" 2>&1; then
    note "refreshing apt's package lists"
    "${as_root[@]}" apt-get update </dev/null >>"$log" 2>&1 || true
    if ! "${as_root[@]}" apt-get install -y --no-install-recommends "$@" </dev/null >>"$log" 2>&1; then
      tail -n 20 "$log" >&2
      die "apt could not install them (whole output: $log); run by hand: $line"
    fi
  fi
  rm -f "$log"
  note "done in $((SECONDS - start)) s"
}
