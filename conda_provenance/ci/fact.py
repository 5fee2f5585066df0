"""How an adapter states a fact about a run: templates, conditions and functions.

A :data:`Fact` is one of

- ``None``: the system does not say it;
- a template, which :meth:`Environ.fill` fills;
- a tuple of facts, of which the first that gives a value is used;
- :func:`when` or :func:`unless`: a fact that holds under a condition;
- a function of the variables, for what the other forms cannot say. The reference page shows the
  first line of its docstring.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeAlias

from conda_provenance.ci.environ import Environ


@dataclass(frozen=True, slots=True)
class When:
    """A fact that depends on marks. Made by :func:`when` and :func:`unless`."""

    marks: tuple[str, ...]
    """The condition: one of these marks is there (:meth:`Environ.has`)."""
    then: Fact
    otherwise: Fact


Fact: TypeAlias = str | tuple[str | When, ...] | When | Callable[[Environ], str | None] | None


def when(marks: str | tuple[str, ...], fact: Fact, otherwise: Fact = None) -> When:
    """``fact`` if one of ``marks`` is there, else ``otherwise``.

    If the condition holds, ``otherwise`` is never used, even if ``fact`` has no value.
    """
    return When(_tuple(marks), fact, otherwise)


def unless(marks: str | tuple[str, ...], fact: Fact) -> When:
    """``fact`` if none of ``marks`` is there."""
    return When(_tuple(marks), None, fact)


def value_of(fact: Fact, environ: Environ) -> str | None:
    """The value of ``fact`` in this environment. It is not cleaned yet."""
    if fact is None or isinstance(fact, str):
        return fact and environ.fill(fact)
    if isinstance(fact, tuple):
        values = (value_of(each, environ) for each in fact)
        return next((value for value in values if value is not None), None)
    if isinstance(fact, When):
        return value_of(fact.then if environ.has_any(fact.marks) else fact.otherwise, environ)
    return fact(environ)


def templates(fact: Fact) -> Iterator[str]:
    """Every template in ``fact``, except those in conditions."""
    if isinstance(fact, str):
        yield fact
    elif isinstance(fact, tuple):
        for each in fact:
            yield from templates(each)
    elif isinstance(fact, When):
        yield from templates(fact.then)
        yield from templates(fact.otherwise)


def conditions(fact: Fact) -> Iterator[str]:
    """Every mark in the conditions of ``fact``."""
    if isinstance(fact, tuple):
        for each in fact:
            yield from conditions(each)
    elif isinstance(fact, When):
        yield from fact.marks
        yield from conditions(fact.then)
        yield from conditions(fact.otherwise)


def _tuple(marks: str | tuple[str, ...]) -> tuple[str, ...]:
    return (marks,) if isinstance(marks, str) else marks
