#!/usr/bin/env bash
# Ends the Action as the answer was. Reads: STATUS, FAIL_ON.
set -euo pipefail
. "$GITHUB_ACTION_PATH/action/words.sh"

case $FAIL_ON in
  any | failures | never) ;;
  *) fail "The input 'fail-on' is 'any', 'failures' or 'never'." ;;
esac

case $STATUS in
  0) exit 0 ;;
  1) sentence="Packages fall short of what is required, or are refuted: see the summary." ;;
  3) sentence="Not everything could be told: see the summary and the log." ;;
  *) fail "It could not be run, or its inputs make no sense: see the log." ;;
esac

if [ "$FAIL_ON" = any ] || { [ "$FAIL_ON" = failures ] && [ "$STATUS" = 1 ]; }; then
  printf '::error title=conda-provenance::%s\n' "$sentence"
  exit 1
fi
printf '::warning title=conda-provenance::%s\n' "$sentence"
