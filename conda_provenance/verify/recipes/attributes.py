"""Which files git may change when it checks them out, by the ``.gitattributes`` of a commit.

Whether a line is about a file is not decoded: one that changes any file below it leaves all of
them open.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping

from conda_provenance.verify.repository import Entry

_NAME = ".gitattributes"
_LINE = rb"(?m)^(?!\s*#).*[ \t](?:%s)(?![^\s=])"
_CHANGES = re.compile(_LINE % b"filter|working-tree-encoding")
_CHANGES_OR_FILLS_IN = re.compile(_LINE % b"filter|working-tree-encoding|ident")
_MAX_FETCHED = 1000


def changed_at_checkout(
    paths: Iterable[str],
    files: Mapping[str, Entry],
    blobs: Callable[[Iterable[str]], Mapping[str, bytes]],
    *,
    has_ident: bool = False,
) -> set[str]:
    """Those of these paths whose files may differ from the commit's in a clone of it.

    ``files`` are all of the commit, and ``blobs`` gives the contents of some by their ids.
    ``has_ident``: may git have filled in ``$Id$``? It changes nothing else for that attribute.
    """
    on_way = {path: [files[each].id for each in _on_way(path) if each in files] for path in paths}
    ids = list(dict.fromkeys(each for found in on_way.values() for each in found))
    contents = blobs(ids[:_MAX_FETCHED]) if ids else {}
    changes = _CHANGES_OR_FILLS_IN if has_ident else _CHANGES
    unsure = {each for each in ids if each not in contents or changes.search(contents[each])}
    return {path for path, found in on_way.items() if not unsure.isdisjoint(found)}


def _on_way(path: str) -> Iterator[str]:
    """Where the files with attributes of a path may be."""
    parts = path.split("/")
    for end in range(len(parts)):
        yield "/".join((*parts[:end], _NAME))
