# shellcheck shell=bash
# ./weir client: points a client on this machine at Weir. tools/client_settings.py does the work.

client_help() {
  cat <<'TEXT'
usage: ./weir client claude|codex|gemini|env [--url URL] [--yes] [--data DIR]

  claude   Claude Code: ~/.claude/settings.json
  codex    Codex CLI: ~/.codex/config.toml
  gemini   Gemini CLI: ~/.gemini/settings.json
  env      prints lines for a shell that suit every client and SDK, writes nothing

Shows what would change, asks, keeps a copy of the file as it was, and leaves all else in it as it
stands. A file that cannot be read is not touched.

  --url URL   the relay's address; else WEIR_RELAY_URL, else that of DIR (./weir up)
  --yes       do not ask
  --data DIR  the folder of ./weir up (data)

The key is WEIR_API_KEY of the environment, else that of DIR.
TEXT
}

weir_client() {
  local client='' url=${WEIR_RELAY_URL:-} key=${WEIR_API_KEY:-} arguments=()
  control_options client "$@"
  set -- "${REST[@]}"
  while [[ $# -gt 0 ]]; do
    case $1 in
      --url)
        [[ -n ${2:-} ]] || usage_error client "--url needs a value"
        url=$2
        shift
        ;;
      --yes) arguments+=(--yes) ;;
      claude | codex | gemini | env)
        [[ -z $client ]] || usage_error client "one client at a time"
        client=$1
        ;;
      *) usage_error client "unknown client or option: $1" ;;
    esac
    shift
  done
  [[ -n $client ]] || usage_error client "which client?"
  ensure_packages client python3
  url=${url:-$(file_value "$DATA_DIR/dev.env" WEIR_RELAY_URL)}
  key=${key:-$(file_value "$DATA_DIR/dev.env" WEIR_API_KEY)}
  [[ -n $url ]] || die "no address: run ./weir up first, or say --url"
  WEIR_API_KEY=$key /usr/bin/python3 -B "$WEIR_ROOT/tools/client_settings.py" "$client" \
    --url "$url" "${arguments[@]}"
}
