"""``policy``: is this policy valid, and what does it expect of a package?"""

from __future__ import annotations

import os
import time
from argparse import Namespace
from collections.abc import Sequence
from typing import Any

from conda_provenance.cli.output import MAX_SENTENCE, Output
from conda_provenance.cli.status import Status
from conda_provenance.condarc import POLICY
from conda_provenance.errors import UsageError
from conda_provenance.packages.file_names import ENDINGS, name_version_build
from conda_provenance.policy import Expectations, Policy, PolicyError, load_policy
from conda_provenance.policy.loading import load_policy_of, looks_like_path, ready_path
from conda_provenance.policy.names import fit_name
from conda_provenance.policy.policy import Applied, PolicyException, Rule, Scope, ended_note
from conda_provenance.policy.sentences import sentences
from conda_provenance.text import escape, redact_location, show_sentence, show_value
from conda_provenance.verify.roster import ids_of, roster


def run(arguments: Namespace, output: Output) -> Status:
    """Check a policy, or explain what one expects."""
    if arguments.action == "check":
        if arguments.policy is not None:
            raise UsageError("--policy means nothing with check: name the policy after it.")
        return _check(arguments.subject, output)
    return _explain(arguments.subject, _policy(arguments.policy), output)


# --- check ---------------------------------------------------------------------------------------


def _check(wanted: str, output: Output) -> Status:
    try:
        policy = load_policy(wanted, ids_of(roster()))
    except PolicyError as error:
        return _print_faults(error, output)

    now = time.time()
    notes = [ended_note(each) for each in policy.exceptions if each.has_ended(now)]
    if output.json:
        output.object(policy=_described(policy), valid=True, faults=[], notes=notes)
        return Status.YES

    output.line(f"{_shown(policy.location)} is valid.")
    output.field("file", _file(policy))
    if policy.description:
        output.field("description", policy.description)
    output.field("rules", str(len(policy.rules)))
    output.field("exceptions", str(len(policy.exceptions)))
    output.field("sha256", policy.digest)
    for each in notes:
        output.warning_line(each)
    return Status.YES


def _print_faults(error: PolicyError, output: Output) -> Status:
    if output.json:
        faults = [
            {"line": line, "key": key, "message": show_sentence(message, MAX_SENTENCE)}
            for line, key, message in error.faults
        ]
        output.object(policy=None, valid=False, faults=faults, notes=[])

    for fault in error.faults:
        output.error(f"{_shown(error.location)}, {fault}.")
    return Status.MISUSED


# --- explain -------------------------------------------------------------------------------------


def _policy(wanted: str | None) -> Policy:
    from conda_provenance.policy.settings import load_verify_settings

    known = ids_of(roster())
    if wanted is not None:
        return load_policy(wanted, known)

    configured = load_verify_settings(os.environ).policy
    if not configured:
        raise UsageError(
            f"No policy is named: give --policy FILE, or set plugins.{POLICY.name} in .condarc."
        )
    return load_policy_of(POLICY, configured, known)


def _explain(subject: str, policy: Policy, output: Output) -> Status:
    channel, name = _package(subject)
    now = time.time()
    applied = policy.applied(channel, name, now)
    expected = policy.expectations(channel, name, now)
    said = sentences(expected) if applied.rule else expected.notes
    if output.json:
        output.object(
            package=show_value(name),
            channel=channel,
            policy=_described(policy),
            rule=_described_rule(applied.rule),
            exceptions=[
                *(_described_exception(each, True) for each in applied.exceptions),
                *(_described_exception(each, False) for each in applied.ended),
            ],
            expects=_described_expectations(expected) if applied.rule else None,
            sentences=list(said),
        )
    else:
        _print_explanation(channel, name, policy, applied, said, output)
    return Status.YES if applied.rule else Status.NO


