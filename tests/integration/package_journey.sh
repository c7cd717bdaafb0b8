#!/usr/bin/env bash
# A life of the Debian packages in $1 on a machine that is thrown away: an overlay of this one's root, without a network.
# Run by test_packages.py within namespaces of its own (unshare --mount --net --pid --fork).
set -euo pipefail

packages=$1
scratch=$(mktemp -d)
mount -t tmpfs none "$scratch"
mkdir -p "$scratch"/{upper,work,machine}
mount -t overlay overlay -o "lowerdir=/,upperdir=$scratch/upper,workdir=$scratch/work" "$scratch/machine"
mount -t proc proc "$scratch/machine/proc"
mount --rbind /dev "$scratch/machine/dev"
mkdir -p "$scratch/machine/mnt/packages"
mount --bind "$packages" "$scratch/machine/mnt/packages"
ip link set lo up

chroot "$scratch/machine" bash -euo pipefail <<'INSIDE'
export DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8
fail() { echo "package_journey: $*" >&2; exit 1; }
rm -rf /run/systemd # no unit is started here: systemd does not run

# installed: an unprivileged user each, secrets for whom they are, nothing that others can write
dpkg -i /mnt/packages/*.deb >/tmp/dpkg.log 2>&1 || { cat /tmp/dpkg.log >&2; fail "dpkg -i"; }
for name in relay admin usage; do
  [[ $(getent passwd "weir-$name" | cut -d: -f7) == */nologin ]] || fail "weir-$name has a shell"
done
kept() { stat -c '%a %U:%G' "/etc/weir/secrets/$1"; }
[[ $(kept internal.token) == '640 root:weir' ]] || fail "internal.token: $(kept internal.token)"
[[ $(kept master.key) == '600 weir-admin:weir-admin' ]] || fail "master.key: $(kept master.key)"
writable=$(dpkg -L weir-relay weir-admin weir-usage | grep . | xargs -d '\n' -I{} find {} -maxdepth 0 -perm /022 ! -type l)
[[ -z $writable ]] || fail "others may write: $writable"

# they run with the settings that came, as that user, and answer
become() { # NAME command…: this shell becomes the command, with the package's settings
  local name=$1
  shift
  mapfile -t settings < <(grep -v '^#' "/etc/weir/$name.env")
  exec setpriv --reuid="weir-$name" --regid="weir-$name" --init-groups --no-new-privs --bounding-set=-all \
    env -i -C "/var/lib/weir/$name" "${settings[@]}" "$@"
}
declare -A pids
for name in usage admin relay; do
  install -d -o "weir-$name" -g "weir-$name" -m 0700 "/var/lib/weir/$name" # as StateDirectory= does
  become "$name" "/usr/bin/weir-$name" >"/tmp/$name.log" 2>&1 &
  pids[$name]=$!
  for ((i = 0; i < 200; i++)); do
    ! (become "$name" "/usr/bin/weir-$name" ready) 2>/dev/null || break
    sleep 0.1
  done
  (become "$name" "/usr/bin/weir-$name" ready) || { tail "/tmp/$name.log" >&2; fail "$name is not ready"; }
done
for file in /etc/weir/secrets/master.key /var/lib/weir/admin/admin.db /var/lib/weir/usage/usage.db; do
  [[ -s $file ]] || fail "$file is not there"
  ! (become relay /usr/bin/cat "$file") >/dev/null 2>&1 || fail "the relay can read $file"
done
curl -fsS -H 'accept: text/html' http://127.0.0.1:8081/setup | grep -q '<div id="app"' || fail "admin serves no console"
[[ $(curl -s -o /dev/null -w '%{http_code}' http://127.0.0.1:8080/v1/models) == 401 ]] || fail "the relay does not ask for a key"
for name in relay admin usage; do
  kill "${pids[$name]}"
  wait "${pids[$name]}" || fail "$name ended with $?"
done

# a new version: what the operator changed and the secrets stay
echo 'WEIR_RELAY_LISTEN=127.0.0.1:18080' >>/etc/weir/relay.env
token=$(cat /etc/weir/secrets/internal.token)
dpkg -i --force-confold /mnt/packages/*.deb >/tmp/dpkg.log 2>&1 || { cat /tmp/dpkg.log >&2; fail "upgrade"; }
grep -q 18080 /etc/weir/relay.env || fail "the upgrade took the operator's settings"
[[ $(cat /etc/weir/secrets/internal.token) == "$token" ]] || fail "the upgrade made another token"

# gone, and what cannot be made again is still there
dpkg --purge weir-relay weir-admin weir-usage >/tmp/dpkg.log 2>&1 || { cat /tmp/dpkg.log >&2; fail "purge"; }
[[ ! -e /usr/bin/weir-relay && ! -e /etc/weir/relay.env ]] || fail "something of it stayed"
[[ -s /etc/weir/secrets/master.key && -s /var/lib/weir/admin/admin.db ]] || fail "purge took data or secrets"
echo "installed, served, upgraded, purged"
INSIDE
