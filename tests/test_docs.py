"""What the documentation says is so."""

from __future__ import annotations

import ast
import json
import re
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from types import SimpleNamespace

import pluggy
import pytest
from cli_running import answer, run_command
from packages_making import make_conda
from ruamel.yaml import YAML

from conda_provenance import __version__, hookspecs, read_claim
from conda_provenance.ci import Adapter, Environ
from conda_provenance.cli.commands import SUMMARIES, command_of
from conda_provenance.forges import Forge
from conda_provenance.hookspecs import PROJECT
from conda_provenance.policy.check_ids import IDS
from conda_provenance.policy.expectations import Expectations
from conda_provenance.remotes import RemoteUrl
from conda_provenance.verify.check import Case
from conda_provenance.verify.outcome import Outcome, Result
from conda_provenance.verify.verdict import NOT_CHECKED

ROOT = Path(__file__).parents[1]
PAGES = [
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "SECURITY.md")),
    *sorted(ROOT.glob("docs/**/*.md")),
    *sorted(ROOT.glob("benchmarks/*.md")),
]

pytestmark = pytest.mark.skipif(
    not (ROOT / "docs").is_dir(), reason="the documentation is not here"
)


@pytest.mark.parametrize("script", ["providers.py", "api.py", "lists.py"])
def test_a_page_that_is_written_by_a_script_is_up_to_date(script):
    done = subprocess.run(
        [sys.executable, ROOT / "docs" / script, "--check"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_a_variable_of_a_test_command_is_read_by_the_tests_that_it_runs():
    text = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
    commands = re.findall(r"`([A-Z_]+)=\S+ python -m pytest (\S+)`", text)
    assert len(commands) >= 3

    for variable, tests in commands:
        files = [ROOT / tests] if tests.endswith(".py") else (ROOT / tests).glob("*.py")
        sources = [file.read_text("utf-8") for file in files]
        assert any(f'"{variable}"' in source for source in sources), f"{tests}: no {variable}"


@pytest.fixture
def workplace(tmp_path, feedstock):
    """A folder with what the example programs name: a package and a recipe."""
    place = tmp_path / "workplace"
    shutil.copytree(feedstock, place)
    about = {"extra": {"sha": "abc", "remote_url": "https://github.com/example/hello"}}
    make_conda(place, about, name="hello")
    return place


def _run_example(name: str, place: Path) -> str:
    program = ROOT / "examples" / "api" / name
    return subprocess.run(
        [sys.executable, program], cwd=place, stdout=subprocess.PIPE, text=True, check=True
    ).stdout


def test_the_example_that_reads_a_package(workplace):
    output = _run_example("read.py", workplace)
    assert output.startswith("abc https://github.com/example/hello None ['sha-short'")


def test_the_example_that_stamps_a_package(workplace):
    _run_example("stamp.py", workplace)
    assert read_claim(workplace / "hello-1.0-0.conda").flow_run_id == "farm_1234"


def test_the_example_that_collects_for_a_recipe(workplace, git):
    output = _run_example("collect.py", workplace)
    assert f"'sha': '{git(workplace, 'rev-parse', 'HEAD')}'" in output
    assert "'remote_url': 'https://github.com/example/hello-feedstock'" in output


def _section(title: str) -> str:
    return (
        (ROOT / "CONTRIBUTING.md")
        .read_text("utf-8")
        .partition(f"## {title}\n")[2]
        .partition("\n## ")[0]
    )


def _executed(section: str) -> dict[str, object]:
    (source,) = re.findall(r"```python\n(.*?)```", section, re.DOTALL)
    module: dict[str, object] = {}
    exec(source, module)
    return module


def test_the_example_of_an_adapter_and_its_case_work():
    section = _section("A CI system")
    (case,) = map(json.loads, re.findall(r"```json\n(.*?)```", section, re.DOTALL))
    adapter = _executed(section)["ADAPTER"]
    assert isinstance(adapter, Adapter)

    more = {"MYCI_REF": "refs/pull/7/head", "MYCI_EVENT": "pull_request", "MYCI_COMMIT": "a" * 40}
    environ = Environ(case["environ"] | more)
    run = adapter.run(environ)
    assert adapter.is_active(environ)
    assert {key: getattr(run, key) for key in case["expect"]} == case["expect"]
    assert (run.pull_request, run.head_sha) == ("7", "a" * 40)


def test_the_example_of_a_forge_works():
    forge = _executed(_section("A forge's pages"))["FORGE"]
    assert isinstance(forge, Forge)
    remote = RemoteUrl.parse("git@myci.example.org:o/r.git")
    assert forge.commit_url(remote, "a" * 40) == "https://myci.example.org/o/r/commit/" + "a" * 40


@pytest.mark.skipif(sys.platform == "win32", reason="cron is not Windows'")
def test_the_line_for_cron_names_a_run_that_can_be_stamped(feedstock):
    text = (ROOT / "docs" / "how-to" / "schedulers.md").read_text("utf-8")
    (line,) = re.findall(
        r"^15 2 \* \* \* (CONDA_PROVENANCE_FLOW_RUN_ID=.*) conda build ", text, re.MULTILINE
    )
    command = (
        line.replace("\\%", "%")
        + f" {sys.executable} -m conda_provenance detect --json {feedstock}"
    )
    found = json.loads(
        subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=True).stdout
    )
    assert re.fullmatch(r"cron_\S+/\d{8}T\d{6}Z-\d+", found["flow_run_id"])
    assert found["sources"]["flow_run_id"] == "environment"


def _anchors(page: Path) -> set[str]:
    """The fragments that GitHub makes of a page's headings."""
    text = re.sub(r"```.*?```", "", page.read_text("utf-8"), flags=re.DOTALL)
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w -]", "", each.lower()).replace(" ", "-") for each in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_within_the_project_leads_somewhere(page):
    text = re.sub(r"(`+).*?\1", "", page.read_text("utf-8"), flags=re.DOTALL)
    for link in re.findall(r"\]\(([^)\s]+)\)", text):
        if re.match(r"[a-z]+:", link):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), link
        assert not anchor or anchor in _anchors(target), link


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_python_snippet_is_python(page):
    for snippet in re.findall(r"```python\n(.*?)```", page.read_text("utf-8"), re.DOTALL):
        ast.parse(snippet)


