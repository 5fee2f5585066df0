"""What git says of a recipe: the commit and remote of the repository that tracks it, and whether its folder is as committed.

It reads only, never contacts a remote, and runs nothing that a repository of another user configures.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from conda_provenance.remotes import RemoteUrl, RemoteUrlError
from conda_provenance.values import is_full_sha

if TYPE_CHECKING:
    from git import Repo


_MAX_HEADER = 1 << 16
"""Bytes of a commit that are read for its parents; a message may have any length."""


@dataclass(frozen=True, slots=True)
class GitFacts:
    """What is known of a recipe's version control."""

    sha: str | None = None
    """Full hash of HEAD; ``""`` when the recipe is not under version control; ``None`` when there is no repository."""
    remote_url: str | None = None
    dirty: bool | None = None
    """Does the recipe's folder differ from the commit? ``None`` when that cannot be told."""
    warnings: tuple[str, ...] = ()
    unreadable: str | None = None
    """Work tree of a repository that cannot be read. Then nothing is known, not even that there is no version control."""


@dataclass(frozen=True, slots=True)
class _State:
    """HEAD and the index, for one recipe."""

    tracked: bool
    """By HEAD: a file that is only added to the index is of no commit yet."""
    sha: str = ""
    branch: str | None = None
    dirty: bool | None = None
    added: bool = False


class _Unreadable(Exception):
    """A repository that can be found but not read; the message says why, without anything of its content."""


def read_git(recipe: Path) -> GitFacts:
    """Facts of the innermost repository that tracks ``recipe``, a recipe's file or (no file of it tracked) a folder.

    A symbolic link is followed: what counts is the repository that holds the content. Never raises for the state of a repository.
    """
    path = Path(os.path.realpath(recipe))
    folder = path if path.is_dir() else path.parent
    enclosed = False
    warnings: tuple[str, ...] = ()
    for repo in _repositories(folder):
        enclosed = True
        try:
            state = _read_state(repo, path, folder)
            if state.added and not warnings:
                warnings = (
                    "The recipe is in no commit yet: it counts as not under version control.",
                )
            if not state.tracked:
                continue  # it merely lies there; an outer repository may track it
            remote, left_out = _remote(repo, state.branch)
            unsure = (
                ("Whether the recipe's folder is as committed cannot be told.",)
                if state.dirty is None
                else ()
            )
            return GitFacts(state.sha, remote, state.dirty, left_out + unsure)
        except _Unreadable as error:
            return _unreadable(repo, str(error))
        except Exception as error:  # a damaged repository raises whatever it likes
            return _unreadable(repo, type(error).__name__)
        finally:
            repo.close()
    if not enclosed:
        return GitFacts()
    return GitFacts("", dirty=True if warnings else None, warnings=warnings)


def _unreadable(repo: Repo, why: str) -> GitFacts:
    return GitFacts(
        warnings=(f"The recipe's git repository cannot be read ({why}).",),
        unreadable=str(repo.working_tree_dir),
    )


