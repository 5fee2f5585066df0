# May this package be installed? Only with a summary (VSA) that a known verifier has signed.
#
# input.package    {"sha256", "url"}: the file at hand, hashed here, and where it was fetched from
# input.now        the time, as 2026-11-26T06:00:00Z
# input.signer     {"identity", "issuer"}: whoever signed, by the certificate of a bundle whose
#                  signature holds. Absent without one: nothing in this file verifies signatures
# input.statement  the statement in that bundle
# data.settings    {"verifiers": [{"id", "identity", "issuer"}], "policies": [sha256], "max_age_hours"}
package admission

import rego.v1

default allow := false

allow if count(deny) == 0

deny contains "It has no summary that is signed." if not input.signer

deny contains "The signer is nobody who may sign." if {
	input.signer
	not known_signer
}

deny contains "The signer may not sign for this verifier." if {
	known_signer
	not known_verifier
}

deny contains "It is no summary of a verification." if not is_summary

deny contains "It is about another file." if not is_about_the_file

deny contains "It is about another place to fetch from." if not is_about_the_place

deny contains "It was decided by another policy." if not is_by_a_known_policy

deny contains "The package did not pass." if not has_passed

deny contains "It is too old, or from the future." if not is_fresh

known_signer if {
	some verifier in data.settings.verifiers
	is_signer(verifier)
}

# Who signs and for whom belong together: anybody could write another's id.
known_verifier if {
	some verifier in data.settings.verifiers
	is_signer(verifier)
	input.statement.predicate.verifier.id == verifier.id
}

is_signer(verifier) if {
	input.signer.identity == verifier.identity
	input.signer.issuer == verifier.issuer
}

is_summary if {
	input.statement._type == "https://in-toto.io/Statement/v1"
	input.statement.predicateType == "https://slsa.dev/verification_summary/v1"
}

is_about_the_file if {
	some subject in input.statement.subject
	subject.digest.sha256 == input.package.sha256
}

is_about_the_place if input.statement.predicate.resourceUri == input.package.url

is_by_a_known_policy if {
	some sha256 in data.settings.policies
	input.statement.predicate.policy.digest.sha256 == sha256
}

has_passed if {
	input.statement.predicate.verificationResult == "PASSED"
	"SLSA_BUILD_LEVEL_UNEVALUATED" in input.statement.predicate.verifiedLevels
}

# A clock may be five minutes wrong.
is_fresh if {
	verified := nanoseconds(input.statement.predicate.timeVerified)
	now := nanoseconds(input.now)
	verified <= now + ((5 * 60) * 1000000000)
	now - verified <= ((data.settings.max_age_hours * 3600) * 1000000000)
}

# Not every engine reads the "Z" of a time in UTC.
nanoseconds(moment) := time.parse_rfc3339_ns(concat("", [trim_suffix(moment, "Z"), "+00:00"])) if {
	endswith(moment, "Z")
}
