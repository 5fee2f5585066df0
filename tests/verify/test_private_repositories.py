"""A package may name a repository that is private to whoever verifies it. Nothing of that is shown.

The repository has marked names in everything that only a login can read.
"""

from __future__ import annotations

import json
from base64 import b64encode
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from acceptance_asking import online
from acceptance_sites import TOKEN
from acceptance_world import World
from ci_model import CiJob
from forge_model import ForgeChange, Opinion, model_of
from forge_server import hidden_from_strangers
from forges_known import FORGES, KnownForge
from histories import FORGE, History, Maker, empty, everyday, script
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from conda_provenance.cli.main import main
from conda_provenance.patterns import RepositoryPattern
from conda_provenance.verify.outcome import Outcome

MARK = "zqx"
"""In every name that nobody may see. It is in no word, and in no digest."""

LOGIN = "Basic " + b64encode(f"x-access-token:{TOKEN}".encode()).decode()

SENTENCE = "cannot be read without a login, and nobody but the package names it"


class Private:
    """A private repository at github.com, with one reviewed change and one run."""

    def __init__(self, world: World, folder: Path, number: int, word: str) -> None:
        self.world = world
        self.name = f"acme{number}/private-feedstock"
        self.url = f"https://github.com/{self.name}"
        self.word = word = f"{MARK}{word}"
        self.history = _history(folder / f"private-{number}", word)
        model = world.github.publish(self.name, self.history, id=9000 + number, owner_id=77)
        model.is_private = True
        shas = self.history
        model.changes = [ForgeChange(
            1, True, False, f"{word}author", f"{word}branch", "main", (shas["head"],),
            (shas["tip"],), said=(Opinion(f"{word}reviewer"),), how="squash",
        )]  # fmt: skip
        world.github.git.hidden[self.name] = LOGIN

    def publish(self) -> None:
        """Let everybody read it."""
        self.world.github.repositories[self.name].model.is_private = False
        del self.world.github.git.hidden[self.name]

    def package(self, **given: Any) -> Path:
        job = CiJob(f"{self.word}job", f"{self.word}line\n{{block}}\n")
        run = {"workflow": f".github/workflows/{self.word}.yml"}
        values = {"jobs": (job,), "run": run, "sha": self.history["tip"], **given}
        return self.world.actions(repository=self.name, **values)


def _history(folder: Path, word: str) -> History:
    history = empty(folder)
    files = {
        "recipe/recipe.yaml": f"# {word}recipe\npackage:\n  name: hello\n  version: '1.0'\n",
        "recipe/build.sh": script(f"{word}script\n"),
        f"recipe/{word}file.patch": f"{word}patch\n",
        f"{word}folder/x": f"{word}text\n",
    }
    maker = Maker(history)
    who = f"{word}person <{word}person@example.org>"
    maker.commit("first", files, message=f"{word}message", author=who)
    maker.commit("head", {"y": f"{word}\n"}, ["first"], message=f"{word}message", author=who)
    maker.commit("tip", {"y": f"{word}\n"}, ["first"], author=who, committer=FORGE)
    maker.point("refs/heads/main", "tip")
    maker.point(f"refs/heads/{word}branch", "head")
    maker.point(f"refs/tags/{word}tag", "first")
    maker.write()
    return history


NUMBERS = count(1)

_KEPT = ("commit-exists", "commit-on-branch", "commit-reviewed", "run-matches", "artifact-in-run")


def said_of(
    world: World, capsys: pytest.CaptureFixture[str], folder: Path, package: Path, *more: str
) -> tuple[dict[str, dict[str, Any]], str]:
    """The checks, and all that some runs print and write."""
    said: list[str] = []
    answer: dict[str, Any] = {}
    for number, options in enumerate(((), ("-v",), ("--json",))):
        place = folder / str(number)
        place.mkdir(parents=True)
        kept = ("--evidence", str(place / "kept"), "--max-age", "1d")
        page = () if "--json" in options else ("--html", str(place / "page.html"))
        with online(world), pytest.MonkeyPatch.context() as patch:
            patch.setenv("CONDA_PROVENANCE_CACHE_DIR", str(place / "cache"))
            capsys.readouterr()
            main(["verify", str(package), *kept, *page, *options, *more])
            printed = capsys.readouterr()
        said += printed
        if "--json" in options:
            (answer,) = json.loads(printed.out)["packages"]

    files = [path for path in folder.rglob("*") if path.is_file()]
    assert {"page.html"} < {path.name for path in files}
    said += [path.read_bytes().decode("latin-1") for path in files]
    everything = "\n".join(said)
    assert TOKEN not in everything
    assert not world.leaks()
    return {each["id"]: each for each in answer["checks"]}, everything