def read_parents(recipe: Path) -> tuple[str, ...]:
    """The parents of the commit that :func:`read_git` names; none where they cannot be told. Asks git once more."""
    path = Path(os.path.realpath(recipe))
    for repo in _repositories(path if path.is_dir() else path.parent):
        try:
            _protect(repo)
            if not _ask(repo, "ls-tree", "-z", "--name-only", "HEAD", "--", _name(repo, path))():
                continue
            # Of a shallow clone rev-list says that the commit has none; the commit itself still names them, in its first lines.
            process = repo.git.cat_file("commit", "HEAD", as_process=True)
            commit: bytes = process.stdout.read(_MAX_HEADER)
        except Exception:  # a damaged repository raises whatever it likes
            return ()
        finally:
            repo.close()
        header = commit.partition(b"\n\n")[0].decode(errors="replace")
        return tuple(re.findall(r"^parent ([0-9a-f]+)$", header, re.MULTILINE))
    return ()


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
        if not _is_ours(repo):
            _disarm(repo, _ask(repo, "config", "--includes", "--name-only", "-z", "--list")())
        listing = _ask(
            repo, "ls-files", "-z", "--", str(path)
        )  # answers while git looks for changes
        try:
            status = _ask(
                repo, "status", "--porcelain=v2", "--branch", "--no-ahead-behind", "-z",
                "--untracked-files=normal", "--ignore-submodules=dirty", "--no-renames", "--", str(folder),
            )()  # fmt: skip
        except git.GitCommandError:
            status = None  # such as a filter whose program is not installed
        listed = {name for name in listing().split(b"\0") if name}
        if not listed:
            return _State(False)
        if status is None:
            return _read_state_without_status(repo, path)
    except git.GitCommandNotFound:
        return _read_state_without_program(repo, path)
    except git.GitCommandError as error:
        raise _Unreadable(f"git exited with status {error.status}") from None
    headers = dict(
        re.findall(r"# branch\.(oid|head) ([^\0]*)\0", status.decode(errors="surrogateescape"))
    )
    sha, branch = headers.get("oid", ""), headers.get("head")
    if sha != "(initial)" and not is_full_sha(sha):
        raise _Unreadable("HEAD is no commit")
    changes = [line for line in status.split(b"\0") if line and not line.startswith(b"#")]
    added = {
        match[1]
        for line in changes
        if (match := re.match(rb"1 (?:A.|.A) (?:[^ ]+ ){6}(.*)\Z", line, re.DOTALL))
    }
    if sha == "(initial)" or listed <= added:
        return _State(False, added=True)
    dirty = any(not _is_output(repo, change) for change in changes)
    return _State(True, sha, None if branch == "(detached)" else branch, dirty)


def _read_state_without_status(repo: Repo, path: Path) -> _State:
    """The commit and branch, where git cannot tell what has changed."""
    git = _git()
    try:
        sha = _ask(repo, "rev-parse", "--verify", "--quiet", "HEAD^{commit}")().decode().strip()
        tracked = _ask(repo, "ls-tree", "-z", "--name-only", "HEAD", "--", _name(repo, path))()
    except git.GitCommandError:
        raise _Unreadable("HEAD is no commit") from None
    try:
        branch = os.fsdecode(_ask(repo, "symbolic-ref", "--quiet", "--short", "HEAD")()).strip()
    except git.GitCommandError:
        branch = None
    if not tracked:
        return _State(False, added=True)
    return _State(True, sha, branch)


def _read_state_without_program(repo: Repo, path: Path) -> _State:
    """The same from the repository's files; whether the folder is as committed cannot be told."""
    git = _git()
    name = _name(repo, path)
    try:
        entries = repo.index.entries
    except (AssertionError, OSError, ValueError):
        raise _Unreadable("there is no git program, and the index is of a newer kind") from None
    inside = name.rstrip("/") + "/"
    if not any(
        str(entry) == name or str(entry).startswith(inside) or name == "."
        for entry, _stage in entries
    ):
        return _State(False)
    branch = None if repo.head.is_detached else repo.head.reference.name
    try:
        sha = git.SymbolicReference.dereference_recursive(repo, "HEAD")
    except ValueError:
        return _State(False, added=True)  # an unborn branch
    if not is_full_sha(sha):
        raise _Unreadable("HEAD is no commit")
    committed = git.Repo(repo.git_dir, odbt=git.GitDB)  # which reads objects without the program
    try:
        if name != ".":
            committed.head.commit.tree / name
    except KeyError:
        return _State(False, added=True)
    finally:
        committed.close()
    return _State(True, sha, branch)


def _name(repo: Repo, path: Path) -> str:
    assert repo.working_tree_dir is not None  # work trees alone come here
    return path.relative_to(os.path.realpath(repo.working_tree_dir)).as_posix()


def _protect(repo: Repo) -> None:
    """Make git answer for this repository, whatever surrounds us, and run nothing of a stranger's."""
    git_dir = os.path.abspath(repo.git_dir)
    repo.git.set_persistent_git_options(
        c=["safe.directory=*", "core.fsmonitor=false"], no_optional_locks=True
    )
    repo.git.update_environment(
        # Within a git hook these point at the repository that the hook runs for.
        GIT_DIR=git_dir,
        GIT_WORK_TREE=os.path.abspath(str(repo.working_tree_dir)),
        GIT_INDEX_FILE=os.path.join(git_dir, "index"),
        GIT_LITERAL_PATHSPECS="1",
        GIT_TERMINAL_PROMPT="0",
        GIT_NO_LAZY_FETCH="1",
    )


