"""``attested``: does a signed statement name this file's digest, and agree with the stamp?

A signature proves who signed, and the certificate in which run. That it was the build is what the
statement says: only an expected signer is believed about it. A statement about a publication says
nothing of the build.

What is broken, signed by somebody whom nobody expects, or of a kind that cannot be verified here
neither passes nor fails: anybody can put such a file beside a package, or post it at a forge.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from conda_provenance.text import as_clause, listed, show, show_sentence
from conda_provenance.verify.attested.judging import JudgedBundle, Worth, judge
from conda_provenance.verify.attested.places import Search, find_bundles
from conda_provenance.verify.attested.publication import channel_of
from conda_provenance.verify.check import Case, Check, World
from conda_provenance.verify.grounds import ATTESTED, BUILD, PUBLICATION
from conda_provenance.verify.outcome import Result

_MAX_MESSAGE = 1500
_MAX_LISTED = 20
_MAX_NAMED = 3

_STRIPPED = (
    "The policy wants a signed statement, and whoever handed on the package may have left it out."
)


class Attested(Check):
    id = ATTESTED
    summary = "Does a signed statement by an expected signer name the file's digest?"
    proves = (
        "of a build: that this run vouches for these bytes. Of a publication: who published them, "
        "and nothing of the build"
    )

    def check(self, case: Case, world: World) -> Result:
        sha256 = case.subject.computed_sha256
        if sha256 is None:
            return self.unavailable(
                "The bytes of the file were not read, so its digest is unknown: --check reads them."
            )

        search = find_bundles(case, world, sha256)
        judged = [judge(found, case, sha256, world.bundles) for found in search.found]
        result = self._judged(judged, search, case)
        return result._replace(facts={**result.facts, **_facts(judged, search)})

    def _judged(self, judged: Sequence[JudgedBundle], search: Search, case: Case) -> Result:
        """What counts first: a contradiction, then what passes, then what is left open."""
        by_worth = defaultdict[Worth, list[JudgedBundle]](list)
        for each in judged:
            by_worth[each.worth].append(each)
        if contradictions := by_worth[Worth.CONTRADICTION]:
            return self._contradicted(contradictions[0])
        if builds := by_worth[Worth.BUILD]:
            return self._build(builds[0], judged, search)
        if publications := by_worth[Worth.PUBLICATION]:
            return self._publication(publications[0], judged, search)
        if pulls := by_worth[Worth.PULL_REQUEST]:
            first = pulls[0]
            return self.failed(_said(f"{_signed(first)}, but {first.why}."), **_of(first))

        left = [*by_worth[Worth.OPEN], *by_worth[Worth.UNCHECKABLE]]
        if left or by_worth[Worth.BROKEN] or search.unread or search.more:
            return self._open([*left, *by_worth[Worth.BROKEN]], search)
        return self._nothing(by_worth[Worth.OTHER_FILE], case)

    def _contradicted(self, judged: JudgedBundle) -> Result:
        return self.failed(
            _said(f"{_signed(judged)}, contradicts the package: {judged.why}."),
            contradicts=True,
            **_of(judged),
        )

    def _build(
        self, judged: JudgedBundle, others: Sequence[JudgedBundle], search: Search
    ) -> Result:
        facts = _of(judged)
        notes = dict.fromkeys(each.why for each in judged.comparisons if each.agrees and each.why)
        note = f" ({'; '.join(notes)})" if notes else ""
        return self.passed(
            _said(
                f"{_signed(judged)}, names this file's digest and agrees with the package in "
                f"{listed(facts.get('agrees', ()), 'and', 5)}{note}.{_beside(others, search)}"
            ),
            statement=BUILD,
            **facts,
        )

    def _publication(
        self, judged: JudgedBundle, others: Sequence[JudgedBundle], search: Search
    ) -> Result:
        assert judged.signed is not None
        channel = channel_of(judged.signed.statement)
        where = f" to {show(channel, 300)}" if channel else ""
        return self.passed(
            _said(
                f"{_signed(judged)}, says that this file was published{where}, not that it was "
                f"built there.{_beside(others, search)}"
            ),
            statement=PUBLICATION,
            **({"channel": channel} if channel else {}),
            **_of(judged),
        )

    def _open(self, left: Sequence[JudgedBundle], search: Search) -> Result:
        """Nothing passes, and nothing contradicts."""
        reasons = [f"{each.why} ({each.where})" for each in left]
        reasons += [as_clause(each.why) for each in search.unread if each.is_broken or not left]
        times = [*(each.retry_at for each in left), *(each.retry_at for each in search.unread)]
        retry_at = max(filter(None, times), default=None)
        what = "No signed statement about this file counts" if left else "No bundle could be read"
        return self.unavailable(
            _said(f"{what}: {_first(reasons) or 'there are too many'}."), retry_at=retry_at
        )

    def _nothing(self, others: Sequence[JudgedBundle], case: Case) -> Result:
        what = "No signed statement about this file was found."
        if others:
            where = others[0].where
            more = f", and {len(others) - 1} more" if len(others) > 1 else ""
            what = _said(f"{what[:-1]}; what was found is about another file ({where}{more}).")
        if ATTESTED in case.expected.required:
            return self.unavailable(f"{what} {_STRIPPED}")
        return self.not_applicable(what)


def _signed(judged: JudgedBundle) -> str:
    assert judged.signed is not None
    certificate = judged.signed.certificate
    what = "a publication" if judged.worth is Worth.PUBLICATION else "a build"
    return f"A statement of {what}, signed by {certificate.signer}"


def _beside(others: Iterable[JudgedBundle], search: Search) -> str:
    """What was found as well and counts for nothing."""
    idle = (Worth.OPEN, Worth.UNCHECKABLE, Worth.BROKEN, Worth.PULL_REQUEST)
    reasons = [f"{each.why} ({each.where})" for each in others if each.worth in idle]
    reasons += [as_clause(each.why) for each in search.unread if each.is_broken]
    return f" What counts for nothing beside it: {_first(reasons)}." if reasons else ""


def _first(reasons: Sequence[str]) -> str:
    """The first of them, and how many there are besides."""
    more = len(reasons) - _MAX_NAMED
    return "; ".join([*reasons[:_MAX_NAMED], *([f"and {more} more"] if more > 0 else [])])


def _of(judged: JudgedBundle) -> dict[str, Any]:
    """What is known by the statement that decided."""
    assert judged.signed is not None
    certificate = judged.signed.certificate._asdict()
    agrees: dict[str, None] = {}
    differs: dict[str, str] = {}
    not_compared: dict[str, str] = {}
    for each in judged.comparisons:
        if each.agrees:
            agrees[each.key] = None
        elif each.agrees is False:
            differs[each.key] = each.said
        else:
            not_compared[f"{each.key} by the {each.by}"] = each.why

    facts: dict[str, Any] = {
        "signer": certificate.pop("identity"),
        "signed_at": judged.signed.signed_at,
        "predicate_type": judged.signed.statement.predicate_type,
        "bundle": judged.sha256,
        **certificate,
        "agrees": list(agrees),
        "differs": differs,
        "not_compared": not_compared,
    }
    return {key: value for key, value in facts.items() if value}


def _facts(judged: Sequence[JudgedBundle], search: Search) -> dict[str, Any]:
    facts: dict[str, Any] = {
        "bundles": [dict(each.facts) for each in judged],
        "unread": [{"where": each.where, "why": each.why} for each in search.unread[:_MAX_LISTED]],
        "found": len(judged) + search.more,
        "looked_at": len(judged),
    }
    return {key: value for key, value in facts.items() if value}


def _said(sentence: str) -> str:
    # What it quotes was made fit to be shown.
    return sentence if len(sentence) <= _MAX_MESSAGE else show_sentence(sentence, _MAX_MESSAGE)


CHECK = Attested()
