#!/usr/bin/env bash
# Installs conda-provenance into an environment of its own, or takes the program that is named.
# Reads: PROGRAM_INPUT, PYTHON_INPUT, VERSION_INPUT, COMMAND_INPUT, ATTEST_INPUT.
set -euo pipefail
. "$GITHUB_ACTION_PATH/action/words.sh"

[[ $PROGRAM_INPUT != -* ]] || fail "The input 'program' is no program: it begins with a dash."
[[ $PYTHON_INPUT != -* ]] || fail "The input 'python' is no program: it begins with a dash."

# A version, or nothing else: it becomes a part of what pip is told.
[[ $VERSION_INPUT =~ ^([0-9][0-9A-Za-z.]*)?$ ]] ||
  fail "The input 'version' takes a version such as 0.2.0, or nothing for that of the Action."

is_recent='import sys; sys.exit(sys.version_info < (3, 10))'
python=
candidates=("$PYTHON_INPUT")
[ -n "$PYTHON_INPUT" ] || candidates=(python3 python)
for each in "${candidates[@]}"; do
  if "$each" -c "$is_recent" >/dev/null 2>&1; then
    python=$each
    break
  fi
done
[ -n "$python" ] || fail "There is no Python 3.10 or newer here: add a step with actions/setup-python."

if [ -n "$PROGRAM_INPUT" ]; then
  program=$(command -v -- "$PROGRAM_INPUT") || fail "The input 'program' names no program here."
  output program "$program"
  output python "$(command -v -- "$python")"
  exit
fi

# Signatures are checked and made by sigstore, which an audit does not need.
extra=
case "$COMMAND_INPUT:$ATTEST_INPUT" in verify:* | *:sign) extra='[sigstore]' ;; esac

place=$RUNNER_TEMP/conda-provenance-${GITHUB_ACTION:-action}
hush
"$python" -m venv "$place"
if [ -d "$place/Scripts" ]; then programs=$place/Scripts; else programs=$place/bin; fi
what=${VERSION_INPUT:+conda-provenance$extra==$VERSION_INPUT}
"$programs/python" -m pip install --quiet --disable-pip-version-check \
  "${what:-$GITHUB_ACTION_PATH$extra}"
"$programs/conda-provenance" --version
speak
output program "$programs/conda-provenance"
output python "$programs/python"
