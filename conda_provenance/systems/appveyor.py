"""AppVeyor.

- Its marker is ``True`` on Windows and ``true`` on Linux.
- A "shallow clone" is a zip file without ``.git``: what is said here may be all there is.
- Mercurial's hashes have the length of git's; ``APPVEYOR_REPO_SCM`` tells.
- A pull request is built as merged into its branch; its own last commit is the ``…_HEAD_COMMIT``. ``APPVEYOR_REPO_BRANCH``
  is the target then, and the tag's name on some builds of tags.
- GitHub's merge commit is fetched when the job starts: git may have a later one than ``APPVEYOR_REPO_COMMIT`` says.
- The repository comes without host; providers of one's own server do not say theirs.
- No variable names the event; those that mark one are taken for it.
"""

from __future__ import annotations

from conda_provenance.ci.adapter import Adapter, Environ

_HOSTS = {"github": "github.com", "gitlab": "gitlab.com", "bitbucket": "bitbucket.org"}
_NUMBER = "{APPVEYOR_PULL_REQUEST_NUMBER:\\d+}"


def _run_url(environ: Environ) -> str | None:
    """``https://ci.appveyor.com/project/account/slug/builds/45871029``"""
    server = environ.get("APPVEYOR_URL", "https://ci.appveyor.com").rstrip("/")
    page = environ.fill(
        "/project/{APPVEYOR_ACCOUNT_NAME}/{APPVEYOR_PROJECT_SLUG}/builds/{APPVEYOR_BUILD_ID}"
    )
    return server + page if page else None


def _if_git(environ: Environ, name: str) -> str | None:
    """The variable's value; nothing for Mercurial."""
    return environ.get(name) if environ.get("APPVEYOR_REPO_SCM", "git").lower() == "git" else None


def _sha(environ: Environ) -> str | None:
    """``7fd1a60b01f91b314f59955a4e4d4e80d8edf11d``"""
    return _if_git(environ, "APPVEYOR_REPO_COMMIT")


def _head_sha(environ: Environ) -> str | None:
    """``7fd1a60b01f91b314f59955a4e4d4e80d8edf11d``"""
    return _if_git(environ, "APPVEYOR_PULL_REQUEST_HEAD_COMMIT")


def _url(environ: Environ, name: str) -> str | None:
    """``https://github.com/owner/name``, of a variable that holds ``owner/name``."""
    host = _HOSTS.get(environ.get("APPVEYOR_REPO_PROVIDER", "").lower())
    repository = _if_git(environ, name)
    return f"https://{host}/{repository}" if host and repository else None


def _remote_url(environ: Environ) -> str | None:
    """``https://github.com/owner/name``"""
    return _url(environ, "APPVEYOR_REPO_NAME")


def _head_remote_url(environ: Environ) -> str | None:
    """``https://github.com/somebody/name``"""
    return _url(environ, "APPVEYOR_PULL_REQUEST_HEAD_REPO_NAME")


def _event(environ: Environ) -> str | None:
    """``pull_request``, ``tag``, ``scheduled_build``, ``forced_build`` (started by hand) or ``re_build``; a push has no mark."""
    if environ.fill(_NUMBER):
        return "pull_request"
    marks = ("SCHEDULED_BUILD", "FORCED_BUILD", "RE_BUILD")
    marked = next((mark.lower() for mark in marks if environ.on(f"APPVEYOR_{mark}")), None)
    return marked or ("tag" if environ.on("APPVEYOR_REPO_TAG") else None)


def _branch(environ: Environ) -> str | None:
    """``main``; on a pull request the branch it comes from."""
    if environ.fill(_NUMBER):
        return environ.get("APPVEYOR_PULL_REQUEST_HEAD_REPO_BRANCH")
    is_tag = environ.on("APPVEYOR_REPO_TAG") or environ.get("APPVEYOR_REPO_TAG_NAME")
    return None if is_tag else environ.get("APPVEYOR_REPO_BRANCH")


def _merge(environ: Environ) -> str | None:
    """The number of a pull request that is not built at its own commit."""
    head = environ.get("APPVEYOR_PULL_REQUEST_HEAD_COMMIT")
    return (
        environ.fill(_NUMBER) if head not in (None, environ.get("APPVEYOR_REPO_COMMIT")) else None
    )


ADAPTER = Adapter(
    provider="appveyor",
    name="AppVeyor",
    docs="https://www.appveyor.com/docs/environment-variables/",
    active=("APPVEYOR",),
    run_id="{APPVEYOR_BUILD_ID:[1-9]\\d*}",
    run_url=_run_url,
    sha=_sha,
    remote_url=_remote_url,
    workspace="{APPVEYOR_BUILD_FOLDER}",
    event=_event,
    branch=_branch,
    tag="{APPVEYOR_REPO_TAG_NAME}",
    pull_request=_NUMBER,
    merge=_merge,
    head_sha=_head_sha,
    head_remote_url=_head_remote_url,
    left_out={
        "attempt": "APPVEYOR_RE_BUILD says that a build is a repetition, not which, and it has an id of its own"
    },
)
