#!/usr/bin/env bash
# Audits or verifies, and writes the page, the results and the summary of the step. It ends well
# whatever the answer is, so that the report is kept: the last step of the Action judges.
# Reads: PROGRAM, PYTHON, COMMAND_INPUT, TARGETS, CHANNELS, LOCKFILES, REQUIRE, EXPECT_REPO, POLICY,
# FAIL_UNDER, BASELINE, EVIDENCE, OPTIONS.
set -euo pipefail
. "$GITHUB_ACTION_PATH/action/words.sh"

case $COMMAND_INPUT in
  audit)
    [ -z "$POLICY$EVIDENCE" ] || fail "The inputs 'policy' and 'evidence' belong to 'verify'."
    repo=--repo=
    ;;
  verify)
    [ -z "$REQUIRE$FAIL_UNDER$BASELINE" ] ||
      fail "The inputs 'require', 'fail-under' and 'baseline' belong to 'audit'."
    repo=--expect-repo=
    ;;
  *) fail "The input 'command' is 'audit' or 'verify'." ;;
esac
[[ $EVIDENCE =~ ^(true|false)?$ ]] || fail "The input 'evidence' is 'true' or nothing."

[ -n "$TARGETS$CHANNELS$LOCKFILES$OPTIONS" ] ||
  fail "There is nothing to check: give 'targets', 'channels' or 'lockfiles'."

# A job may use the Action more than once.
report=$(mktemp -d "$RUNNER_TEMP/conda-provenance-report-XXXXXX")

# What is judged, given again where the results are shown. Values stand after "=", so that none of
# them is taken for an option.
add "$repo" "$EXPECT_REPO"
add --require= "$REQUIRE"
add --fail-under= "$FAIL_UNDER"
add --baseline= "$BASELINE"
gate=(${words[@]+"${words[@]}"})
[ "$COMMAND_INPUT" = audit ] || gate=()

add --policy= "$POLICY"
add --channel= "$CHANNELS"
add --lockfile= "$LOCKFILES"
[ "$EVIDENCE" != true ] || words+=("--evidence=$report/evidence")
add "" "$OPTIONS"
words+=("--html=$report/page.html" "--markdown=$GITHUB_STEP_SUMMARY" --json --)
add "" "$TARGETS"

output page "$report/page.html"
output results "$report/results.json"
output report "$report"

hush
status=0
"$PROGRAM" "$COMMAND_INPUT" "${words[@]}" </dev/null >"$report/results.json" || status=$?
if [ "$status" = 0 ] || [ "$status" = 1 ] || [ "$status" = 3 ]; then
  # The same as text, for the log.
  "$PROGRAM" "$COMMAND_INPUT" ${gate[@]+"${gate[@]}"} --merge "$report/results.json" || true
fi
speak

output status "$status"
"$PYTHON" "$GITHUB_ACTION_PATH/action/counts.py" "$report/results.json" >>"$GITHUB_OUTPUT"
