"""AppVeyor.

- The marker is ``True`` on Windows and ``true`` on Linux.
- A "shallow clone" is a zip file without ``.git``. These variables may then be all there is.
- Mercurial's hashes are as long as git's. ``APPVEYOR_REPO_SCM`` tells them apart.
- A pull request is built as a merge into its target. Its own last commit is in
  ``…_HEAD_COMMIT``, and ``APPVEYOR_REPO_BRANCH`` is the target. In some builds of tags
  ``APPVEYOR_REPO_BRANCH`` is the tag's name.
- GitHub's merge commit is fetched when the job starts, so git may have a later one than
  ``APPVEYOR_REPO_COMMIT`` says.
- The repository's name has no host. The provider tells the host, except for a self-hosted git
  server.
- No variable names the event. Some kinds of events have a variable each, but a push has none.
"""

from __future__ import annotations

from conda_provenance.ci import Adapter, Environ, unless, when

_NUMBER = r"{APPVEYOR_PULL_REQUEST_NUMBER:\d+}"
_PAGE = "/project/{APPVEYOR_ACCOUNT_NAME}/{APPVEYOR_PROJECT_SLUG}/builds/{APPVEYOR_BUILD_ID}"
_OTHER_THAN_GIT = "{APPVEYOR_REPO_SCM:(?!(?i:git)$).+}"
_HOSTS = {"github": "github.com", "gitlab": "gitlab.com", "bitbucket": "bitbucket.org"}


def _remote_url(environ: Environ) -> str | None:
    """``https://github.com/owner/name``"""
    return _url(environ, "APPVEYOR_REPO_NAME")


def _head_remote_url(environ: Environ) -> str | None:
    """``https://github.com/somebody/name``"""
    return _url(environ, "APPVEYOR_PULL_REQUEST_HEAD_REPO_NAME")


def _url(environ: Environ, name: str) -> str | None:
    """The address of the git repository that this variable names as ``owner/name``."""
    host = _HOSTS.get(environ.get("APPVEYOR_REPO_PROVIDER", "").lower())
    repository = None if environ.has(_OTHER_THAN_GIT) else environ.get(name)
    return f"https://{host}/{repository}" if host and repository else None


def _merge(environ: Environ) -> str | None:
    """The number of a pull request, if the commit that is built is not its own last one."""
    head = environ.commit("APPVEYOR_PULL_REQUEST_HEAD_COMMIT")
    built = environ.commit("APPVEYOR_REPO_COMMIT")
    return environ.fill(_NUMBER) if head and built and head != built else None


ADAPTER = Adapter(
    provider="appveyor",
    name="AppVeyor",
    docs="https://www.appveyor.com/docs/environment-variables/",
    active=("APPVEYOR",),
    run_api="conda_provenance.systems.appveyor.run_api:AppVeyorRuns",
    run_id=r"{APPVEYOR_BUILD_ID:[1-9]\d*}",
    run_url=when(
        "{APPVEYOR_URL}",
        "{APPVEYOR_URL:(.+?)/*}" + _PAGE,
        otherwise="https://ci.appveyor.com" + _PAGE,
    ),
    sha=unless(_OTHER_THAN_GIT, "{APPVEYOR_REPO_COMMIT}"),
    remote_url=_remote_url,
    workspace="{APPVEYOR_BUILD_FOLDER}",
    event=(
        when(_NUMBER, "pull_request"),
        when("APPVEYOR_SCHEDULED_BUILD", "scheduled_build"),
        when("APPVEYOR_FORCED_BUILD", "forced_build"),  # started by hand
        when("APPVEYOR_RE_BUILD", "re_build"),
        when("APPVEYOR_REPO_TAG", "tag"),
    ),
    branch=when(
        _NUMBER,
        "{APPVEYOR_PULL_REQUEST_HEAD_REPO_BRANCH}",
        otherwise=unless(
            ("APPVEYOR_REPO_TAG", "{APPVEYOR_REPO_TAG_NAME}"), "{APPVEYOR_REPO_BRANCH}"
        ),
    ),
    tag="{APPVEYOR_REPO_TAG_NAME}",
    pull_request=_NUMBER,
    merge=_merge,
    head_sha=unless(_OTHER_THAN_GIT, "{APPVEYOR_PULL_REQUEST_HEAD_COMMIT}"),
    head_remote_url=_head_remote_url,
    left_out={
        "attempt": "APPVEYOR_RE_BUILD says that a build is a repetition, not which "
        "one, and the repetition has an id of its own"
    },
)
