# shellcheck shell=bash
# ./weir backup and ./weir restore. docs/backup.md says what is in a backup and why in this order.

readonly BACKUP_FORMAT=1
readonly PACKAGES_BACKUP=(postgresql-client-15)

backup_help() {
  cat <<'TEXT'
usage: ./weir backup [--data DIR] [--no-secrets] [FILE]

Copies what the services of DIR hold into one file (weir-<time>.tar.gz), while they run: what relays
have not reported yet, the ledger, admin's database, weir.yaml, and the secrets. Databases are
copied as of one moment each: SQLite by the services' own programs, PostgreSQL
(WEIR_ADMIN_DATABASE_URL, WEIR_USAGE_DATABASE_URL) by pg_dump. The file is readable by its owner
only. It holds the master key, so keep it as you keep a password; --no-secrets leaves the secrets
out, and a restore then needs --secrets.
TEXT
}

restore_help() {
  cat <<'TEXT'
usage: ./weir restore [--data DIR] [--secrets DIR] FILE

Puts a backup into DIR, which must not hold databases yet, and into the PostgreSQL databases of
WEIR_ADMIN_DATABASE_URL and WEIR_USAGE_DATABASE_URL, which must be empty, when the backup is of
PostgreSQL. Nothing is touched before the whole file has been checked. --secrets: a folder with
master.key and internal.token, for a backup without them. Then: ./weir up.
TEXT
}

