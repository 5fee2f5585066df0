"""AppVeyor: https://www.appveyor.com/docs/environment-variables/

- Its marker is ``True`` on Windows and ``true`` on Linux.
- A "shallow clone" is a zip file without ``.git``: what is said here may be all there is.
- Mercurial's hashes have the length of git's; ``APPVEYOR_REPO_SCM`` tells.
- A pull request is built as merged into its branch; its own last commit is the ``…_HEAD_COMMIT``.
- The repository comes without host; providers of one's own server do not say theirs.
"""

from __future__ import annotations

from conda_provenance.ci.adapter import Adapter, Environ

_HOSTS = {"github": "github.com", "gitlab": "gitlab.com", "bitbucket": "bitbucket.org"}


def is_active(environ: Environ) -> bool:
    return environ.on("APPVEYOR")


def read(environ: Environ) -> dict[str, str | None]:
    is_git = environ.get("APPVEYOR_REPO_SCM", "git").lower() == "git"
    host = _HOSTS.get(environ.get("APPVEYOR_REPO_PROVIDER", "").lower())
    server = environ.get("APPVEYOR_URL", "https://ci.appveyor.com").rstrip("/")
    page = environ.fill("/project/{APPVEYOR_ACCOUNT_NAME}/{APPVEYOR_PROJECT_SLUG}/builds/{APPVEYOR_BUILD_ID}")
    return {
        "run_id": environ.get("APPVEYOR_BUILD_ID"),
        "run_url": server + page if page else None,
        "sha": environ.get("APPVEYOR_REPO_COMMIT") if is_git else None,
        "remote_url": environ.fill("https://" + host + "/{APPVEYOR_REPO_NAME}") if host and is_git else None,
        "workspace": environ.get("APPVEYOR_BUILD_FOLDER"),
        "merge_of": environ.get("APPVEYOR_PULL_REQUEST_NUMBER") if _is_merge(environ) else None,
    }


def _is_merge(environ: Environ) -> bool:
    return environ.get("APPVEYOR_PULL_REQUEST_HEAD_COMMIT") not in (None, environ.get("APPVEYOR_REPO_COMMIT"))


ADAPTER = Adapter("appveyor", "AppVeyor", "https://www.appveyor.com/docs/environment-variables/", is_active, read)
