"""What git says of a recipe: the commit and remote of the repository that tracks it, and whether its folder is as committed.

It reads only, never contacts a remote, and runs nothing that a repository of another user configures.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from conda_provenance.provenance import is_full_sha
from conda_provenance.remotes import RemoteUrl, RemoteUrlError

if TYPE_CHECKING:
    from git import Repo
    from git.config import GitConfigParser


@dataclass(frozen=True, slots=True)
class GitFacts:
    """What is known of a recipe's version control."""

    sha: str | None = None
    """Full hash of HEAD; ``""`` when the recipe is not under version control; ``None`` when git cannot say."""
    remote_url: str | None = None
    dirty: bool | None = None
    """Does the recipe's folder differ from the commit? ``None`` when that cannot be told."""
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _State:
    """HEAD and the index, for one recipe."""

    tracked: bool
    sha: str
    branch: str | None
    dirty: bool | None


class _Unreadable(Exception):
    """A repository that can be found but not read; the message says why, without anything of its content."""


def read_git(recipe: Path) -> GitFacts:
    """Facts of the innermost repository that tracks ``recipe``, a recipe's file or (no file of it tracked) a folder.

    A symbolic link is followed: what counts is the repository that holds the content. Never raises for the state of a repository.
    """
    path = Path(os.path.realpath(recipe))
    folder = path if path.is_dir() else path.parent
    enclosed = False
    for repo in _repositories(folder):
        enclosed = True
        try:
            state = _read_state(repo, path, folder)
            if not state.tracked:
                continue  # it merely lies there; an outer repository may track it
            if not state.sha:
                return GitFacts(
                    "",
                    dirty=True,
                    warnings=("The recipe's repository has no commit yet: it counts as not under version control.",),
                )
            remote, warnings = _remote(repo, state.branch)
            return GitFacts(state.sha, remote, state.dirty, warnings)
        except _Unreadable as error:
            return GitFacts(warnings=(f"The recipe's git repository cannot be read ({error}).",))
        except Exception as error:  # a damaged repository raises whatever it likes
            return GitFacts(warnings=(f"The recipe's git repository cannot be read ({type(error).__name__}).",))
        finally:
            repo.close()
    return GitFacts(sha="") if enclosed else GitFacts()


def _git() -> Any:
    """GitPython, imported on use: it takes some 100 ms, and without this variable it refuses where there is no git program."""
    before = os.environ.get("GIT_PYTHON_REFRESH")
    os.environ["GIT_PYTHON_REFRESH"] = "quiet"
    try:
        import git
    finally:
        if before is None:
            del os.environ["GIT_PYTHON_REFRESH"]
        else:
            os.environ["GIT_PYTHON_REFRESH"] = before
    return git


def _repositories(folder: Path) -> Iterator[Repo]:
    """Every work tree that encloses ``folder``, the innermost first."""
    # Looked for before GitPython is imported: most folders without a repository never pay for it.
    for place in (folder, *folder.parents):
        if not os.path.lexists(place / ".git"):
            continue
        git = _git()
        try:
            repo = git.Repo(place, search_parent_directories=False, expand_vars=False)
        except (git.InvalidGitRepositoryError, git.NoSuchPathError, OSError, ValueError):
            continue  # a ".git" that is none: git itself would stop here, but an outer one may track the file
        if repo.working_tree_dir:
            yield repo


def _read_state(repo: Repo, path: Path, folder: Path) -> _State:
    git = _git()
    _protect(repo)
    try:
        listing = repo.git.ls_files("-z", "--", str(path), as_process=True)  # answers while git looks for changes
        status = _run(
            repo, "status", "--porcelain=v2", "--branch", "--no-ahead-behind", "-z",
            "--untracked-files=normal", "--ignore-submodules=dirty", "--no-renames", "--", str(folder),
        )  # fmt: skip
        listed = listing.stdout.read()
        listing.wait()
        if not listed:
            return _State(False, "", None, None)
    except git.GitCommandNotFound:
        return _read_state_without_program(repo, path)
    except git.GitCommandError as error:
        raise _Unreadable(f"git exited with status {error.status}") from None
    headers = dict(re.findall(r"# branch\.(oid|head) ([^\0]*)\0", status.decode(errors="surrogateescape")))
    sha, branch = headers.get("oid", ""), headers.get("head")
    if sha != "(initial)" and not is_full_sha(sha):
        raise _Unreadable("HEAD is no commit")
    changes = [line for line in status.split(b"\0") if line and not line.startswith(b"#")]
    dirty = any(not _is_output(repo, change) for change in changes)
    return _State(True, "" if sha == "(initial)" else sha, None if branch == "(detached)" else branch, dirty)


