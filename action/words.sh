# shellcheck shell=bash
# Shared by the steps of action.yml. Inputs come as variables and are never evaluated: a line is a
# word, whatever is in it. It runs in the bash 3.2 of macOS, which has no "mapfile" and no "local -n".

words=()

# add PREFIX TEXT: a word for every line of TEXT that is not blank, with PREFIX before it.
add() {
  local line
  while IFS= read -r line || [ -n "$line" ]; do
    line=${line%$'\r'}
    if [[ $line =~ [^[:space:]] ]]; then
      words+=("$1$line")
    fi
  done <<<"$2"
}

# fail SENTENCE: a sentence of ours, without a stranger's text, and the end.
fail() {
  printf '::error title=conda-provenance::%s\n' "$1"
  exit 2
}

# output NAME VALUE: an output of the step. A value with a line's end would be a second output.
output() {
  case $2 in
    *$'\n'* | *$'\r'*) fail "A path with a line's end in it cannot be an output of this step." ;;
  esac
  printf '%s=%s\n' "$1" "$2" >>"$GITHUB_OUTPUT"
}

# hush: from here on, no line of this step's log is a command to GitHub. What packages say is
# escaped by conda-provenance already; this holds whatever else prints there.
hush() {
  resume=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
  [ "${#resume}" = 32 ] || fail "There are no random numbers here to guard the log with."
  trap speak EXIT
  printf '::stop-commands::%s\n' "$resume"
}

# speak: commands count again.
speak() {
  trap - EXIT
  printf '::%s::\n' "$resume"
}
