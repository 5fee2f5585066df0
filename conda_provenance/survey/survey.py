"""``survey``: reads many packages and gives the results in their order."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from conda_provenance.sources import Found
from conda_provenance.survey.reading import Reading, read_found


def survey(found: Iterable[Found], *, thorough: bool = False) -> Iterator[Reading]:
    """Read every package, in the order of ``found``, which is consumed as it goes on.

    A package that cannot be read has an error in its reading; the rest goes on. What ``found``
    itself raises is raised.
    """
    for each in found:
        yield read_found(each, thorough=thorough)
