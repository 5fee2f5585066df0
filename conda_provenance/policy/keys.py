"""The keys of a policy's file: what each may hold. Where a key stands is not known here."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from datetime import date, datetime
from typing import Any, TypeAlias
from urllib.parse import urlsplit

from conda_provenance import systems
from conda_provenance.errors import ProvenanceError
from conda_provenance.net import USUAL_PORTS
from conda_provenance.patterns import RepositoryPattern
from conda_provenance.plugins import foreign_adapters
from conda_provenance.policy.channels import SUBDIR_END, channel_address
from conda_provenance.policy.check_ids import IDS
from conda_provenance.policy.names import PLACEHOLDER, NamePattern, filled_in
from conda_provenance.policy.refs import check_ref
from conda_provenance.policy.signers import SignerPattern, parse_issuer
from conda_provenance.text import show_value

Parse: TypeAlias = Callable[[Any], Any]
"""Raises :class:`Wrong` for what a key may not hold."""

MAX_ITEMS = 5000
MAX_TEXT = 2000
MAX_REVIEWS = 20

FORGE_VENDORS = ("azure", "bitbucket", "forgejo", "gitea", "github", "gitlab", "sourcehut")
"""The vendors that a host may be said to be of."""

_HOST = re.compile(r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*")
_ID = re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*")
_SEGMENT = re.compile(r"\*|(?!\.{1,2}\Z)[A-Za-z0-9._+@-]+")
_LOGIN = re.compile(r"[A-Za-z0-9][\w.@/-]*(?:\[bot\])?")


class Wrong(Exception):
    """A value is wrong. The message is the rest of a sentence, such as "it must be a text"."""


def flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise Wrong("it must be true or false, without quotes")
    return value


def number(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= MAX_REVIEWS:
        raise Wrong(f"it must be a whole number from 0 to {MAX_REVIEWS}")
    return value


def text(value: Any) -> str:
    if not isinstance(value, str) or not value.strip():
        raise Wrong("it must be a text in quotes")
    if len(value) > MAX_TEXT or not value.isprintable():
        raise Wrong(f"it must be one line of at most {MAX_TEXT} characters")
    return value.strip()


def day(value: Any) -> date:
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    raise Wrong("it must be a day, without quotes and without a time: write it like 2026-12-31")


def forge_number(value: Any) -> str:
    """A forge's own number of a repository or an owner. Some forges have texts."""
    if isinstance(value, int) and not isinstance(value, bool) and value > 0:
        return str(value)
    if isinstance(value, str) and re.fullmatch(r"[\w{}:./-]{1,100}", value):
        return value
    raise Wrong("it must be the number by which the forge knows it, as its API says it")


def acceptance(value: Any) -> str:
    if value not in ("verified", "consistent"):
        raise Wrong('it must be "verified" or "consistent"')
    return str(value)


def list_of(one: Callable[[str], Any]) -> Parse:
    """A list of texts, of which ``one`` reads each. No two may be the same."""

    def parse(value: Any) -> tuple[Any, ...]:
        if not isinstance(value, list):
            raise Wrong('it must be a list, written like ["…", "…"]')
        if len(value) > MAX_ITEMS:
            raise Wrong(f"it has more than {MAX_ITEMS} entries")

        read: dict[Any, None] = {}
        for each in value:
            if not isinstance(each, str):
                raise Wrong("each of its entries must be a text in quotes")
            try:
                item = one(each)
            except ProvenanceError as error:
                raise Wrong(str(error).rstrip(".")) from None
            if item in read:
                raise Wrong(f"{show_value(each)} is there twice")
            read[item] = None
        return tuple(read)

    return parse


def repository(template: str) -> str:
    """An address or a pattern, in which ``{name}`` may stand for the package's name."""
    if re.search(r"[{}]", template.replace(PLACEHOLDER, "")):
        raise Wrong(f"{show_value(template)} has another placeholder than {PLACEHOLDER}")

    # The pattern's own form, with the placeholder in it, would be refused.
    RepositoryPattern.parse(filled_in(template, "name"))
    return template


def channel(address: str) -> str:
    canonical = channel_address(address)
    if canonical is None:
        raise Wrong(
            f"{show_value(address) or repr('')} is no channel's address: write it like "
            "https://conda.anaconda.org/conda-forge, without a login or a token"
        )
    if SUBDIR_END.search(canonical):
        raise Wrong(f"{show_value(address)} is one platform's part of a channel: leave that out")
    return canonical


def folder(path: str) -> str:
    """A folder of a repository, in which ``{name}`` may stand for the package's name."""
    plain = filled_in(path, "name").rstrip("/")
    if plain in ("", "."):
        return "" if path in (".", "./") else _no_folder(path)
    if not all(map(_SEGMENT.fullmatch, plain.split("/"))):
        return _no_folder(path)
    return path.rstrip("/")


def _no_folder(path: str) -> str:
    raise Wrong(
        f"{show_value(path) or repr('')} is no folder of a repository: write it like recipe or "
        f"recipes/{PLACEHOLDER}, from the repository's top, and the top itself as '.'"
    )


