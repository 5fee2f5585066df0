"""Whether the user's token may be used for what one package names.

A package may name a repository that is private to whoever verifies it. What only a login can read
is asked for where the user or the policy expects that repository, and nowhere else. So nothing of
it can be shown or kept, whatever a check says. Which token is for which server is not known here.
"""

from __future__ import annotations

from collections.abc import Iterable

from conda_provenance.errors import NotShownError, UnavailableError
from conda_provenance.forge_api import ForgeApi
from conda_provenance.lookup import Lookup
from conda_provenance.policy.expectations import Expectations
from conda_provenance.remotes import RemoteUrl
from conda_provenance.run_api import RunApi, RunClaim
from conda_provenance.verify.answers import Answer, Answers
from conda_provenance.verify.check import World
from conda_provenance.verify.named import not_shown
from conda_provenance.verify.repository import Repositories, Repository

_PUBLIC = b"It is public."
_NO_LOGIN = b"It is asked without a login."


def world_for(world: World, expected: Expectations) -> World:
    """The world as a package may ask it of which this is expected."""
    return world._replace(
        repositories=_OwnRepositories(world.repositories, expected),
        lookup=_OwnLookup(world.lookup, expected, world.answers),
    )


class _OwnRepositories:
    """Git gets a token for expected repositories only: public ones need none."""

    def __init__(self, repositories: Repositories, expected: Expectations) -> None:
        self._repositories = repositories
        self._expected = expected

    def expect(
        self,
        remote: RemoteUrl,
        shas: Iterable[str],
        *,
        with_files: bool,
        with_token: bool = True,
        contents: Iterable[bytes] = (),
    ) -> None:
        sent = with_token and self._expected.has_repository(remote)
        self._repositories.expect(
            remote, shas, with_files=with_files, with_token=sent, contents=contents
        )

    def of(self, remote: RemoteUrl, *, with_token: bool = True) -> Repository:
        sent = with_token and self._expected.has_repository(remote)
        return self._repositories.of(remote, with_token=sent)


class _OwnLookup:
    """A forge gets a token for public repositories too, since it answers more often then.

    It is asked first whether the repository is public. Another CI than the forge's own gets none:
    its projects may be private where the repository is not.
    """

    def __init__(self, lookup: Lookup, expected: Expectations, answers: Answers) -> None:
        self._lookup = lookup
        self._expected = expected
        self._answers = answers

    def forge(self, remote: RemoteUrl, *, hint: str = "", with_token: bool = True) -> ForgeApi:
        api = self._lookup.forge(remote, hint=hint, with_token=with_token)
        if self._expected.has_repository(remote):
            return api

        if api.door.scope and type(api).repository is ForgeApi.repository:
            return self._lookup.forge(remote, hint=hint, with_token=False)
        self._require_public(api, "changes", api.door.scope)
        return api

    def runs(self, claim: RunClaim, *, with_token: bool = True) -> RunApi:
        if self._expected.has_repository(claim.remote):
            return self._lookup.runs(claim, with_token=with_token)

        api = self._lookup.runs(claim, with_token=with_token)
        if not api.is_of_forge:
            return self._lookup.runs(claim, with_token=False)

        forge = self._lookup.forge(claim.remote, hint=claim.provider)
        self._require_public(forge, "runs", api.door.scope)
        return api

    def is_named(self, host: str) -> bool:
        return self._lookup.is_named(host)

    def _require_public(self, forge: ForgeApi, what: str, scope: str) -> None:
        """Raise unless anybody may read the repository, or we ask as anybody does.

        All that is noted of it is the answer to this question.
        """
        remote = forge.remote

        def ask() -> Answer:
            if not scope:
                return Answer(_NO_LOGIN)
            if _is_public(forge, self._answers):
                return Answer(_PUBLIC, with_token=True)
            raise UnavailableError(not_shown(remote))

        try:
            self._answers.get(f"PUBLIC {what} {remote}", ask, scope=scope)
        except UnavailableError as error:
            # Evidence of an expected repository does not have the question, but may have the rest.
            if not self._answers.is_offline or str(error) == not_shown(remote):
                raise


def _is_public(forge: ForgeApi, answers: Answers) -> bool:
    """What the forge says. That there is no such repository counts like a private one."""
    try:
        with answers.unnoted():
            return forge.repository().is_private is False
    except (NotShownError, NotImplementedError):
        return False