def _print_explanation(
    channel: str | None,
    name: str,
    policy: Policy,
    applied: Applied,
    said: Sequence[str],
    output: Output,
) -> None:
    output.field("package", show_value(name))
    output.field("channel", channel or "not known: rules with channels are not about it")
    output.field("policy", f"{policy.name} ({_file(policy)})")
    if applied.rule:
        output.field("rule", f"line {applied.rule.line}, {_scope(applied.rule.scope)}")
    for sentence in said:
        output.line(sentence)
    for each in applied.exceptions:
        output.line(f"Excepted until {each.until.isoformat()} (line {each.line}): {each.reason}")
    for each in applied.ended:
        output.warning_line(f"{ended_note(each)} (line {each.line})")


def _package(subject: str) -> tuple[str | None, str]:
    """The channel's address, if there is one, and the package's name."""
    from conda_provenance.sources.specs import split_channel

    channel, name = split_channel(subject)
    if name.endswith(ENDINGS):
        name = name_version_build(name.rpartition("/")[2])[0]
    if fit_name(name) is None:
        raise UsageError(
            f"{show_value(subject) or repr('')} is no package: give its name, CHANNEL::NAME, or "
            "the name of its file."
        )
    return (_channel(channel) if channel else None), name


def _channel(channel: str) -> str:
    """The address of a channel, which may be given by a name that conda knows."""
    from conda_provenance.sources.channels.addresses import find_subdirs

    addresses = dict.fromkeys(each.channel for each in find_subdirs(channel, ("noarch",)))
    if len(addresses) != 1:
        raise UsageError(
            f"{show_value(channel)} stands for several channels: give one by its address."
        )
    return next(iter(addresses))


# --- JSON ----------------------------------------------------------------------------------------


def _described(policy: Policy) -> dict[str, Any]:
    return {
        "name": policy.name,
        "file": _file(policy),
        "sha256": policy.digest,
        "description": policy.description or None,
    }


def _described_rule(rule: Rule | None) -> dict[str, Any] | None:
    if rule is None:
        return None
    return {"line": rule.line, **_described_scope(rule.scope)}


def _described_scope(scope: Scope) -> dict[str, Any]:
    return {"packages": [each.text for each in scope.packages], "channels": list(scope.channels)}


def _described_exception(exception: PolicyException, counts: bool) -> dict[str, Any]:
    return {
        "line": exception.line,
        "reason": exception.reason,
        "until": exception.until.isoformat(),
        "counts": counts,
    }


def _described_expectations(expected: Expectations) -> dict[str, Any]:
    return {
        "repositories": [str(each) for each in expected.repositories],
        "repository_id": expected.repository_id,
        "owner_id": expected.owner_id,
        "checks": list(expected.required),
        "accept": "consistent" if expected.accepts_consistent else "verified",
        "reviews": expected.reviews,
        "fresh_reviews": expected.fresh_reviews,
        "bots": list(expected.bots),
        "refs": list(expected.refs),
        "side_commits": expected.side_commits,
        "paths": list(expected.paths),
        "strict_extras": expected.strict_extras,
        "generated_recipes": expected.generated_recipe,
        "providers": list(expected.providers),
        "workflows": list(expected.workflows),
        "runners": list(expected.runners),
        "ci_hosts": list(expected.ci_hosts),
        "signers": [str(each) for each in expected.signers],
        "issuers": list(expected.issuers),
        "forges": dict(expected.forge_hosts),
    }


# --- text ----------------------------------------------------------------------------------------


def _scope(scope: Scope) -> str:
    packages = f"packages {', '.join(each.text for each in scope.packages[:10])}"
    more = f" and {len(scope.packages) - 10} more" if len(scope.packages) > 10 else ""
    channels = f" of {', '.join(scope.channels)}" if scope.channels else ""
    return f"{packages}{more}{channels}"


def _file(policy: Policy) -> str:
    is_file = looks_like_path(policy.location)
    return _shown(policy.location if is_file else ready_path(policy.location))


def _shown(location: str) -> str:
    return escape(redact_location(location), 1000)