def _read_state_without_program(repo: Repo, path: Path) -> _State:
    """The same from the repository's files; whether the folder is as committed cannot be told."""
    git = _git()
    assert repo.working_tree_dir is not None  # work trees alone come here
    name = path.relative_to(os.path.realpath(repo.working_tree_dir)).as_posix()
    try:
        entries = repo.index.entries
    except (AssertionError, OSError, ValueError):
        raise _Unreadable("there is no git program, and the index is of a newer kind") from None
    inside = name.rstrip("/") + "/"
    if not any(str(entry) == name or str(entry).startswith(inside) or name == "." for entry, _stage in entries):
        return _State(False, "", None, None)
    branch = None if repo.head.is_detached else repo.head.reference.name
    try:
        sha = git.SymbolicReference.dereference_recursive(repo, "HEAD")
    except ValueError:
        sha = ""  # an unborn branch
    if sha and not is_full_sha(sha):
        raise _Unreadable("HEAD is no commit")
    return _State(True, sha, branch, None)


def _protect(repo: Repo) -> None:
    """Make git answer for this repository, whatever surrounds us, and run nothing of a stranger's."""
    git_dir = os.path.abspath(repo.git_dir)
    repo.git.set_persistent_git_options(c=["safe.directory=*", "core.fsmonitor=false"], no_optional_locks=True)
    environment = {
        # Within a git hook these point at the repository that the hook runs for.
        "GIT_DIR": git_dir,
        "GIT_WORK_TREE": os.path.abspath(str(repo.working_tree_dir)),
        "GIT_INDEX_FILE": os.path.join(git_dir, "index"),
        "GIT_LITERAL_PATHSPECS": "1",
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_NO_LAZY_FETCH": "1",
    }
    repo.git.update_environment(**environment)
    if not _is_ours(git_dir):
        # git refuses another user's repository because its configuration names programs: with the
        # refusal lifted above, the only ones that "status" would run, its content filters, are emptied.
        names = _run(repo, "config", "--includes", "--name-only", "-z", "--list").split(b"\0")
        filters = sorted(
            {name for name in map(os.fsdecode, names) if re.match(r"filter\..*\.(clean|process|smudge)\Z", name, re.S)}
        )
        count = int(os.environ.get("GIT_CONFIG_COUNT") or 0)
        for number, name in enumerate(filters, count):
            environment |= {f"GIT_CONFIG_KEY_{number}": name, f"GIT_CONFIG_VALUE_{number}": ""}
        repo.git.update_environment(**environment, GIT_CONFIG_COUNT=str(count + len(filters)))


def _is_ours(git_dir: str) -> bool:
    return not hasattr(os, "geteuid") or os.stat(git_dir).st_uid == os.geteuid()


def _run(repo: Repo, command: str, *arguments: str) -> bytes:
    output = getattr(repo.git, command.replace("-", "_"))(*arguments, stdout_as_string=False, strip_newline_in_stdout=False)
    assert isinstance(output, bytes)
    return output


def _is_output(repo: Repo, change: bytes) -> bool:
    """Is this untracked entry a folder of built packages? rattler-build's default is ``output``, often beside the recipe."""
    if not change.startswith(b"? ") or not change.endswith(b"/"):
        return False
    folder = Path(str(repo.working_tree_dir), os.fsdecode(change[2:]))
    return (folder / "noarch" / "repodata.json").is_file() or any(folder.glob("*-*/repodata.json"))


def _remote(repo: Repo, branch: str | None) -> tuple[str | None, tuple[str, ...]]:
    """The upstream's remote, else ``origin``, else the only one, as configured: ``Remote.url`` would apply insteadOf."""
    config = repo.config_reader("repository")
    remotes = [match[1] for section in config.sections() if (match := re.match(r'remote "(.*)"\Z', section, re.S))]
    upstream = _first(config, f'branch "{branch}"', "remote") if branch else None
    name = upstream if upstream in remotes else "origin" if "origin" in remotes else remotes[0] if len(remotes) == 1 else None
    if upstream and upstream not in remotes and upstream != ".":
        url: str | None = upstream  # "git pull URL" and forges' tools write a URL there
    elif name is not None:
        url = _first(config, f'remote "{name}"', "url")
    else:
        return None, (
            ("The recipe's repository has several remotes, none of them the branch's or 'origin': remote_url is left out.",)
            if remotes
            else ()
        )
    try:
        return (str(RemoteUrl.parse(url)) if url else None), ()
    except RemoteUrlError as error:
        return None, (f"The recipe's git remote is left out: {error}.",)


def _first(config: GitConfigParser, section: str, option: str) -> str | None:
    # A remote may have several URLs: the first is fetched from, the others are only pushed to.
    if not config.has_section(section) or not config.has_option(section, option):
        return None
    value = config.get_values(section, option)[0]
    return str(value) or None
