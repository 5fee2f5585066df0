"""Reads a repository with GitPython, where there is no git program or only one that is too old.

It reads only the repository's own files, and only up to a size. It does not follow includes, and
does not know whether the recipe's folder has changed. Importing this module takes 100 ms.
"""

from __future__ import annotations

import configparser
import os
import stat
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path

from conda_provenance.git.configuration import Configuration
from conda_provenance.git.facts import Candidate, Reading, UnreadableError
from conda_provenance.git.markers import folders_without_git, resolve, without_git
from conda_provenance.values import is_full_sha


@contextmanager
def _quiet_variables() -> Iterator[None]:
    """Hide git's variables, which GitPython obeys, and keep its import from starting a git."""
    hidden = {name: value for name, value in os.environ.items() if name.startswith("GIT_")}
    for name in hidden:
        del os.environ[name]
    os.environ |= {"GIT_PYTHON_REFRESH": "quiet", "GIT_PYTHON_GIT_EXECUTABLE": os.devnull}
    try:
        yield
    finally:
        del os.environ["GIT_PYTHON_REFRESH"], os.environ["GIT_PYTHON_GIT_EXECUTABLE"]
        os.environ.update(hidden)


with _quiet_variables():
    import git

_NO_PROGRAM = "there is no git program of a sufficient version, and {}"

_MAX_TEXT = 8 * 2**20
"""Bytes of a configuration, or of a list of refs."""

_MAX_INDEX = 32 * 2**20
_MAX_OBJECT = 8 * 2**20
"""Bytes of a commit or of one folder's tree."""

_LINK_MODE = 0o160000
"""The mode of a submodule's entry in an index, and in a commit's tree."""

_MAX_HOPS = 5
"""Symbolic refs that are followed; git follows as many."""


class _Repository(git.Repo):
    odb: git.GitDB

    def config_reader(self, config_level: object = None) -> git.GitConfigParser:  # noqa: ARG002
        """The repository's own configuration, without what it includes."""
        path = os.path.join(self.common_dir, "config")
        return git.GitConfigParser(path, read_only=True, merge_includes=False)


def read_with_library(candidate: Candidate) -> Reading:
    """What the repository says of the recipe. Raises :class:`UnreadableError`."""
    _check_files(resolve(candidate.entry))
    try:
        with (
            _quiet_variables(),
            closing(_Repository(candidate.work_tree, expand_vars=False)) as repository,
        ):
            if repository.working_tree_dir is None:
                raise UnreadableError("core.bare is true, so it has no work tree")

            return _read(repository, candidate)
    except git.InvalidGitRepositoryError:
        raise UnreadableError("its .git is not a git directory") from None


def read_submodules(file: Path) -> list[str]:
    """The paths of the submodules in a ``.gitmodules``, or none if it cannot be read."""
    try:
        _check_file(file, _MAX_TEXT)
        parser = git.GitConfigParser(file, read_only=True, merge_includes=False)
        named = [each for each in parser.sections() if parser.has_option(each, "path")]
        values = [parser.get_values(section, "path") for section in named]
    except (OSError, ValueError, configparser.Error, UnreadableError):
        return []

    return [str(path) for paths in values for path in paths]


def _check_files(git_dir: Path) -> None:
    """Refuse what is not a regular file, such as a pipe, and files larger than any real one."""
    _check_file(git_dir / "HEAD", _MAX_TEXT)
    _check_file(git_dir / "index", _MAX_INDEX)
    _check_file(git_dir / "commondir", _MAX_TEXT)
    common_dir = git_dir
    if os.path.lexists(git_dir / "commondir"):
        name = os.fsdecode((git_dir / "commondir").read_bytes()).rstrip("\r\n")
        common_dir = git_dir / name.replace("\0", "")

    if os.path.lexists(common_dir / "reftable"):
        # Its HEAD names a branch that is not there, as if there were no commit yet.
        raise UnreadableError(_NO_PROGRAM.format("its refs have a newer format"))

    for name in ("config", "packed-refs", "objects/info/alternates"):
        _check_file(common_dir / name, _MAX_TEXT)


def _check_file(path: Path, limit: int) -> None:
    try:
        state = os.stat(path)
    except OSError:
        return  # GitPython knows whether it may be missing

    if not stat.S_ISREG(state.st_mode):
        raise UnreadableError(f"its {path.name} is not a file")

    if state.st_size > limit:
        raise UnreadableError(f"its {path.name} is larger than {limit >> 20} MiB")


def _read(repository: _Repository, candidate: Candidate) -> Reading:
    name = candidate.name
    is_listed = _is_listed(repository, name)
    if not is_listed:
        _check_submodules(repository, candidate)
        if os.path.lexists(repository.index.path):
            return Reading()

        # Without an index, the commit still says which files it holds.

    branch, sha = _follow(repository)
    if sha is None or not _is_committed(repository, sha, candidate):
        return Reading(is_added=is_listed)

    return Reading(
        sha,
        branch,
        configuration=_read_configuration(repository),
        rewrite=partial(_read_old_remote, Path(repository.common_dir)),
    )


