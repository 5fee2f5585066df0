"""The gate as conda's pre-transaction action: conda's records in, conda's error out.

conda builds the action while it prepares a transaction, when every package has been extracted and
nothing is linked. Only then is this module imported. What is asked of a package is not known here.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from conda_provenance.condarc import INSTALL

if TYPE_CHECKING:
    from conda_provenance.audit.incoming import Incoming
    from conda_provenance.audit.install_gate import Verdict


class InstallGate:
    """Checks what one transaction installs into one environment, once.

    conda calls ``verify()``, then ``execute()``. With ``safety_checks: disabled`` it leaves out
    ``verify()``, and an error in ``execute()`` comes too late to keep it from removing packages,
    which it then has to bring back. So in that case the check is made, and raises, when conda makes
    the action. ``execute()`` checks all the same, in case another program leaves out ``verify()``.
    """

    link_precs: Iterable[Any] | None = None
    unlink_precs: Iterable[Any] | None = None
    target_prefix: str | None = None
    _verified = False
    transaction_context: Mapping[str, Any] | None = None
    _is_checked = False
    _is_new = False
    _refusal: Exception | None = None

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        from conda.base.context import context

        self._is_new = self._is_new_prefix()
        if str(context.safety_checks) == "disabled":
            self.execute()

    def verify(self) -> Exception | None:
        """Return, and do not raise, why the transaction is refused."""
        self._check()
        self._verified = self._refusal is None
        if self._refusal is not None:
            self._remove_new_prefix()
        return self._refusal

    def execute(self) -> None:
        """Raise why the transaction is refused."""
        self._check()
        if self._refusal is not None:
            self._remove_new_prefix()
            raise self._refusal

    def reverse(self) -> None:
        """Nothing was done."""

    def cleanup(self) -> None:
        """Nothing is left."""

    def _check(self) -> None:
        if self._is_checked:
            return

        # Removing is never refused.
        if packages := tuple(self.link_precs or ()):
            self._judge(packages)
        self._is_checked = True  # Not before: a Ctrl-C while we judge must not count as a pass.

    def _judge(self, packages: tuple[Any, ...]) -> None:
        try:
            verdict = _verdict(packages, tuple(self.unlink_precs or ()))
            refuses, text = verdict.refuses, str(verdict) if verdict.has_news else ""
        except Exception as error:
            refuses, text = _may_refuse(), _fault(error)

        if refuses:
            self._refusal = _conda_error(text)
        elif text:
            _warn(text)

    def _is_new_prefix(self) -> bool:
        """Did conda make the environment's folder for this transaction? Nothing is in it yet."""
        from conda import __version__

        if _release(__version__) >= (26, 7):
            made = (self.transaction_context or {}).get("created_prefixes", ())
            return self.target_prefix in made

        # Older ones do not note it, and leave it behind. An empty folder is all that may be lost.
        with suppress(OSError):
            return bool(self.target_prefix) and not os.listdir(self.target_prefix)
        return False

    def _remove_new_prefix(self) -> None:
        """Remove the environment that conda made for this transaction. Nothing is in it yet.

        conda does so itself since 26.7, but not where it is still preparing.
        """
        if self._is_new:
            for folder in (os.path.join(str(self.target_prefix), "conda-meta"), self.target_prefix):
                with suppress(OSError):
                    os.rmdir(str(folder))


def gate_class() -> type:
    """The class that conda makes actions of."""
    from conda.core.path_actions import Action

    return type("ProvenanceInstallGate", (InstallGate, Action), {})


def _release(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".")[:2] if part.isdigit())


def _verdict(packages: tuple[Any, ...], present: tuple[Any, ...]) -> Verdict:
    from conda.base.context import context
    from conda.models.match_spec import MatchSpec

    from conda_provenance.audit.install_gate import check
    from conda_provenance.audit.install_policy import load_install_policy
    from conda_provenance.settings import read_conda
    from conda_provenance.settings_doubts import install_doubts

    policy = load_install_policy(read_conda)
    doubts = install_doubts(os.environ)
    if doubts and not policy.error:
        # A requirement that is misspelled is none that may be left out.
        policy = policy._replace(error=" ".join(doubts))

    def compile_spec(text: str) -> Callable[[Any], bool]:
        matches: Callable[[Any], bool] = MatchSpec(text).match
        return matches

    return check(
        policy,
        map(_incoming, packages),
        {sha256 for each in present if (sha256 := _text(each, "sha256"))},
        _writable_first(map(str, context.pkgs_dirs)),
        compile_spec,
    )


def _incoming(record: Any) -> Incoming:
    from conda_provenance.audit.incoming import Incoming
    from conda_provenance.sources.environments import Record

    channel = getattr(getattr(record, "channel", None), "base_url", None)
    size = record.get("size", None)
    ours = Record(
        str(record.name),
        str(record.version),
        str(record.build),
        file_name=str(record.fn),
        subdir=_text(record, "subdir"),
        channel=str(channel) if channel else None,
        sha256=_text(record, "sha256"),
        md5=_text(record, "md5"),
        size=size if isinstance(size, int) else None,
        url=_text(record, "url"),
    )
    return Incoming(ours, _text(record, "legacy_bz2_md5"), record)


def _text(record: Any, name: str) -> str | None:
    value = record.get(name, None)
    return str(value) if value else None


def _writable_first(caches: Iterable[str]) -> Iterator[str]:
    """The order in which conda looks for what it links."""
    yield from sorted(caches, key=lambda cache: not os.access(cache, os.W_OK))


def _may_refuse() -> bool:
    """May the key say ``refuse``? What cannot be read may."""
    from conda.base.context import context

    try:
        word = str(getattr(context.plugins, INSTALL.name)).strip().lower()
    except Exception:  # conda raises what it likes
        return True
    return word not in ("ignore", "warn")


def _fault(error: Exception) -> str:
    return (
        f"conda-provenance failed ({type(error).__name__}), so what these packages say of where "
        f"they come from was not checked (plugins.{INSTALL.name}). "
        f"To go round this once: {INSTALL.variable}=ignore conda install …"
    )


def _conda_error(text: str) -> Exception:
    from conda.exceptions import CondaError

    # conda puts named values into the text with "%", in some versions even if there are none.
    error: Exception = CondaError(text.replace("%", "%%"), setting=INSTALL.name)
    return error


def _warn(text: str) -> None:
    """Say it beside conda's own output, which may be JSON and must stay so."""
    try:
        print(f"\n{text}", file=sys.stderr, flush=True)
    except (OSError, ValueError, AttributeError):
        return  # There is nobody to read it, and conda goes on.
