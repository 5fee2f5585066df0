"""``Clone``: what is fetched of one repository, in as few questions as there can be.

Whether a commit exists is asked in one fetch for all of them, each cut off behind itself. Where it
is, seen from a branch, is asked in a repository that is cut off nowhere, or only behind that one
commit: another cut would hide it. What the answers mean is not known here.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager

from conda_provenance.errors import UnavailableError
from conda_provenance.git.network import Fault, GitServer, ServerError, obeys_no_lazy_fetch
from conda_provenance.git.throwaway import Throwaway
from conda_provenance.remotes import RemoteUrl
from conda_provenance.verify.git.ahead import Ahead
from conda_provenance.verify.git.lines import MAX_COMMIT, Line
from conda_provenance.verify.git.opening import Listing, Tools, open_server
from conda_provenance.verify.git.ref_list import listed_ids, parse_refs
from conda_provenance.verify.repository import Position

_MORE_TRIES = 4
"""Fetches that may fail in another way than by a commit that the server lacks."""

_COMMITS = "commits"
_MAX_TIPS = 5_000
MAX_TREES, MAX_BLOBS = 64 << 20, 32 << 20
"""Bytes of all that are read at once."""


class Clone:
    """One repository. Threads share it; one of them asks at a time.

    Methods raise :class:`~conda_provenance.errors.UnavailableError`.
    """

    def __init__(self, tools: Tools, remote: RemoteUrl, number: int) -> None:
        self._tools = tools
        self._remote = remote
        self.folder = tools.folder / str(number)
        self._lock = threading.RLock()
        self._announced: dict[str, None] = {}
        self._with_files = False
        self._listing: Listing | UnavailableError | None = None
        self._faults: dict[str, UnavailableError] = {}
        """By the step that failed, or the commit that cannot be fetched."""
        self._made = 0
        # Which commits are where.
        self._homes: dict[str, Throwaway] = {}
        self._unknown: set[str] = set()
        self._objects: Throwaway | None = None
        self._ahead = Ahead()
        self._whole: Line | None = None
        self._line: Line | None = None
        # What the server has turned out to be.
        self._leaves_out = True
        self._tips_only = False

    def announce(self, shas: Iterable[str], *, with_files: bool) -> None:
        with self._lock:
            self._announced.update(dict.fromkeys(shas))
            self._with_files |= with_files

    def listing(self) -> Listing:
        """The branches and tags. Asked once."""
        with self._lock:
            if self._listing is None:
                try:
                    first = next(iter(self._announced), "")
                    self._objects = self._new("sha256" if len(first) == 64 else "sha1")
                    self._listing = open_server(self._tools, self._remote, self._objects.folder)
                except UnavailableError as error:
                    self._listing = error
            if isinstance(self._listing, UnavailableError):
                raise self._listing
            return self._listing

    def commit(self, sha: str) -> bytes | None:
        """The raw commit. ``None``: the server says that it has none, and it has everything."""
        with self._asking(_COMMITS):
            self._find(sha)
        with self._asking(sha):
            home = self._homes.get(sha)
            if home is not None:
                together = [each for each, place in self._homes.items() if place is home]
                self._ahead.read(home, together, with_files=self._with_files)
                # An id of something else is no commit's.
                return (self._ahead.take([sha]) or home.objects([sha], "commit", MAX_COMMIT)).get(
                    sha
                )

            self._require_whole()
            return None

    def trees(self, sha: str, ids: Sequence[str]) -> Mapping[str, bytes]:
        """Raw trees of a commit."""
        return self._read(sha, ids, "tree", MAX_TREES)

    def blobs(self, sha: str, ids: Sequence[str]) -> Mapping[str, bytes]:
        """Files of a commit."""
        return self._read(sha, ids, "blob", MAX_BLOBS)

    def position(self, sha: str, tip: str) -> Position:
        """Where a commit is, seen from another one."""
        if sha == tip:
            return Position.ON_LINE
        with self._asking(tip):
            self._find_quietly(sha)
            return self._position(sha, tip, self._line_with([tip]))

    def positions(self, sha: str, tips: Mapping[str, str]) -> dict[str, Position]:
        """The same seen from many, by their names. Those that have not got it are left out."""
        if len(set(tips.values())) > _MAX_TIPS:
            raise UnavailableError(
                f"{self._remote} has too many branches and tags to look into all of them."
            )
        with self._asking("all tips"):
            self._find_quietly(sha)
            wanted = list(dict.fromkeys(tips.values()))
            line = self._line_with(wanted)
            seen = {
                tip: self._position(sha, tip, line) if sha != tip else Position.ON_LINE
                for tip in self._tips_with(sha, line, wanted)
            }
        return {
            name: seen[tip]
            for name, tip in tips.items()
            if seen.get(tip, Position.ABSENT) is not Position.ABSENT
        }

    @contextmanager
    def _asking(self, step: str) -> Iterator[None]:
        """Ask, unless this step has failed already. Then it fails in the same way, at once."""
        with self._lock:
            self.listing()
            if step in self._faults:
                raise self._faults[step]
            try:
                yield
            except ServerError as error:
                self._faults[step] = error
                raise

    @property
    def _server(self) -> GitServer:
        return self.listing().server

    def _new(self, object_format: str) -> Throwaway:
        self._made += 1
        folder = self.folder / str(self._made)
        return Throwaway(self._tools.processes, folder, object_format=object_format)

    def _digits(self) -> int:
        return len(next(iter(self._refs().values())))

    def _refs(self) -> Mapping[str, str]:
        commits = parse_refs(self.listing().refs).commits
        if not commits:
            raise UnavailableError(f"{self._remote} shows no branch.")
        return commits

    # Commits and their files.

    def _find_quietly(self, sha: str) -> None:
        """Fetch the announced commits before any branch, if that can be done."""
        if not self._tips_only and sha not in self._faults:
            self._find(sha)

    def _find(self, sha: str) -> None:
        """See that ``sha`` has its home, if the server has it. All announced ones come with it."""
        if sha in self._homes or sha in self._unknown:
            return

        digits = self._digits()
        wanted = [each for each in dict.fromkeys((*self._announced, sha)) if len(each) == digits]
        self._unknown |= {sha} - set(wanted)
        wanted = [each for each in wanted if each not in self._homes | dict.fromkeys(self._unknown)]
        self._fetch_cut(wanted)
        if self._tips_only:
            self._find_in_whole(wanted)

    def _fetch_cut(self, wanted: list[str]) -> None:
        """Fetch commits, each cut off behind itself. A server names one that it lacks at a time."""
        for _ in range(len(wanted) + _MORE_TRIES):
            if not wanted or self._tips_only:
                return

            home = self._home()
            refspecs = [f"+{each}:refs/verify/c{each}" for each in wanted]
            leave_out = self._filter_of_files()
            try:
                self._server.fetch(home.folder, refspecs, depth=1, leave_out=leave_out)
            except ServerError as error:
                wanted = self._left_to_fetch(wanted, error)
            else:
                self._homes.update(dict.fromkeys(wanted, home))
                return
        raise ServerError(f"{self._server.host} gives git no steady answer.", Fault.OTHER)

    def _left_to_fetch(self, wanted: list[str], error: ServerError) -> list[str]:
        """What to ask for after a fault. Raises it if nothing less can be asked for."""
        unknown = set(error.ids).intersection(wanted)
        if error.fault in (Fault.UNKNOWN, Fault.WITHHELD) and unknown:
            self._unknown |= unknown
            self._faults |= dict.fromkeys(unknown, error) if error.fault is Fault.WITHHELD else {}
            return [each for each in wanted if each not in unknown]

        self._objects = None  # It may hold parts, or promises that the server does not keep.
        if error.fault is Fault.LARGE:
            # One commit may be made to be too large. That must hurt no other package.
            if len(wanted) == 1:
                self._faults[wanted[0]] = error
                self._unknown.add(wanted[0])
            else:
                self._fetch_cut(wanted[: len(wanted) // 2])
                self._fetch_cut(wanted[len(wanted) // 2 :])
            return []

        if error.fault is Fault.FILTER and self._leaves_out:
            self._leaves_out = False
        elif error.fault in (Fault.TIPS_ONLY, Fault.FILES_ONLY):
            self._tips_only = True
            self._leaves_out &= error.fault is Fault.TIPS_ONLY
        else:
            raise error
        return wanted

    def _home(self) -> Throwaway:
        """Where commits go that are cut off behind themselves."""
        wanted = "sha256" if self._digits() == 64 else "sha1"
        if self._objects is None or self._objects.object_format != wanted:
            self._objects = self._new(wanted)
        return self._objects

    def _filter_of_files(self) -> str:
        if not self._leaves_out:
            return ""
        return "blob:none" if self._with_files else "tree:0"

    def _find_in_whole(self, wanted: list[str]) -> None:
        """Look for commits in all branches and tags of a server that gives nothing else."""
        whole = self._line_with(self._all_tips())
        there = whole.repository.objects(wanted, "commit", len(wanted) * MAX_COMMIT)
        self._homes.update(dict.fromkeys(there, whole.repository))
        self._unknown |= set(wanted) - there.keys()

    def _all_tips(self) -> list[str]:
        tips = list(dict.fromkeys(self._refs().values()))
        if len(tips) > _MAX_TIPS:
            raise UnavailableError(f"{self._remote} has too many branches and tags to fetch all.")
        return tips

    def _require_whole(self) -> None:
        """Raise an error unless a server that says "no" has the whole history."""
        if self._tips_only:
            raise UnavailableError(
                f"No branch or tag of {self._remote} has the commit, and its server hands out no"
                " other: whether it is there cannot be known."
            )
        refs = parse_refs(self.listing().refs)
        tip = refs.commits[refs.default] if refs.default else next(iter(self._refs().values()))
        if self._never_cut([tip]).is_cut():
            raise UnavailableError(
                f"The server of {self._remote} has only a part of its history: the commit may be"
                " in the rest."
            )

    def _read(self, sha: str, ids: Sequence[str], kind: str, limit: int) -> Mapping[str, bytes]:
        with self._asking(_COMMITS):
            self._find(sha)
        with self._asking(sha):
            pass
        with self._asking(f"{kind}s of {sha}"):
            home = self._homes.get(sha)
            if home is None:
                raise UnavailableError(f"{self._remote} has no such commit.")

            found = self._ahead.take(ids)
            found |= home.objects([each for each in ids if each not in found], kind, limit)
            missing = [each for each in ids if each not in found]
            if missing:
                leave_out = "blob:none" if kind == "tree" and self._leaves_out else ""
                self._server.fetch_objects(home.folder, missing, leave_out=leave_out)
                found |= home.objects(missing, kind, limit)
            return found

    # Where commits are.

    def _line_with(self, tips: list[str]) -> Line:
        """A repository with the history of these tips, cut off behind one commit at most."""
        if self._line is None and len(self._homes) == 1 and not self._tips_only:
            self._line = Line(next(iter(self._homes.values())))
            self._objects = None  # Another commit would be cut off behind itself there.
        if self._line is None:
            return self._never_cut(tips)
        self._fetch_tips(self._line, tips)
        return self._line

    def _never_cut(self, tips: list[str]) -> Line:
        """The same, cut off only where the server has no more."""
        if self._whole is None:
            self._whole = Line(self._new("sha256" if self._digits() == 64 else "sha1"))
            self._line = self._line or self._whole
        self._fetch_tips(self._whole, tips)
        return self._whole

    def _fetch_tips(self, line: Line, tips: list[str]) -> None:
        missing = [tip for tip in tips if tip not in line.tips]
        if not missing:
            return

        can_leave_out = self._leaves_out and obeys_no_lazy_fetch(self._tools.version)
        # A server of tips only will not hand out a folder later.
        wanted = "blob:none" if self._tips_only else "tree:0"
        leave_out = wanted if can_leave_out else ""
        listed = listed_ids(self.listing().refs)
        refspecs = [f"+{listed.get(tip, tip)}:refs/verify/t{tip}" for tip in missing]
        folder = line.repository.folder
        try:
            self._server.fetch(folder, refspecs, leave_out=leave_out)
        except ServerError as error:
            if error.fault is not Fault.FILTER or not leave_out:
                raise
            self._leaves_out = False
            self._server.fetch(folder, refspecs)
        line.tips.update(missing)

    def _position(self, sha: str, tip: str, line: Line) -> Position:
        position = line.position(sha, tip, self._homes)
        if position is None and line is not self._whole:
            position = self._never_cut([tip]).position(sha, tip, self._homes)
        if position is None:
            raise self._cut_off()
        return position

    def _tips_with(self, sha: str, line: Line, tips: list[str]) -> list[str]:
        found = line.tips_with(sha)
        if found is None and line is not self._whole:
            found = self._never_cut(tips).tips_with(sha)
        if found is None:
            raise self._cut_off()
        return found

    def _cut_off(self) -> UnavailableError:
        return UnavailableError(
            f"The server of {self._remote} has only a part of its history, so what it does not"
            " show may be there all the same."
        )
