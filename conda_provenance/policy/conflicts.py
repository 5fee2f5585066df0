"""What is wrong with a policy though each key is right: rules that never count, pins of nothing."""

from __future__ import annotations

from collections.abc import Iterator

from conda_provenance.policy.lines import Path
from conda_provenance.policy.names import PLACEHOLDER, NamePattern, filled_in
from conda_provenance.policy.policy import Policy, Scope, Terms
from conda_provenance.text import show_value


def conflicts(policy: Policy) -> Iterator[tuple[Path, str]]:
    """Each with the keys that lead to it, and the rest of a sentence."""
    for number, rule in enumerate(policy.rules):
        path: Path = ("rules", number)
        yield from _of_terms(rule.terms, path)
        for earlier in range(number):
            dead = _never_counts(rule.scope, policy.rules[earlier].scope)
            if dead is not None:
                yield (*path, "packages"), _repeated(dead, earlier)
                break

    for number, exception in enumerate(policy.exceptions):
        if exception.repositories and not any(each.terms.repositories for each in policy.rules):
            why = "no rule names repositories, so further ones would narrow what is allowed"
            yield ("exceptions", number, "repositories"), why


def _repeated(pattern: NamePattern, earlier: int) -> str:
    return (
        f"{show_value(pattern.text)} never counts here, since the first rule that fits counts and "
        f"rule {earlier + 1} fits all that it fits: put this rule before that one, or leave it out"
    )


def _never_counts(scope: Scope, earlier: Scope) -> NamePattern | None:
    """The pattern whose packages all belong to an earlier rule, if there is one."""
    has_all_channels = not earlier.channels or (
        bool(scope.channels) and set(scope.channels) <= set(earlier.channels)
    )
    if not has_all_channels:
        return None

    return next((each for each in scope.packages if earlier.covers(each)), None)


_NOT_FRESH = "no review is wanted that could be fresh: add reviews = 1, or leave it out"
_NOT_ONE = f"one number is of one repository: give one, without '*' and {PLACEHOLDER}"
_NOT_OWNED = (
    "one number is of one owner: give repositories of one owner only, without '*' and "
    f"{PLACEHOLDER} in its name"
)
_NOWHERE = (
    "with generated_recipes, no commit has the recipe in any folder: leave one of the two out"
)


def _of_terms(terms: Terms, path: Path) -> Iterator[tuple[Path, str]]:
    if terms.fresh_reviews and not terms.reviews:
        yield (*path, "fresh_reviews"), _NOT_FRESH

    if terms.repository_id and not _is_one(terms.repositories):
        yield (*path, "repository_id"), _NOT_ONE

    if terms.owner_id and len(_owners(terms.repositories)) != 1:
        yield (*path, "owner_id"), _NOT_OWNED

    if terms.generated_recipes and terms.paths:
        yield (*path, "paths"), _NOWHERE


def _is_one(repositories: tuple[str, ...]) -> bool:
    plain = [each for each in repositories if "*" not in each and PLACEHOLDER not in each]
    return len(repositories) == len(plain) == 1


def _owners(repositories: tuple[str, ...]) -> set[str]:
    """The addresses up to the last slash. One that is not fixed makes two of itself."""
    owners = {each.rstrip("/").rpartition("/")[0].lower() for each in repositories}
    fixed = {each for each in owners if "*" not in each and filled_in(each, "name") == each}
    return owners if fixed == owners else {"", "*"}
