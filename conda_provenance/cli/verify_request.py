"""Makes of the options of ``verify`` what is expected, which checks run, and how it may ask.

Raises :class:`~conda_provenance.errors.UsageError` for what makes no sense.
"""

from __future__ import annotations

import re
from argparse import Namespace
from collections.abc import Callable, Sequence

from conda_provenance.cli.target_request import require_no_empty_text
from conda_provenance.errors import UsageError
from conda_provenance.patterns import RepositoryPattern
from conda_provenance.policy.expectations import Expectations
from conda_provenance.text import show_value
from conda_provenance.values import is_full_sha
from conda_provenance.verify.subject import Subject
from conda_provenance.verify.world import Ways

_TEXTS = {
    "expect_repo": "--expect-repo",
    "expect_sha": "--expect-sha",
    "expect_ref": "--expect-ref",
    "expect_provider": "--expect-provider",
    "policy": "--policy",
    "only": "--only",
    "skip": "--skip",
    "allow": "--allow",
    "max_age": "--max-age",
    "token_file": "--token-file",
    "evidence": "--evidence",
    "evidence_digest": "--evidence-digest",
}
"""Options that take any text."""

_ALLOWED = ("http", "private")
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}


def require_sense(arguments: Namespace) -> None:
    """Raise an error for options that contradict each other."""
    given = vars(arguments)
    require_no_empty_text(given, _TEXTS)
    if given["only"] and given["skip"]:
        raise UsageError("--only and --skip contradict each other: give one of them.")

    if given["evidence_digest"] and not (given["evidence"] and given["offline"]):
        raise UsageError(
            "--evidence-digest means nothing without --evidence and --offline: it says which file "
            "of evidence is to be believed."
        )


def expectations_of(
    arguments: Namespace, known_checks: Sequence[str]
) -> Callable[[Subject], Expectations]:
    """What is expected of a package, by the options."""
    sha = arguments.expect_sha
    if sha is not None and not is_full_sha(sha):
        raise UsageError(
            f"--expect-sha takes a full commit hash of 40 or 64 lower-case digits, not "
            f"{show_value(sha, 80)}."
        )

    expected = Expectations(
        repositories=tuple(map(RepositoryPattern.parse, arguments.expect_repo or ())),
        repositories_by="--expect-repo" if arguments.expect_repo else "",
        sha=sha,
        refs=tuple(arguments.expect_ref or ()),
        providers=tuple(arguments.expect_provider or ()),
        only=_checks("--only", arguments.only, known_checks),
        skip=_checks("--skip", arguments.skip, known_checks),
    )
    return lambda _subject: expected


def ways_of(arguments: Namespace) -> Ways:
    """How the outside may be asked."""
    return Ways(
        offline=arguments.offline,
        allow=frozenset(_words("--allow", arguments.allow, _ALLOWED)),
        max_age=_seconds(arguments.max_age),
        evidence=arguments.evidence,
        evidence_digest=_digest(arguments.evidence_digest),
        token_file=arguments.token_file,
    )


def _checks(flag: str, given: Sequence[str] | None, known: Sequence[str]) -> tuple[str, ...]:
    return _words(flag, given, known)


def _words(flag: str, given: Sequence[str] | None, known: Sequence[str]) -> tuple[str, ...]:
    words = [word.strip() for text in given or () for word in text.split(",")]
    for word in filter(None, words):
        if word not in known:
            raise UsageError(
                f"{flag} does not know {show_value(word, 80)}: it takes {', '.join(known)}."
            )
    return tuple(dict.fromkeys(filter(None, words)))


def _seconds(text: str | None) -> float:
    if text is None:
        return 0.0

    match = re.fullmatch(r"(\d{1,9})\s*([smhdw])", text.strip().lower(), re.ASCII)
    if match is None:
        raise UsageError(
            f"--max-age takes a duration such as 30m, 12h or 1d, not {show_value(text, 40)}."
        )
    return float(int(match[1]) * _UNITS[match[2]])


def _digest(text: str | None) -> str | None:
    if text is None:
        return None

    digest = text.strip().lower().removeprefix("sha256:")
    if not re.fullmatch(r"[0-9a-f]{64}", digest):
        raise UsageError(
            f"--evidence-digest takes a sha256 of 64 hexadecimal digits, not "
            f"{show_value(text, 80)}."
        )
    return digest
