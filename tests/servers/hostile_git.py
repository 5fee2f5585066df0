"""Ways in which a git server can mean harm. A way answers a request of a :class:`GitServer` itself.

``server.before = WAYS["endless refs"]``. What needs a real repository is made with real git, by
:func:`tree_bomb` and its like.
"""

from __future__ import annotations

import gzip
import hashlib
import struct
import time
import zlib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from git_servers import GitServer
from histories import MAIN, Contents, File, History, Maker, empty, link, run_git

ESCAPES = "\x1b]0;owned\x07\x1b[31mred"
METADATA = "http://169.254.169.254/latest/meta-data/"
SOME = "12" * 20

Way = Callable[[Any], bool]


def packet(text: bytes | str) -> bytes:
    data = text.encode() if isinstance(text, str) else text
    return b"%04x%s" % (len(data) + 4, data)


FLUSH, DELIMITER = b"0000", b"0001"
REFS_TYPE = "application/x-git-upload-pack-advertisement"
ANSWER_TYPE = "application/x-git-upload-pack-result"

CAPABILITIES = b"".join(
    [
        packet("version 2\n"),
        packet("agent=git/harm\n"),
        packet("ls-refs=unborn\n"),
        packet("fetch=shallow wait-for-done filter\n"),
        packet("object-format=sha1\n"),
        FLUSH,
    ]
)


def stream(handler: Any, kind: str, pieces: Iterator[bytes], **headers: str) -> bool:
    """Send pieces until they end or the client goes away."""
    handler.send_response(200)
    handler.send_header("Content-Type", kind)
    for name, value in headers.items():
        handler.send_header(name.replace("_", "-"), value)
    handler.send_header("Connection", "close")
    handler.end_headers()
    handler.close_connection = True
    try:
        for piece in pieces:
            handler.write(piece)
    except OSError:
        pass
    return True


def is_refs(handler: Any) -> bool:
    return "/info/refs" in handler.path


def is_list(handler: Any) -> bool:
    return b"command=ls-refs" in _body(handler)


def _body(handler: Any) -> bytes:
    body: bytes = handler.body
    return gzip.decompress(body) if body[:2] == b"\x1f\x8b" else body


def at_refs(kind: str, pieces: Callable[[], Iterator[bytes]], **headers: str) -> Way:
    return lambda handler: is_refs(handler) and stream(handler, kind, pieces(), **headers)


def status(number: int, body: bytes = b"", **headers: str) -> Way:
    def way(handler: Any) -> bool:
        handler.reply(number, body, **headers)
        return True

    return way


def listing(*lines: str) -> Way:
    """A server that lists this and has nothing else."""
    return _v2(lambda: iter([*map(packet, lines), FLUSH]), lambda: iter([packet("ERR nothing")]))


def fetching(pieces: Callable[[], Iterator[bytes]]) -> Way:
    """A server that lists a branch, and answers a fetch with this."""
    lines = (f"{SOME} HEAD symref-target:{MAIN}\n", f"{SOME} {MAIN}\n")
    return _v2(lambda: iter([*map(packet, lines), FLUSH]), pieces)


def _v2(lines: Callable[[], Iterator[bytes]], answer: Callable[[], Iterator[bytes]]) -> Way:
    def way(handler: Any) -> bool:
        if is_refs(handler):
            service = packet("# service=git-upload-pack\n") + FLUSH
            return stream(handler, REFS_TYPE, iter([service, CAPABILITIES]))
        return stream(handler, ANSWER_TYPE, lines() if is_list(handler) else answer())

    return way


def _for_ever(piece: bytes, pause: float = 0.0) -> Iterator[bytes]:
    while True:
        yield piece
        time.sleep(pause)


def _pack_without_end() -> Iterator[bytes]:
    """A blob of four gigabytes of noise."""
    yield packet("packfile\n")
    head = b"PACK" + struct.pack(">II", 2, 1)
    size, kind = 1 << 32, 3
    first, size = (kind << 4) | (size & 15), size >> 4
    while size:
        head += bytes([first | 0x80])
        first, size = size & 0x7F, size >> 7
    head += bytes([first])
    yield packet(b"\x01" + head)
    noise = zlib.compressobj(0)
    number = 0
    while True:
        number += 1
        block = hashlib.shake_128(str(number).encode()).digest(1 << 15)
        data = noise.compress(block)
        if data:
            yield from (
                packet(b"\x01" + data[at : at + 60_000]) for at in range(0, len(data), 60_000)
            )