def workflow(path: str) -> str:
    if not all(map(_SEGMENT.fullmatch, path.split("/"))):
        raise Wrong(
            f"{show_value(path) or repr('')} is no file of a repository: write it like "
            ".github/workflows/build.yml"
        )
    return path


def label(word: str) -> str:
    if not word.strip() or len(word) > 200 or not word.isprintable():
        raise Wrong("a runner's label is a printable word")
    return word


def login(name: str) -> str:
    if len(name) > 100 or not _LOGIN.fullmatch(name):
        raise Wrong(f"{show_value(name) or repr('')} is no login: write it as the forge shows it")
    return name


def provider(name: str) -> str:
    if name not in (known := providers()):
        raise Wrong(
            f"{show_value(name) or repr('')} is no CI system that is known{nearest(name, known)}; "
            "'conda provenance detect --list' names them all"
        )
    return name


def providers() -> tuple[str, ...]:
    """The names of all known CI systems. None of the built-in ones is loaded."""
    return (*systems.names(), *(adapter.provider for adapter in foreign_adapters()))


def ci_host(address: str) -> str:
    """The address of a CI's server, or of an organisation or a project on it."""
    try:
        parts = urlsplit(address)
        is_fit = (
            parts.scheme in ("https", "http")
            and _HOST.fullmatch((parts.hostname or "").lower())
            and address.isascii()
            and address.isprintable()
            and not re.search(r"[@?#%\\\s]|//.*//|/\.{1,2}(?:/|\Z)", address)
        )
        port = parts.port
    except ValueError:
        is_fit, port = None, None
    if not is_fit:
        raise Wrong(
            f"{show_value(address) or repr('')} is no address of a CI server, organisation or "
            "project: write it like https://ci.example.com or https://dev.azure.com/organisation"
        )

    shown_port = "" if port in (None, USUAL_PORTS[parts.scheme]) else f":{port}"
    return f"{parts.scheme}://{parts.hostname}{shown_port}{parts.path.rstrip('/')}"


def forge_host(host: str) -> str:
    """``HOST``, ``HOST:PORT`` or either with the path below which the forge is."""
    server, slash, prefix = host.strip("/").partition("/")
    name, colon, port = server.lower().partition(":")
    is_port = not colon or (re.fullmatch(r"[1-9][0-9]{0,4}", port) and int(port) < 1 << 16)
    is_path = not slash or all(
        each != "*" and _SEGMENT.fullmatch(each) for each in prefix.split("/")
    )
    if not (_HOST.fullmatch(name) and is_port and is_path):
        raise Wrong(
            f"{show_value(host) or repr('')} is no host: write it like git.example.com, without "
            "https://, and with the path where the forge is not at the top"
        )
    return (f"{name}:{port}" if colon and port != "443" else name) + slash + prefix


def forge_vendor(vendor: Any) -> str:
    if vendor not in FORGE_VENDORS:
        hint = nearest(vendor, FORGE_VENDORS) if isinstance(vendor, str) else ""
        raise Wrong(f"it must be the vendor of a forge{hint}: any of {', '.join(FORGE_VENDORS)}")
    return str(vendor)


def check_id(known: Collection[str] | None) -> Callable[[str], str]:
    """Reads the id of a check. ``None``: other distributions' checks are not known here."""
    allowed = IDS if known is None else tuple(dict.fromkeys((*IDS, *known)))

    def parse(id: str) -> str:
        if id in allowed or (known is None and _ID.fullmatch(id) and len(id) <= 60):
            return id
        raise Wrong(
            f"{show_value(id) or repr('')} is not a known check{nearest(id, allowed)}; "
            f"they are {', '.join(allowed)}"
        )

    return parse


def nearest(word: str, known: Collection[str]) -> str:
    """A question after the one that was meant, if one is much like ``word``."""
    from difflib import get_close_matches

    near = get_close_matches(word[:100].lower(), known, n=1, cutoff=0.6)
    return f" (did you mean {near[0]}?)" if near else ""


def term_keys(known_checks: Collection[str] | None) -> Mapping[str, Parse]:
    """The keys of a rule that say what is asked, and how each is read."""
    return {
        "repositories": list_of(repository),
        "repository_id": forge_number,
        "owner_id": forge_number,
        "checks": list_of(check_id(known_checks)),
        "accept": acceptance,
        "reviews": number,
        "fresh_reviews": flag,
        "bots": list_of(login),
        "refs": list_of(check_ref),
        "side_commits": flag,
        "paths": list_of(folder),
        "strict_extras": flag,
        "generated_recipes": flag,
        "providers": list_of(provider),
        "workflows": list_of(workflow),
        "runners": list_of(label),
        "ci_hosts": list_of(ci_host),
        "signers": list_of(SignerPattern.parse),
        "issuers": list_of(parse_issuer),
    }


def scope_keys() -> Mapping[str, Parse]:
    """The keys that say which packages are meant."""
    return {"packages": list_of(NamePattern.parse), "channels": list_of(channel)}
