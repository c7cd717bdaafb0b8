# shellcheck shell=bash
# ./weir clients: real clients against the running services. tests/clients/README.md says how.

clients_help() {
  cat <<'TEXT'
usage: ./weir clients [filter] [--case R] [--upstream R] [--quick] [--write]

Installs Claude Code, Codex, the Gemini CLI, the OpenAI, Anthropic and Google SDKs, the Vercel
AI SDK and LangChain, pinned, below the build folder, and drives each against the running Weir with
the fake provider: text, streams, tools, images, usage against the ledger, errors. Prints a table; fails if
anything does. A client that cannot be had here is a line `skipped: why`.

  filter        a regular expression: only the clients whose names match
  --case R      only the cases whose names match (tests/clients/cases.py)
  --upstream R  only the upstreams whose names match (Anthropic, OpenAI Chat, …)
  --quick       only the SDKs, which install in seconds, each on its own protocol
  --write       put the table into docs/clients.md
TEXT
}

weir_clients() {
  local status=0 argument
  for argument in "$@"; do
    case $argument in
      -h | --help)
        clients_help
        return 0
        ;;
    esac
  done
  ensure_packages clients "${PACKAGES_BUILD[@]}" "${PACKAGES_TEST[@]}"
  # Where Node came another way, npm came with it, and Debian's would quarrel with that one.
  command -v npm >/dev/null || ensure_packages node "${PACKAGES_NODE[@]}"
  compile release weir-relay weir-admin weir-usage weir-fake-provider
  /usr/bin/python3 -B "$WEIR_ROOT/tests/clients/run.py" --build-dir "$(build_dir release)" "$@" \
    </dev/null || status=$?
  if [[ $status -eq 77 ]]; then
    note "some were skipped, see above"
    return 0
  fi
  return "$status"
}