is_postgres() { [[ $1 =~ ^postgres(ql)?:// ]]; }

# One database for both, as in compose's `full`: it is dumped and restored once, as weir.dump.
is_shared_postgres() {
  local url
  url=$(database_url admin)
  is_postgres "$url" && [[ $url == "$(database_url usage)" ]]
}

# with_postgres URL program…: runs it with the URL behind -d. The password, before the host or in ?password=,
# goes by the environment, since everybody on the machine may read a command line.
with_postgres() {
  local url=$1 password='' parameter='^([^?]*[?](.*&)?)password=([^&]*)&?(.*)$'
  shift
  if [[ $url =~ ^(postgres(ql)?://[^:/@]*):([^@/]*)@(.*)$ ]]; then
    url=${BASH_REMATCH[1]}@${BASH_REMATCH[4]}
    password=${BASH_REMATCH[3]}
  fi
  # As PostgreSQL reads it, the parameter is the one that holds where there are both.
  while [[ $url =~ $parameter ]]; do
    password=${BASH_REMATCH[3]}
    url=${BASH_REMATCH[1]}${BASH_REMATCH[4]}
  done
  [[ -n $password ]] || {
    "$@" -d "$url"
    return
  }
  # %41 is an escape of URLs, \x41 one of printf.
  password=$(printf '%b' "$(sed 's/\\/\\\\/g; s/%\([0-9A-Fa-f][0-9A-Fa-f]\)/\\x\1/g' <<<"$password")")
  PGPASSWORD=$password "$@" -d "${url%[?&]}"
}

weir_backup() {
  local secrets=1 file='' staging=''
  control_options backup "$@"
  set -- "${REST[@]}"
  while (($# > 0)); do
    case $1 in
      --no-secrets) secrets=0 ;;
      -*) usage_error backup "unknown option $1" ;;
      *)
        [[ -z $file ]] || usage_error backup "one file at most"
        file=$1
        ;;
    esac
    shift
  done
  file=${file:-weir-$(date -u +%Y%m%d-%H%M%S).tar.gz}
  [[ ! -e $file ]] || die "$file is there already"
  [[ -d $DATA_DIR/secrets ]] || die "$DATA_DIR is not a data folder of ./weir up"
  umask 077
  staging=$(mktemp -d "$file.XXXXXX") || die "cannot write beside $file"
  # shellcheck disable=SC2064
  trap "rm -rf -- '$staging' '$staging.part'" EXIT
  backup_into "$staging" "$secrets"
  tar -C "$staging" -czf "$staging.part" .
  mv "$staging.part" "$file"
  say "backup: $file ($(du -h "$file" | cut -f1))"
  ((secrets == 0)) || note "it holds the master key: keep it as you keep a password"
}

# What relays have not reported comes first: until the ledger has an event it is in the spool, so an
# event that left the spool before we looked is in the ledger that is copied afterwards. (An event
# in both counts once.)
backup_into() {
  local folder=$1 secrets=$2 service segment sums
  mkdir "$folder/spool"
  for segment in "$DATA_DIR"/relay/spool/*.spool; do
    # A segment may be acknowledged and gone between the two.
    [[ ! -e $segment ]] || cp "$segment" "$folder/spool/" 2>/dev/null || [[ ! -e $segment ]]
  done
  if is_shared_postgres; then
    timed "copying the database of usage and admin" dump_postgres "$(database_url admin)" "$folder/weir.dump"
  else
    for service in usage admin; do
      timed "copying the database of $service" backup_database "$service" "$folder"
    done
  fi
  [[ ! -e $DATA_DIR/weir.yaml ]] || cp "$DATA_DIR/weir.yaml" "$folder/"
  if ((secrets == 1)); then
    cp -r "$DATA_DIR/secrets" "$folder/"
    [[ ! -e $DATA_DIR/dev.env ]] || cp "$DATA_DIR/dev.env" "$folder/"
  fi
  sums=$(cd "$folder" && find . -type f -print0 | sort -z | xargs -0 sha256sum)
  printf 'weir-backup %s\n%s\n' "$BACKUP_FORMAT" "$sums" >"$folder/MANIFEST"
}

backup_database() {
  local service=$1 folder=$2 url
  url=$(database_url "$service")
  if is_postgres "$url"; then
    dump_postgres "$url" "$folder/$service.dump"
  else
    with_database "$service" backup "$folder/$service.db"
  fi
}

dump_postgres() { # URL FILE
  ensure_packages backup "${PACKAGES_BACKUP[@]}"
  with_postgres "$1" pg_dump --format=custom --compress=0 --no-owner --file "$2"
}

# with_database SERVICE command…: the service's own program on its database.
with_database() (
  local service=$1 settings=()
  shift
  mapfile -t settings < <(database_setting "$service")
  export_settings "${settings[@]}"
  quietly "$(service_binary "$service")" "$@"
)

weir_restore() {
  local secrets='' file='' staging='' service
  control_options restore "$@"
  set -- "${REST[@]}"
  while (($# > 0)); do
    case $1 in
      --secrets)
        [[ -s ${2:-}/master.key ]] || usage_error restore "--secrets wants a folder with master.key"
        secrets=$2
        shift
        ;;
      -*) usage_error restore "unknown option $1" ;;
      *)
        [[ -z $file ]] || usage_error restore "one file at most"
        file=$1
        ;;
    esac
    shift
  done
  [[ -n $file ]] || usage_error restore "which file?"
  [[ -r $file ]] || die "cannot read $file"
  any_service_running && die "services of $DATA_DIR run; ./weir down --data $DATA_DIR first"
  umask 077
  mkdir -p "$DATA_DIR"
  staging=$(mktemp -d "$DATA_DIR/.restore.XXXXXX") || die "the folder $DATA_DIR cannot be written"
  # shellcheck disable=SC2064
  trap "rm -rf -- '$staging'" EXIT
  timed "checking $file" check_backup "$file" "$staging" || die "nothing was restored"
  if [[ -n $secrets ]]; then
    [[ ! -e $staging/secrets ]] ||
      die "the backup has its own secrets, and needs no others: leave out --secrets"
    cp -r "$secrets" "$staging/secrets"
  fi
  [[ -s $staging/secrets/master.key ]] ||
    die "the backup is without secrets: give the folder that has them with --secrets DIR"
  check_restore_targets "$staging"
  restore_databases "$staging"
  timed "ending log-ins" with_database admin after-restore
  restore_files "$staging"
  say "restored into $DATA_DIR; start with: ./weir up$(data_option)"
}

# The archive into STAGING; every file must be as it was.
check_backup() {
  local file=$1 staging=$2 format
  tar -C "$staging" -xzf "$file" --no-same-owner || {
    note "$file is no backup, or is cut off"
    return 1
  }
  read -r _ format <"$staging/MANIFEST" 2>/dev/null || format=''
  [[ $format == "$BACKUP_FORMAT" ]] || {
    note "$file is no backup of a form that this version knows (${format:-no MANIFEST})"
    return 1
  }
  (cd "$staging" && tail -n +2 MANIFEST | sha256sum --check --quiet --strict) || {
    note "$file is damaged"
    return 1
  }
}

check_restore_targets() {
  local staging=$1 service
  if is_shared_postgres; then
    [[ -e $staging/weir.dump ]] || die "the backup is not of one database for admin and usage, but both are set to one"
    check_postgres_is_empty admin
    return
  fi
  [[ ! -e $staging/weir.dump ]] || die "the backup is of one PostgreSQL database for admin and usage: name a new one in both DATABASE_URL"
  for service in usage admin; do check_restore_target "$service" "$staging"; done
}

check_postgres_is_empty() {
  local service=$1 tables
  ensure_packages backup "${PACKAGES_BACKUP[@]}"
  tables=$(with_postgres "$(database_url "$service")" psql -AtXq -c "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'") ||
    die "the database of $service cannot be reached"
  [[ $tables == 0 ]] || die "the database of $service has $tables tables: it must be empty"
}

# Never over what is there.
check_restore_target() {
  local service=$1 staging=$2 url file
  url=$(database_url "$service")
  if is_postgres "$url"; then
    [[ -e $staging/$service.dump ]] ||
      die "the backup of $service is of SQLite, but $service is set to a PostgreSQL database"
    check_postgres_is_empty "$service"
  else
    [[ -e $staging/$service.db ]] ||
      die "the backup of $service is of PostgreSQL: name its new database in WEIR_${service^^}_DATABASE_URL"
    # SQLite would play what an older database has left beside it into the new one.
    for file in "${url#sqlite:}"{,-wal,-shm,-journal}; do
      [[ ! -e $file ]] || die "$file is there already: move it away, or choose another --data"
    done
  fi
}

restore_databases() {
  local staging=$1 service
  if is_shared_postgres; then
    timed "restoring the database of usage and admin" load_postgres "$(database_url admin)" "$staging/weir.dump"
    return
  fi
  for service in usage admin; do
    timed "restoring the database of $service" restore_database "$service" "$staging"
  done
}

restore_database() {
  local service=$1 staging=$2 url
  url=$(database_url "$service")
  if is_postgres "$url"; then
    load_postgres "$url" "$staging/$service.dump"
  else
    mv "$staging/$service.db" "${url#sqlite:}"
  fi
}

load_postgres() { # URL FILE
  with_postgres "$1" pg_restore --no-owner --single-transaction "$2"
}

restore_files() {
  local staging=$1 file
  mkdir -p "$DATA_DIR/secrets" "$DATA_DIR/relay/spool"
  cp "$staging"/secrets/* "$DATA_DIR/secrets/"
  for file in weir.yaml dev.env; do
    [[ ! -e $staging/$file ]] || cp "$staging/$file" "$DATA_DIR/"
  done
  find "$staging/spool" -type f -name '*.spool' -exec mv -t "$DATA_DIR/relay/spool" {} +
  chmod 0700 "$DATA_DIR" "$DATA_DIR/secrets" "$DATA_DIR/relay"
}