@pytest.mark.skipif(find_spec("rattler_build") is None, reason="py-rattler-build is not installed")
@pytest.mark.skipif(find_spec("rich") is None, reason="rich, which draws it, is not installed")
def test_the_picture_shows_the_commands_and_no_secret(tmp_path):
    picture = tmp_path / "terminal.svg"
    script = ROOT / "docs" / "picture.py"
    subprocess.run([sys.executable, script, picture], check=True)
    for svg in (picture, ROOT / "docs" / "terminal.svg"):
        text = svg.read_text("utf-8").replace("&#160;", " ")
        for command in ("detect", "build", "show"):
            assert f"$ conda-provenance {command}" in text
        assert "not-shown" not in text


def _dependencies() -> list[str]:
    project = (ROOT / "pyproject.toml").read_text("utf-8")
    (listed,) = re.findall(r"^dependencies = \[\n(.*?)^\]", project, re.MULTILINE | re.DOTALL)
    # A noarch package takes what only some versions of Python need on all of them.
    return [each.partition(";")[0] for each in re.findall(r'"(.+)"', listed)]


def test_the_recipe_agrees_with_the_project():
    recipe = YAML(typ="safe").load((ROOT / "recipe" / "recipe.yaml").read_text("utf-8"))
    assert recipe["context"]["version"] == __version__
    assert recipe["requirements"]["run"][1:] == _dependencies()
    assert recipe["about"]["homepage"] == recipe["about"]["repository"] == _home()
    assert recipe["about"]["documentation"] == f"{_site()}/"
    project = (ROOT / "pyproject.toml").read_text("utf-8")
    assert f'Documentation = "{_site()}/"' in project


def test_the_recipe_constrains_what_the_extras_of_the_project_need():
    recipe = YAML(typ="safe").load((ROOT / "recipe" / "recipe.yaml").read_text("utf-8"))
    project = (ROOT / "pyproject.toml").read_text("utf-8")
    extras = re.findall(
        r'^(?:rattler-build|dask|keyring|rattler|shards|sigstore) = \["(.+)"\]$', project, re.M
    )
    assert len(extras) == 6
    constrained = recipe["requirements"]["run_constraints"]
    for extra in extras:
        assert extra.replace("msgpack ", "msgpack-python ") in constrained

    page = (ROOT / "docs" / "how-to" / "install.md").read_text("utf-8")
    named = re.findall(r"^\| `([a-z-]+)` \|", page, re.MULTILINE)
    assert sorted(named) == ["dask", "keyring", "rattler", "rattler-build", "shards", "sigstore"]


@pytest.mark.parametrize(
    "name", ["README.md", "docs/how-to/install.md", "examples/ci/github-actions.yml"]
)
def test_what_conda_is_told_to_install_is_what_the_project_needs(name):
    text = (ROOT / name).read_text("utf-8").replace("\\\n", " ")
    (line,) = re.findall(r"conda install (.*)", text)
    ours = {"conda-build", "pip", "hatchling", "base"}
    words = set(re.findall(r"(?<![-\w.])[a-z][a-z.-]+", re.sub(r"(?<!\S)-\S+", "", line)))
    assert words - ours == {dependency.split()[0] for dependency in _dependencies()}


def _home() -> str:
    project = (ROOT / "pyproject.toml").read_text("utf-8")
    (home,) = re.findall(r'^Homepage = "(.+)"$', project, re.MULTILINE)
    return home


def _site() -> str:
    (site,) = re.findall(r'^html_baseurl = "(.+)/"$', (ROOT / "docs/conf.py").read_text(), re.M)
    return site


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_the_project_has_one_address_and_its_site_has_one(page):
    text = page.read_text("utf-8")
    addresses = re.findall(r"https?://[\w./-]*/conda-provenance\b[\w./-]*", text)
    for address in addresses:
        assert f"{address}/".startswith((f"{_home()}/", f"{_site()}/"))


