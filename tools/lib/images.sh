# shellcheck shell=bash
# ./weir images: the three container images, by whichever builder is there.

image_help() {
  cat <<'TEXT'
usage: ./weir images [--engine docker|podman|buildah] [--tag TAG] [--base IMAGE] [--packages]
       ./weir images --check

Builds weir-relay, weir-admin and weir-usage from deploy/docker/Dockerfile.

  --engine E    docker, podman or buildah; without it the first that is there
  --tag TAG     latest without it
  --base IMAGE  another Debian 12 than docker.io/library/debian:12-slim
  --packages    out of this machine's ./weir package, instead of compiling in the container
  --check       build them with Debian's buildah on a base of Debian's mmdebstrap (no Docker, no registry; needs root), and
                run each: without rights, its root read-only, without a network
TEXT
}

image_engine() {
  local engine
  for engine in docker podman buildah; do
    if command -v "$engine" >/dev/null; then
      printf '%s\n' "$engine"
      return 0
    fi
  done
  die "none of docker, podman and buildah is here; apt-get install buildah brings one that needs no daemon"
}

# image_build ENGINE TAG [argument…]: all three.
image_build() {
  local engine=$1 tag=$2 service words=(build)
  shift 2
  # HEALTHCHECK is of docker's format alone.
  [[ $engine == docker ]] || words+=(--format docker)
  for service in relay admin usage; do
    timed "image weir-$service:$tag" quietly "$engine" "${words[@]}" "$@" --target "$service" --tag "weir-$service:$tag" \
      --file "$WEIR_ROOT/deploy/docker/Dockerfile" "$WEIR_ROOT" || die "$engine could not build weir-$service"
  done
}

image_check() {
  local scratch container
  [[ $(id -u) -eq 0 ]] || die "./weir images --check needs root: it mounts what it builds"
  ensure_packages images "${PACKAGES_IMAGES[@]}"
  weir_package --output "$WEIR_ROOT/packages"
  # No storage of the machine's own is touched.
  scratch=$(mktemp -d -t weir-images.XXXXXX)
  export STORAGE_DRIVER=vfs BUILDAH_ISOLATION=chroot
  printf '[storage]\ndriver = "vfs"\nrunroot = "%s/run"\ngraphroot = "%s/images"\n' "$scratch" "$scratch" >"$scratch/storage.conf"
  export CONTAINERS_STORAGE_CONF=$scratch/storage.conf
  timed "a base of Debian 12" quietly mmdebstrap --variant=minbase --include=ca-certificates bookworm "$scratch/base.tar"
  container=$(buildah from scratch)
  quietly buildah add "$container" "$scratch/base.tar" /
  quietly buildah commit --rm "$container" localhost/weir-base
  image_build buildah check --build-arg BASE=localhost/weir-base --build-arg PACKAGES=ready
  unshare --net /usr/bin/python3 -B "$WEIR_ROOT/tests/images/check_images.py" check
  rm -rf "$scratch"
}

weir_images() {
  local engine='' tag=latest arguments=() packages=0
  while [[ $# -gt 0 ]]; do
    case $1 in
      -h | --help)
        image_help
        return 0
        ;;
      --check)
        image_check
        return
        ;;
      --packages) packages=1 ;;
      --engine | --tag | --base)
        [[ -n ${2:-} ]] || usage_error images "$1 needs a value"
        case $1 in
          --engine) engine=$2 ;;
          --tag) tag=$2 ;;
          --base) arguments+=(--build-arg "BASE=$2") ;;
        esac
        shift
        ;;
      *) usage_error images "no such option: $1" ;;
    esac
    shift
  done
  [[ -n $engine ]] || engine=$(image_engine)
  if ((packages)); then
    weir_package --output "$WEIR_ROOT/packages"
    arguments+=(--build-arg PACKAGES=ready)
  fi
  arguments+=(--build-arg "REVISION=$(git -C "$WEIR_ROOT" rev-parse HEAD 2>/dev/null || echo unknown)")
  image_build "$engine" "$tag" "${arguments[@]}"
}
