# shellcheck shell=bash
# ./weir package: Debian packages of the services, with what they are made of.

package_help() {
  cat <<'TEXT'
usage: ./weir package [--output FOLDER] [--no-sbom]

Builds weir-relay, weir-admin (with the console) and weir-usage as Debian packages, with units for
systemd, into build/packages or FOLDER: beside them SHA256SUMS and, below sbom/, what each depends on
as CycloneDX. docs/install.md says how they are installed.

  --output FOLDER  where they go; what is in it of an earlier run is replaced
  --no-sbom        leave the lists of components out: nothing is fetched then
TEXT
}

# What writes the lists of Debian's components: pinned, with sums, in a folder of its own.
sbom_tool() {
  local pins=$WEIR_ROOT/tools/sbom/requirements.txt home
  home=${XDG_CACHE_HOME:-$HOME/.cache}/weir/sbom-$(sha256sum "$pins" | cut -c1-16)
  if [[ ! -x $home/bin/debsbom ]]; then
    rm -rf "$home"
    /usr/bin/python3 -m venv "$home" >&2
    "$home/bin/pip" install --quiet --disable-pip-version-check --require-hashes --requirement "$pins" >&2 || {
      rm -rf "$home"
      die "the Python package index cannot be reached; ./weir package --no-sbom leaves the lists of components out"
    }
  fi
  printf '%s\n' "$home/bin/debsbom"
}

# package_closure FILE.deb: each Debian package that it needs, at first or second hand: name, version, architecture.
package_closure() {
  local depends names
  depends=$(dpkg-deb -f "$1" Depends | sed 's/([^)]*)//g; s/|[^,]*//g; s/,/ /g')
  # shellcheck disable=SC2086  # a list of names
  names=$(apt-cache depends --recurse --installed --no-recommends --no-suggests --no-conflicts --no-breaks \
    --no-replaces --no-enhances $depends | grep -E '^[a-z0-9]' | sort -u)
  # shellcheck disable=SC2016,SC2086  # dpkg-query's own variables; a list of names
  dpkg-query -W -f '${db:Status-Abbrev}${Package} ${Version} ${Architecture}\n' $names 2>/dev/null | sed -n 's/^ii *//p'
}

package_sboms() {
  local folder=$1 version=$2 tool deb name
  tool=$(sbom_tool)
  mkdir -p "$folder/sbom"
  for deb in "$folder"/*.deb; do
    name=$(dpkg-deb -f "$deb" Package)
    package_closure "$deb" | "$tool" generate --from-pkglist -t cdx --distro-name "$name" --distro-version "$version" \
      --distro-supplier 'The Weir authors' --distro-arch "$(dpkg --print-architecture)" --out "$folder/sbom/$name" || die "debsbom failed for $name"
  done
  console_wanted || return 0
  (cd "$CONSOLE_DIR" && npm sbom --sbom-format cyclonedx --package-lock-only --omit dev 2>/dev/null) \
    >"$folder/sbom/weir-console.cdx.json" || die "npm sbom failed"
}

weir_package() {
  local folder=$WEIR_ROOT/build/packages sbom=1 build
  while [[ $# -gt 0 ]]; do
    case $1 in
      -h | --help)
        package_help
        return 0
        ;;
      --output)
        [[ -n ${2:-} ]] || usage_error package "--output needs a folder"
        folder=$2
        shift
        ;;
      --no-sbom) sbom=0 ;;
      *) usage_error package "no such option: $1" ;;
    esac
    shift
  done
  ensure_packages package "${PACKAGES_PACKAGE[@]}"
  compile release weir-relay weir-admin weir-usage
  if console_wanted; then
    ensure_node
    console_locked console_all
  fi
  build=$(build_dir release)
  mkdir -p "$folder" && folder=$(cd "$folder" && pwd)
  rm -rf "$folder"/weir-*.deb "$folder/sbom" "$folder/SHA256SUMS"
  timed "packing" quietly cpack --config "$build/CPackConfig.cmake" -B "$folder"
  rm -rf "$folder/_CPack_Packages"
  if ((sbom)); then
    timed "listing components" package_sboms "$folder" "$(dpkg-deb -f "$folder"/weir-relay_*.deb Version)"
  fi
  (cd "$folder" && find . -type f -printf "%P\n" | LC_ALL=C sort | xargs sha256sum) >"$folder.sums"
  mv "$folder.sums" "$folder/SHA256SUMS"
  say "packages: $folder"
  (cd "$folder" && ls -1)
}
