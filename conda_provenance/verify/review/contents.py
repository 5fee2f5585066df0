"""Is a commit what was reviewed, or did merging change something more?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from conda_provenance.errors import UnavailableError
from conda_provenance.values import is_full_sha
from conda_provenance.verify.repository import Entry, Repositories, Repository


def unreviewed_files(
    repositories: Repositories, git: Repository, sha: str, head: str | None, folder: str | None
) -> Sequence[str]:
    """The files that are neither as they were reviewed nor as they were on the branch before.

    ``folder``: where the recipe is. ``None``: all files count. A file that both sides changed
    counts too: nobody reviewed what they make together.
    """
    commit = git.commit(sha)
    if commit is None:
        raise UnavailableError(f"{git.remote} does not serve the commit {sha}.")

    parent = commit.parents[0] if commit.parents else None
    repositories.expect(git.remote, filter(None, (sha, parent)), with_files=True)
    merged = _below(folder, git.files(sha))
    before = _below(folder, git.files(parent)) if parent else {}
    changed = [path for path in sorted({*merged, *before}) if merged.get(path) != before.get(path)]
    if not changed or head == sha:
        return ()

    reviewed = _below(folder, _files_of_head(repositories, git, head))
    return [path for path in changed if merged.get(path) != reviewed.get(path)]


def _files_of_head(
    repositories: Repositories, git: Repository, head: str | None
) -> Mapping[str, Entry]:
    # It is the forge's word, and git is given nothing but whole hashes.
    if head is None or not is_full_sha(head):
        raise UnavailableError("The forge does not say which commit was reviewed.")

    repositories.expect(git.remote, [head], with_files=True)
    if git.commit(head) is None:
        raise UnavailableError(
            f"{git.remote} no longer serves {head}, which was reviewed: whether that was merged is "
            "not known."
        )
    return git.files(head)


def _below(folder: str | None, files: Mapping[str, Entry]) -> Mapping[str, Entry]:
    if not folder or folder == ".":
        return files
    start = folder.rstrip("/") + "/"
    return {path: entry for path, entry in files.items() if path.startswith(start)}
