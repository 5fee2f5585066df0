#!/usr/bin/env bash
# Writes statements about the packages that were checked, unsigned, or signed as this run.
# Reads: PROGRAM, ATTEST_INPUT, TARGETS, REPORT, TRUST_CONFIG.
set -euo pipefail
. "$GITHUB_ACTION_PATH/action/words.sh"

case $ATTEST_INPUT in
  statement | predicate | github | sign) ;;
  *) fail "The input 'attest' is 'statement', 'predicate', 'github', 'sign' or nothing." ;;
esac
[ -z "$TRUST_CONFIG" ] || [ "$ATTEST_INPUT" = sign ] ||
  fail "The input 'trust-config' belongs to 'attest: sign'."

# The package files: those that are named, and those in folders that are named.
add "" "$TARGETS"
packages=()
for each in ${words[@]+"${words[@]}"}; do
  case $each in /* | [A-Za-z]:[\\/]*) ;; *) each=./$each ;; esac
  while IFS= read -r -d '' file; do
    packages+=("$file")
  done < <(find "$each" -type f \( -name '*.conda' -o -name '*.tar.bz2' \) -print0 2>/dev/null | LC_ALL=C sort -z)
done
number=${#packages[@]}
[ "$number" != 0 ] || fail "The input 'targets' names no package file to attest: channels and lockfiles are not attested."
[ "$ATTEST_INPUT" != github ] || [ "$number" = 1 ] ||
  fail "GitHub's attestation takes one package at a time: use 'attest: sign', or a job for each package."

place=$REPORT/attestations
mkdir -p "$place"
hush
case $ATTEST_INPUT in
  statement) "$PROGRAM" attest --output "$place" -- "${packages[@]}" ;;
  sign)
    "$PROGRAM" attest --sign ${TRUST_CONFIG:+"--trust-config=$TRUST_CONFIG"} --output "$place" \
      -- "${packages[@]}"
    ;;
  predicate | github)
    for each in "${packages[@]}"; do
      "$PROGRAM" attest --predicate-only -- "$each" >"$place/${each##*/}.predicate.json"
    done
    ;;
esac
speak

output attestations "$place"
if [ "$number" = 1 ] && { [ "$ATTEST_INPUT" = predicate ] || [ "$ATTEST_INPUT" = github ]; }; then
  output subject "${packages[0]}"
  output predicate "$place/${packages[0]##*/}.predicate.json"
fi