def _progress_without_end() -> Iterator[bytes]:
    yield packet("packfile\n")
    while True:
        yield packet(b"\x02" + ESCAPES.encode() * 1000 + b"\n")


def _million_refs(prefix: str, count: int = 1_000_000) -> Iterator[bytes]:
    yield packet(f"{SOME} HEAD symref-target:{MAIN}\n")
    yield packet(f"{SOME} {MAIN}\n")
    for start in range(0, count, 1000):
        yield b"".join(
            packet(f"{SOME} {prefix}{number}\n") for number in range(start, start + 1000)
        )
    yield FLUSH


def _bomb() -> bytes:
    deflate = zlib.compressobj(9, zlib.DEFLATED, 31)
    return b"".join(deflate.compress(bytes(1 << 20)) for _ in range(2000)) + deflate.flush()


WAYS: Mapping[str, Way] = {
    # Before anything is known of the repository.
    "endless refs": at_refs(REFS_TYPE, lambda: _for_ever(packet("x" * 60_000))),
    "endless refs without lines": at_refs("text/plain", lambda: _for_ever(b"a" * 65536)),
    "slow refs": at_refs(REFS_TYPE, lambda: _for_ever(b"0", 0.3)),
    "a zip bomb": at_refs(REFS_TYPE, lambda: iter([_bomb()]), Content_Encoding="gzip"),
    "html": at_refs("text/html", lambda: iter([b"<html>sign in</html>"])),
    "noise": at_refs(REFS_TYPE, lambda: iter([bytes(range(256)) * 10])),
    "nothing": at_refs(REFS_TYPE, lambda: iter([])),
    "login": status(401, WWW_Authenticate='Basic realm="give me a password"'),
    "negotiate": status(401, WWW_Authenticate="Negotiate"),
    "forbidden": status(403),
    "gone": status(410),
    "too many requests": status(429, Retry_After="86400"),
    "down": status(503),
    "to the metadata": status(302, Location=METADATA),
    "to a file": status(302, Location="file:///etc/passwd"),
    "to ext": status(301, Location="ext::sh -c touch% owned"),
    "to an option": status(301, Location="--upload-pack=touch owned"),
    "to nowhere": status(301),
    "to ssh": status(301, Location="ssh://-oProxyCommand=touch/x"),
    "in a circle": lambda handler: is_refs(handler) and _circle(handler),
    "another hash": at_refs(
        REFS_TYPE, lambda: iter([CAPABILITIES.replace(b"format=sha1", b"format=evil")])
    ),
    # The list of branches.
    "a million branches": _v2(lambda: _million_refs("refs/heads/b"), lambda: iter([])),
    "endless list": _v2(
        lambda: _for_ever(packet(f"{SOME} refs/heads/{'x' * 60000}\n")), lambda: iter([])
    ),
    "no branches": listing(),
    "a branch twice": listing(f"{SOME} {MAIN}\n", f"{'34' * 20} {MAIN}\n"),
    "ids that are none": listing(f"{'--' * 20} {MAIN}\n"),
    # The answer to a fetch.
    "a pack without end": fetching(_pack_without_end),
    "messages without end": fetching(_progress_without_end),
    "keeps the line open": fetching(lambda: _for_ever(packet(b"\x02"), 0.2)),
    "says nothing": fetching(lambda: _for_ever(b"", 0.2)),
    "an error with escapes": fetching(lambda: iter([packet(f"ERR {ESCAPES} token=s3cr3t\n")])),
    "lacks another commit": fetching(
        lambda: iter([packet(f"ERR upload-pack: not our ref {'56' * 20}\n")])
    ),
    "hands out no such commit": fetching(
        lambda: iter([packet(f"ERR want {'ab' * 20} not valid\n")])
    ),
    "an empty pack": fetching(
        lambda: iter([packet("packfile\n"), packet(b"\x01" + _empty_pack()), FLUSH])
    ),
    "a damaged pack": fetching(
        lambda: iter([packet("packfile\n"), packet(b"\x01PACK" + bytes(100)), FLUSH])
    ),
    "a million shallow commits": fetching(lambda: iter(_shallow_lies())),
    "noise for a pack": fetching(lambda: iter([bytes(range(256)) * 100])),
    "breaks off": fetching(lambda: iter([packet("packfile\n"), b"ffff"])),
}


def _circle(handler: Any) -> bool:
    number = int(handler.path.partition("?")[0].split("/")[1].lstrip("o") or 0) + 1
    handler.reply(301, Location=f"/o{number}/n/info/refs?service=git-upload-pack")
    return True