def test_the_table_of_places_names_every_module_and_no_other():
    rows = re.findall(r"^\| (`[^|]+`) \|", _section("Where things are"), re.MULTILINE)
    named = {name for row in rows for name in re.findall(r"`([\w/]+(?:\.py)?)`", row)}
    package = ROOT / "conda_provenance"
    modules = {path.name for path in package.glob("*.py") if not path.name.startswith("__")}
    folders = {f"{path.parent.name}/" for path in package.glob("*/__init__.py")}
    assert named == modules | folders


def _plugin(title: str) -> dict[str, object]:
    text = (ROOT / "docs" / "how-to" / "plugins.md").read_text("utf-8")
    section = text.partition(f"## {title}\n")[2]
    module: dict[str, object] = {}
    exec(re.findall(r"```python\n(.*?)```", section, re.DOTALL)[0], module)
    return module


@pytest.mark.parametrize(
    "title", ["Entries of your own", "A system of your own", "A check of your own"]
)
def test_the_example_of_a_plugin_implements_a_hook(title):
    manager = pluggy.PluginManager(PROJECT)
    manager.add_hookspecs(hookspecs)
    plugin = SimpleNamespace(**_plugin(title))
    manager.register(plugin)
    manager.check_pending()
    assert manager.get_hookcallers(plugin)


def test_the_example_of_a_system_of_ones_own_names_its_run():
    (adapter,) = _plugin("A system of your own")["conda_provenance_systems"]()
    run = adapter.run(Environ({"FARM_JOB": "7"}))
    assert run.flow_run_id == "farm_7"
    assert run.flow_run_url == "https://farm.example.org/jobs/7"


@pytest.mark.parametrize(
    ("named", "remote", "ends"),
    [
        (Outcome.PASS, "https://github.com/example/hello-feedstock", Outcome.PASS),
        (Outcome.PASS, "https://github.com/example/other", Outcome.FAIL),
        (Outcome.FAIL, "https://github.com/example/hello-feedstock", Outcome.UNAVAILABLE),
    ],
)
def test_the_example_of_a_check_of_ones_own_judges(named, remote, ends):
    (check,) = _plugin("A check of your own")["conda_provenance_checks"]()
    subject = SimpleNamespace(remote=RemoteUrl.parse(remote))
    before = Result("expected", named, "So it is.")
    case = Case(subject, Expectations(), {"expected": before})
    assert check.run(case, None).outcome is ends


def test_the_example_of_a_check_of_ones_own_is_run_by_verify(tmp_path):
    """Typed into a distribution of its own, as the page says."""
    text = (ROOT / "docs" / "how-to" / "plugins.md").read_text("utf-8")
    source = text.partition("## A check of your own\n")[2]
    info = tmp_path / "my_farm-1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: my-farm\nVersion: 1\n")
    (info / "entry_points.txt").write_text("[conda_provenance]\nmy-farm = my_farm\n")
    (tmp_path / "my_farm.py").write_text(re.findall(r"```python\n(.*?)```", source, re.DOTALL)[0])

    extra = {"sha": "a" * 40, "remote_url": "https://github.com/example/hello-feedstock"}
    package = make_conda(tmp_path, {"extra": extra}, name="hello")
    done = run_command(
        "verify", package, "--only", "approved-feedstock", "--json", PYTHONPATH=str(tmp_path)
    )
    checks = {each["id"]: each for each in answer(done)["packages"][0]["checks"]}
    assert checks["approved-feedstock"]["outcome"] == "unavailable"
    assert checks["approved-feedstock"]["message"] == "Nobody named the repository."


def test_the_page_of_commands_has_every_command_and_no_option_that_does_not_exist():
    page = (ROOT / "docs" / "reference" / "commands.md").read_text("utf-8")
    names = set(SUMMARIES)
    assert set(re.findall(r"^## (\w+)$", page, re.MULTILINE)) == names

    of_others = {"--extra-meta", "--env-file", "--help", "--list"}
    known = {flag for name in names for option in command_of(name).options for flag in option.flags}
    assert set(re.findall(r"(?<!\S)`?(--[a-z][a-z-]+)", page)) <= known | of_others


def test_the_readme_is_short():
    assert len((ROOT / "README.md").read_text("utf-8").splitlines()) <= 150


def test_the_picture_of_verify_has_every_check_in_its_order():
    text = (ROOT / "docs" / "reference" / "verify.md").read_text("utf-8")
    shown = re.findall(r"^  (?:pass|not-applicable) +([a-z-]+) ", text, re.MULTILINE)
    assert shown[: len(IDS)] == list(IDS)
    rows = re.findall(r"^\| (\d) \| `([a-z-]+)` \|", text, re.MULTILINE)
    assert rows == [(str(number), each) for number, each in enumerate(IDS, 1)]
    assert NOT_CHECKED in " ".join(text.split())
    assert re.findall(r"^\| `(\w+)` \| .* \| \d", text, re.MULTILINE) == [
        "verified", "consistent", "refuted", "silent", "unavailable",
    ]  # fmt: skip
