#!/usr/bin/env bash
# Installs conda-provenance into an environment of its own, or takes the program that is named.
# Reads: PROGRAM_INPUT, PYTHON_INPUT, COMMAND_INPUT, ATTEST_INPUT.
set -euo pipefail
. "$GITHUB_ACTION_PATH/action/words.sh"

[[ $PROGRAM_INPUT != -* ]] || fail "The input 'program' is no program: it begins with a dash."
[[ $PYTHON_INPUT != -* ]] || fail "The input 'python' is no program: it begins with a dash."

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

place=$(mktemp -d "$RUNNER_TEMP/conda-provenance-XXXXXX")
hush
"$python" -m venv "$place"
if [ -d "$place/Scripts" ]; then programs=$place/Scripts; else programs=$place/bin; fi
# The Action's own code: whoever pins its commit has pinned what runs.
"$programs/python" -m pip install --quiet --disable-pip-version-check "$GITHUB_ACTION_PATH$extra"
"$programs/conda-provenance" --version
speak
output program "$programs/conda-provenance"
output python "$programs/python"
