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
cp "$(dirname "$0")/../../docs/backup.md" "$scratch/machine/mnt/"
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
start() { # NAME: until it is ready; how it ends will be in NAME.rc
  local name=$1 i
  install -d -o "weir-$name" -g "weir-$name" -m 0700 "/var/lib/weir/$name" # as StateDirectory= does
  rm -f "/run/$name.rc"
  (
    status=0
    (echo "$BASHPID" >"/run/$name.pid" && become "$name" "/usr/bin/weir-$name") >"/tmp/$name.log" 2>&1 || status=$?
    echo "$status" >"/run/$name.rc"
  ) &
  for ((i = 0; i < 200; i++)); do
    ! (become "$name" "/usr/bin/weir-$name" ready) 2>/dev/null || return 0
    sleep 0.1
  done
  tail "/tmp/$name.log" >&2
  fail "$name is not ready"
}
stop() { # NAME
  local name=$1 i
  kill "$(cat "/run/$name.pid")"
  for ((i = 0; i < 300; i++)); do
    [[ ! -s /run/$name.rc ]] || break
    sleep 0.1
  done
  [[ $(cat "/run/$name.rc") == 0 ]] || fail "$name ended with $(cat "/run/$name.rc")"
}
for name in usage admin relay; do start "$name"; done
for file in /etc/weir/secrets/master.key /var/lib/weir/admin/admin.db /var/lib/weir/usage/usage.db; do
  [[ -s $file ]] || fail "$file is not there"
  ! (become relay /usr/bin/cat "$file") >/dev/null 2>&1 || fail "the relay can read $file"
done
curl -fsS -H 'accept: text/html' http://127.0.0.1:8081/setup | grep -q '<div id="app"' || fail "admin serves no console"
[[ $(curl -s -o /dev/null -w '%{http_code}' http://127.0.0.1:8080/v1/models) == 401 ]] || fail "the relay does not ask for a key"

# backed up and restored by hand, word for word as docs/backup.md has it; these two do for systemd, which does not run
systemctl() { # start|stop UNIT…
  local act=$1 unit
  shift
  for unit in "$@"; do "$act" "${unit#weir-}"; done
}
systemd-run() { # as the recipes call it: the settings of one service, as its user
  local name
  [[ $1 == --quiet && $2 == --pipe && $3 == --wait && $4 == --collect && $5 == -p && $7 == -p ]] || fail "systemd-run $*"
  name=${8#User=weir-}
  [[ $6 == "EnvironmentFile=/etc/weir/$name.env" ]] || fail "systemd-run $*"
  shift 8
  (become "$name" "$@")
}
export -f fail become start stop systemctl systemd-run
recipe() { # TITLE: the lines of backup.md from its title to the next empty one
  awk -v title="# packages, SQLite: $1" '$0 == title { on = 1 } on && /^(```)?$/ { exit } on' /mnt/backup.md |
    sed "s/weir-DATE/weir-$(date +%F)/"
}
setup_needed() { curl -fsS http://127.0.0.1:8081/api/v1/public | grep -o '"setup_needed":[a-z]*'; }
copy=/var/backups/weir-$(date +%F)
bash -c "$(recipe 'back up')" || fail "the recipe of a backup"
[[ -s $copy/usage.db && -s $copy/admin.db ]] || fail "no copies in $copy"
! bash -c "$(recipe 'back up')" 2>/dev/null || fail "a second backup went over the first"
token=$(sed -n 's/.*#token=//p' /tmp/admin.log)
curl -fsS -o /dev/null http://127.0.0.1:8081/setup -H 'content-type: application/json' \
  -d "{\"token\":\"$token\",\"username\":\"later\",\"password\":\"made-after-the-backup\"}" || fail "no administrator was made"
[[ $(setup_needed) == *false ]] || fail "the administrator is not there"

mv "$copy/admin.db" "$copy/kept"
! bash -c "$(recipe 'restore, as root')" 2>/dev/null || fail "restored half a backup"
[[ $(setup_needed) == *false && ! -e /run/relay.rc ]] || fail "a restore without its files changed something"
mv "$copy/kept" "$copy/admin.db"
bash -c "$(recipe 'restore, as root')" || fail "the recipe of a restore"
[[ $(setup_needed) == *true ]] || fail "what came after the backup is still there"
for of in usage admin; do
  [[ $(stat -c '%a %U' "/var/lib/weir/$of/$of.db") == "600 weir-$of" ]] || fail "the restored $of.db: $(stat -c '%a %U' "/var/lib/weir/$of/$of.db")"
  [[ -s $(echo "/var/lib/weir/$of"/before-*/"$of.db") ]] || fail "the $of.db of before is gone"
done
for name in relay admin usage; do stop "$name"; done

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
echo "installed, served, restored, upgraded, purged"
INSIDE