@settings(
    max_examples=3, deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)  # fmt: skip
@given(word=st.text("abcdefgh", min_size=1, max_size=6))
def test_nothing_is_said_of_a_private_repository_that_only_the_package_names(
    acceptance: World,
    capsys: pytest.CaptureFixture[str],
    tmp_path_factory: pytest.TempPathFactory,
    word: str,
) -> None:
    folder = tmp_path_factory.mktemp("private")
    private = Private(acceptance, folder, next(NUMBERS), word)
    package = private.package()
    checks, said = said_of(acceptance, capsys, folder / "runs", package)
    assert MARK not in said
    for name in (*_KEPT[:4], "recipe-matches"):
        assert checks[name]["outcome"] == "unavailable", checks[name]
        assert SENTENCE in checks[name]["message"], checks[name]
    assert checks["artifact-in-run"]["outcome"] != "pass"

    expected = ("--expect-repo", private.url)
    checks, said = said_of(acceptance, capsys, folder / "expected", package, *expected)
    assert {checks[name]["outcome"] for name in _KEPT} == {"pass"}, checks
    assert f"{private.word}job" in said
    assert f"{private.word}author" in said

    private.publish()
    checks, said = said_of(acceptance, capsys, folder / "public", package)
    assert {checks[name]["outcome"] for name in _KEPT} == {"pass"}, checks
    assert f"{private.word}job" in said


def test_a_private_repository_and_none_look_alike(
    acceptance: World, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """Whoever sees the results cannot tell which private repositories the verifier may read."""
    number = next(NUMBERS)
    private = Private(acceptance, tmp_path, number, "x")
    absent = private.name.replace("private", "absent!")[:-1].replace("absent!", "missing")
    package = private.package()
    other = acceptance.package(
        repository=absent, sha=private.history["tip"], flow_run_id="github_7000"
    )
    found = [
        said_of(acceptance, capsys, tmp_path / name, each)[0]
        for name, each in (("private", package), ("absent", other))
    ]
    messages = [
        [(name, each["outcome"], each["message"].replace(which, "X")) for name, each in one.items()]
        for one, which in zip(found, (private.name, absent), strict=True)
    ]
    assert messages[0] == messages[1]


@pytest.mark.parametrize("forge", FORGES, ids=lambda each: each.name)
def test_each_forge_is_asked_whether_a_repository_is_private(
    forge: KnownForge, everyday_history: History
) -> None:
    model = model_of(everyday_history)
    model.is_private = True
    with forge.serve(model) as setting:
        setting.server.moods.append(hidden_from_strangers)
        setting.doors.token = "the user's token"
        result = setting.check("squash")
        assert result.outcome is Outcome.UNAVAILABLE
        assert SENTENCE in result.message
        assert not result.facts
        assert not result.detail

        pattern = RepositoryPattern.parse(str(setting.remote))
        result = setting.check("squash", repositories=(pattern,))
        assert result.outcome is Outcome.PASS, result.message

        model.is_private = False
        result = setting.check("squash")
        assert result.outcome is Outcome.PASS, result.message

        setting.server.moods.clear()
        setting.doors.token = ""
        model.is_private = True
        assert setting.check("squash").outcome is Outcome.PASS, "it is shown to everybody"


@pytest.fixture(scope="session")
def everyday_history(tmp_path_factory: pytest.TempPathFactory) -> History:
    return everyday(tmp_path_factory.mktemp("private") / "history")