def _is_listed(repository: git.Repo, name: str) -> bool:
    try:
        entries = repository.index.entries
    except (AssertionError, OSError, ValueError):
        raise UnreadableError(_NO_PROGRAM.format("the index has a newer format")) from None

    inside = "" if name == "." else f"{name}/"
    return any(
        # The recipe's folder may be a submodule itself. That is an entry without files.
        (str(path) == name and stat.S_IFMT(entry.mode) != _LINK_MODE)
        or str(path).startswith(inside)
        for (path, _stage), entry in entries.items()
    )


def _check_submodules(repository: git.Repo, candidate: Candidate) -> None:
    """Raise :class:`UnreadableError` if the index has a submodule where the recipe lies."""
    entries = repository.index.entries
    for folder in folders_without_git(candidate.work_tree, candidate.folder):
        entry = entries.get((folder.relative_to(candidate.work_tree).as_posix(), 0))
        if entry is not None and stat.S_IFMT(entry.mode) == _LINK_MODE:
            raise without_git(folder)


def _follow(repository: git.Repo) -> tuple[str | None, str | None]:
    """The branch and the commit of HEAD, each ``None`` where there is none."""
    branch = None
    ref = git.SymbolicReference(repository, "HEAD")
    for _ in range(_MAX_HOPS):
        files = [Path(folder, ref.path) for folder in (repository.git_dir, repository.common_dir)]
        for file in files:
            _check_file(file, _MAX_TEXT)

        try:
            target = ref.reference
        except TypeError:  # it holds a hash
            return branch, _hash_of(repository, ref)
        except ValueError:
            if any(os.path.lexists(file) for file in files):
                break

            return branch, None  # a branch without a commit

        if ref.path == "HEAD":
            branch = os.fspath(target.path).removeprefix("refs/heads/")
        ref = target

    raise UnreadableError("HEAD is not a commit")


def _hash_of(repository: git.Repo, ref: git.SymbolicReference) -> str:
    sha = git.SymbolicReference.dereference_recursive(repository, ref.path)
    if not is_full_sha(sha):
        raise UnreadableError("HEAD is not a commit")

    return sha


def _is_committed(repository: _Repository, sha: str, candidate: Candidate) -> bool:
    """Does the commit hold the recipe? Raises :class:`UnreadableError` if it is in a submodule."""
    # GitPython's own database would ask the git program.
    repository.odb = git.GitDB(os.path.join(repository.common_dir, "objects"))
    commit = git.Commit(repository, bytes.fromhex(sha))
    _check_object(repository, commit.binsha)

    entry, folder = commit.tree, candidate.work_tree
    try:
        for part in [] if candidate.name == "." else candidate.name.split("/"):
            _check_object(repository, entry.binsha)
            entry, folder = entry / part, folder / part
            if stat.S_IFMT(entry.mode) == _LINK_MODE:
                _check_link(folder)
                return False
    except KeyError:
        return False

    return True


def _check_link(folder: Path) -> None:
    if not os.path.lexists(folder / ".git"):
        raise without_git(folder)


def _check_object(repository: _Repository, binsha: bytes) -> None:
    if repository.odb.info(binsha).size > _MAX_OBJECT:
        raise UnreadableError(f"an object of it is larger than {_MAX_OBJECT >> 20} MiB")


def _read_configuration(repository: git.Repo) -> Configuration | None:
    try:
        parser = repository.config_reader()
        return Configuration.from_entries(
            (f"{_canonical(section)}.{option}", str(value))
            for section in parser.sections()
            for option in parser.options(section)
            for value in parser.get_values(section, option)
        )
    except (OSError, ValueError, configparser.Error):
        return None


def _read_old_remote(common_dir: Path, name: str) -> str | None:
    """The address in one of the files that held a remote before the configuration did."""
    if name in ("", ".", "..") or "/" in name or "\0" in name:
        return None

    for folder, start in (("remotes", "URL:"), ("branches", "")):
        file = common_dir / folder / name
        try:
            _check_file(file, _MAX_TEXT)
            lines = os.fsdecode(file.read_bytes()).splitlines()
        except (OSError, UnreadableError):
            continue

        urls = [line.removeprefix(start).strip() for line in lines if line.startswith(start)]
        if urls:
            return urls[0] if start else urls[0].partition("#")[0]

    return None


def _canonical(section: str) -> str:
    """``[Remote "origin"]``, or ``[remote.origin]`` of old, as git itself names it."""
    kind, quoted, name = section.partition(' "')
    return f"{kind.rstrip().lower()}.{name[:-1]}" if quoted else section.lower()
