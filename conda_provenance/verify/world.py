"""Opens the ``World``: everything outside the packages that checks may ask, and how it is asked."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import NamedTuple

from conda_provenance.bundles import containers
from conda_provenance.lookup import ProbingLookup
from conda_provenance.net import Reach, origin_of
from conda_provenance.policy.settings import VerifySettings
from conda_provenance.verify.answer_cache import AnswerCache
from conda_provenance.verify.answers import Answers
from conda_provenance.verify.attested.given import Given
from conda_provenance.verify.attested.verifying import Bundles
from conda_provenance.verify.check import World
from conda_provenance.verify.doors import HostDoors
from conda_provenance.verify.evidence import EvidenceFolder
from conda_provenance.verify.git import GitRepositories
from conda_provenance.verify.keeping import Keeping
from conda_provenance.verify.token_files import read_token_files
from conda_provenance.verify.tokens import Tokens, system_keyring
from conda_provenance.web import Web

_CONNECTIONS = 4
"""To one server."""

Warn = Callable[[str], None]


class WorldOptions(NamedTuple):
    """How the outside may be asked, in the words of the command line."""

    offline: bool = False
    allow: frozenset[str] = frozenset()
    """``http`` and ``private``: what a package may lead to beyond public https addresses."""
    max_age: float = 0.0
    """Seconds for which an answer that was kept counts. 0: ask again."""
    evidence: str | None = None
    """The folder of evidence."""
    evidence_digests: frozenset[str] = frozenset()
    """The files of evidence that are believed."""
    token_files: tuple[str, ...] = ()
    bundles: tuple[Given, ...] = ()
    """Files with signed statements that the user names."""
    trust_root: bytes | None = None
    """The root of trust that the user names. ``None``: the public one of the library."""
    policy_forges: Mapping[str, str] = {}
    """Hosts, and the vendor of the forge there, as the policy says."""


class Opened(NamedTuple):
    """What a run asks, and what becomes of the answers."""

    world: World
    keeping: Keeping


@contextmanager
def open_world(
    options: WorldOptions,
    settings: VerifySettings,
    environ: Mapping[str, str],
    now: float,
    warn: Warn,
) -> Iterator[Opened]:
    """The outside, for the length of a ``with`` block. ``warn`` is called with sentences.

    Raises :class:`~conda_provenance.errors.UsageError`.
    """
    reach = _reach(options, settings)
    tokens = _tokens(options, settings, environ, warn)
    with ExitStack() as stack:
        cache = None
        if options.max_age and not options.offline:
            cache = AnswerCache(environ, warn, max_age=options.max_age, reach=reach)
            stack.callback(cache.close)
        answers = Answers(offline=options.offline, cache=cache)
        web = stack.enter_context(Web(offline=options.offline, connections=_CONNECTIONS))
        doors = HostDoors(web, answers, tokens, reach, tls=settings.tls, warn=warn)
        repositories = stack.enter_context(
            GitRepositories(
                answers,
                doors.probe,
                reach=reach,
                authorization=tokens.git_authorization,
                tls=settings.tls,
                environ=environ,
            )
        )
        lookup = ProbingLookup(doors, user=settings.forges, policy=options.policy_forges)
        folder = EvidenceFolder(options.evidence) if options.evidence else None
        keeping = Keeping(folder, offline=options.offline, believed=options.evidence_digests)
        bundles = Bundles(
            given=options.bundles,
            fetch=lambda url: web.fetch(url, limit=containers.MAX_SIZE),
            trust_root=options.trust_root,
        )
        yield Opened(World(repositories, lookup, now, answers, bundles), keeping)


def _tokens(
    options: WorldOptions, settings: VerifySettings, environ: Mapping[str, str], warn: Warn
) -> Tokens:
    servers = {origin_of(f"https://{name}"): vendor for name, vendor in settings.forges.items()}
    return Tokens(
        environ,
        files=read_token_files(options.token_files, warn),
        keyring=system_keyring(warn) if settings.keyring and not options.offline else None,
        named={server: vendor for server, vendor in servers.items() if server is not None},
    )


def _reach(options: WorldOptions, settings: VerifySettings) -> Reach:
    if options.offline:  # Nobody is asked, so what was allowed when the answers were kept counts.
        return Reach(http=True, private=True)

    servers = (origin_of(f"https://{name.partition('/')[0]}") for name in settings.forges)
    named = frozenset({*filter(None, servers), *settings.tls})
    return Reach("http" in options.allow, "private" in options.allow, named)