def _disarm(repo: Repo, names: bytes) -> None:
    """Empty the content filters of another user's repository.

    git refuses such a repository because its configuration names programs. With that refusal lifted, "status" would run
    its filters, and fail for the lack of one that is required.
    """
    drivers = sorted(
        {
            match[1]
            for name in os.fsdecode(names).split("\0")
            if (match := re.match(r"(filter\..*)\.\w+\Z", name, re.S))
        }
    )
    settings = [
        (f"{driver}.{key}", value)
        for driver in drivers
        for key, value in (("clean", ""), ("process", ""), ("smudge", ""), ("required", "false"))
    ]
    first = int(os.environ.get("GIT_CONFIG_COUNT") or 0)
    environment = {"GIT_CONFIG_COUNT": str(first + len(settings))}
    for number, (name, value) in enumerate(settings, first):
        environment |= {f"GIT_CONFIG_KEY_{number}": name, f"GIT_CONFIG_VALUE_{number}": value}
    repo.git.update_environment(**environment)


def _is_ours(repo: Repo) -> bool:
    return not hasattr(os, "geteuid") or os.stat(repo.git_dir).st_uid == os.geteuid()


def _ask(repo: Repo, command: str, *arguments: str) -> Callable[[], bytes]:
    """Start git and return what waits for its answer, so that several questions are answered at once."""
    process = getattr(repo.git, command.replace("-", "_"))(*arguments, as_process=True)

    def answer() -> bytes:
        output: bytes = process.stdout.read()
        process.wait()
        return output

    return answer


def _is_output(repo: Repo, change: bytes) -> bool:
    """Is this untracked entry a folder of built packages? rattler-build's default is ``output``, often beside the recipe."""
    if not change.startswith(b"? ") or not change.endswith(b"/"):
        return False
    folder = Path(str(repo.working_tree_dir), os.fsdecode(change[2:]))
    return (folder / "noarch" / "repodata.json").is_file() or any(folder.glob("*-*/repodata.json"))


def _remote(repo: Repo, branch: str | None) -> tuple[str | None, tuple[str, ...]]:
    """The upstream's remote, else ``origin``, else the only one, as configured: ``Remote.url`` would apply insteadOf."""
    config = repo.config_reader("repository")
    urls: dict[str, list[str]] = {}
    upstream = None
    for title in config.sections():
        section = re.match(
            r'(?P<kind>remote|branch)\s+"(?P<name>.*)"\Z', title, re.IGNORECASE | re.DOTALL
        )
        if section is None:
            continue
        if section["kind"].lower() == "branch":
            if section["name"] == branch and config.has_option(title, "remote"):
                upstream = str(config.get_values(title, "remote")[-1])
        elif config.has_option(title, "url"):
            for value in map(str, config.get_values(title, "url")):
                # The first of several is fetched from, the others are only pushed to; an empty one makes git forget those before.
                urls[section["name"]] = [*urls.get(section["name"], []), value] if value else []
    remotes = {name: given[0] for name, given in urls.items() if given}
    if upstream in remotes:
        url: str | None = remotes[upstream]
    elif upstream and re.search(r"[:/]", upstream):
        url = upstream  # "git pull URL" and forges' tools write a URL there
    elif "origin" in remotes or len(remotes) == 1:
        url = remotes.get("origin") or next(iter(remotes.values()))
    elif remotes:
        several = "The recipe's repository has several remotes, none of them the branch's or 'origin': remote_url is left out."
        return None, (several,)
    else:
        return None, ()
    try:
        remote = RemoteUrl.parse(url or "")
        alias = "." not in remote.host and "://" not in (url or "")
        return str(remote), (
            (
                "The recipe's git remote has a host without a dot, which may be a name that only this machine knows.",
            )
            if alias
            else ()
        )
    except RemoteUrlError as error:
        return None, (f"The recipe's git remote is left out: {error}.",)