def _empty_pack() -> bytes:
    head = b"PACK" + struct.pack(">II", 2, 0)
    return head + hashlib.sha1(head).digest()


def _shallow_lies() -> Iterator[bytes]:
    yield packet("shallow-info\n")
    for number in range(1_000_000):
        yield packet(f"shallow {number:040x}\n")
    yield DELIMITER + packet("packfile\n") + packet(b"\x01" + _empty_pack()) + FLUSH


# Repositories that mean harm.


def _raw(history: History, kind: str, data: bytes) -> str:
    """Write an object that git would not make. A process for each of hundreds would take long."""
    whole = b"%s %d\0%s" % (kind.encode(), len(data), data)
    name = hashlib.sha1(whole).hexdigest()
    place = history.folder / "objects" / name[:2] / name[2:]
    place.parent.mkdir(exist_ok=True)
    place.write_bytes(zlib.compress(whole, 1))
    return name


def _commit_of(history: History, tree: str, ref: str = MAIN, says: bytes = b"harm\n") -> str:
    person = "Mallory <m@example.org> 1760000000 +0000"
    text = f"tree {tree}\nauthor {person}\ncommitter {person}\n\n"
    sha = _raw(history, "commit", text.encode() + says)
    history.point(ref, sha)
    history.shas["harm"] = sha
    return sha


def tree_of(folder: Path, *entries: tuple[bytes, bytes, str | None]) -> History:
    """A commit whose top folder has these modes, names and ids. No id: that of a small file."""
    history = empty(folder)
    blob = _raw(history, "blob", b"x")
    data = b"".join(
        b"%s %s\0%s" % (mode, name, bytes.fromhex(target or blob)) for mode, name, target in entries
    )
    _commit_of(history, _raw(history, "tree", data))
    return history


def tree_bomb(folder: Path, levels: int = 10, width: int = 20) -> History:
    """Few trees, each of which holds the next one many times."""
    history = empty(folder)
    target, mode = _raw(history, "blob", b"x"), b"100644"
    for _ in range(levels):
        data = b"".join(
            b"%s a%02d\0%s" % (mode, number, bytes.fromhex(target)) for number in range(width)
        )
        target, mode = _raw(history, "tree", data), b"40000"
    _commit_of(history, target)
    return history


def deep_tree(folder: Path, levels: int = 300) -> History:
    """Folders in folders."""
    return tree_bomb(folder, levels, 1)


def large_commit(folder: Path, size: int) -> History:
    """A commit with a message of ``size`` bytes, which takes a thousandth of that to send."""
    history = empty(folder)
    history.commit("first", {"a": "x"})
    _commit_of(history, history.git("rev-parse", "HEAD^{tree}"), says=b"x" * size)
    return history


def odd_files(folder: Path) -> History:
    """Links in circles and out, a .gitmodules with a command, a submodule, a filter."""
    history = empty(folder)
    files: dict[str, Contents] = {
        "recipe/loop": link("loop"),
        "recipe/up": link("../../../../../../etc/passwd"),
        "recipe/self": link("."),
        ".gitmodules": (
            '[submodule "x"]\n\tpath = x\n\turl = ext::sh -c touch% owned\n'
            "\tupdate = !touch owned\n"
        ),
        "x": File(SOME.encode(), "160000"),
        ".gitattributes": "* filter=lfs diff=evil\n",
        "recipe/--upload-pack=touch owned": "x",
        f"recipe/{ESCAPES}\n": "x",
    }
    maker = Maker(history)
    maker.commit("harm", files)
    maker.point(MAIN, "harm")
    return maker.write()


def replaced(folder: Path) -> History:
    """A replace ref that shows another commit in place of the real one."""
    history = empty(folder)
    maker = Maker(history)
    maker.commit("first", {"a": "honest"})
    maker.commit("other", {"a": "replaced"})
    maker.commit("harm", {"a": "honest"}, ["first"])
    maker.point(MAIN, "harm")
    maker.write()
    run_git(history.folder, "replace", history["harm"], history["other"])
    return history


def with_alternates(history: History, elsewhere: str) -> History:
    """A repository for a "dumb" server, most of whose objects are said to be elsewhere."""
    place = history.folder / "objects" / "info"
    place.mkdir(parents=True, exist_ok=True)
    (place / "http-alternates").write_text(f"{elsewhere}\n")
    (place / "alternates").write_text(f"{elsewhere}\n")
    for path in (history.folder / "objects").glob("*/*"):
        if path.parent != place:
            path.unlink()
    return history


__all__ = ["WAYS", "GitServer"]
