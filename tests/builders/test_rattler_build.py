"""rattler-build's real engine in process, by every function of it that builds."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tarfile
import threading
import time
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from builders_recipes import V1, V1_SPLIT, about, extract_recipe, info_files

from conda_provenance.builders.packaged_recipes import edits_for
from conda_provenance.package_line import PackageLine
from conda_provenance.packages import sha256_of

pytest.importorskip(
    "rattler_build",
    reason="py-rattler-build is not installed here: pip install 'conda-provenance[rattler-build]'",
)

ORIGIN = "https://github.com/example/hello-feedstock"
RUN = {"CIRCLECI": "true", "CIRCLE_WORKFLOW_ID": "0b0c-1"}

ACTIVATE = "import conda_provenance; conda_provenance.activate()\n"
IMPORTS = (
    "import sys, warnings; warnings.simplefilter('ignore')\n"
    "from pathlib import Path\n"
    "import rattler_build\n"
    "from rattler_build import Stage0Recipe, ToolConfiguration, VariantConfig\n"
    "from rattler_build.render import build_rendered_variants\n"
    "recipe, out, options = Path(sys.argv[1]), sys.argv[2], {'channels': []}\n"
)
STAGE0 = "Stage0Recipe.from_file(recipe)"
RENDERED = f"{STAGE0}.render(VariantConfig())"
DOORS = {
    "RenderedVariant.run_build": (
        f"for variant in {RENDERED}: variant.run_build(output_dir=out, **options)\n"
    ),
    "run_build, by position": (
        f"for variant in {RENDERED}: variant.run_build(None, out, **options)\n"
    ),
    "Stage0Recipe.run_build": f"{STAGE0}.run_build(output_dir=out, **options)\n",
    "build_rendered_variants": (
        f"build_rendered_variants({RENDERED}, output_dir=out, **options)\n"
    ),
    "build_recipes": "rattler_build.build_recipes([recipe], output_dir=out, channel=[])\n",
}


def packages(out: Path) -> list[Path]:
    return sorted([*out.glob("noarch/*.conda"), *out.glob("noarch/*.tar.bz2")])


def stamp(recipe: Path, git) -> dict[str, str]:
    return {
        "sha": git(recipe, "rev-parse", "HEAD"),
        "remote_url": ORIGIN,
        "flow_run_id": "circle_0b0c-1",
    }


def assert_indexed(package: Path) -> None:
    record = json.loads((package.parent / "repodata.json").read_text())["packages.conda"][
        package.name
    ]
    data = package.read_bytes()
    assert record["sha256"] == hashlib.sha256(data).hexdigest()
    assert record["md5"] == hashlib.md5(data, usedforsecurity=False).hexdigest()
    assert record["size"] == len(data)


@pytest.fixture
def build(run, tmp_path):
    def build(
        recipe: Path,
        code: str = "",
        *,
        status: int | None = 0,
        out: Path = tmp_path / "out",
        **variables: str,
    ):
        code = code or ACTIVATE + IMPORTS + DOORS["RenderedVariant.run_build"]
        return run(
            sys.executable,
            "-c",
            code,
            recipe / "recipe.yaml",
            out,
            status=status,
            **{**RUN, **variables},
        )

    return build


@pytest.mark.parametrize("order", ["activated first", "imported first"])
@pytest.mark.parametrize("door", DOORS)
def test_every_output_is_stamped_by_every_door_and_the_index_agrees(
    write_feedstock, build, git, tmp_path, door, order
):
    recipe = write_feedstock(
        recipe_yaml=V1_SPLIT
    )  # the second output installs the first, by its checksum in the index
    head = ACTIVATE + IMPORTS if order == "activated first" else IMPORTS + ACTIVATE
    done = build(recipe, head + DOORS[door])
    found = packages(tmp_path / "out")
    assert [package.name.rsplit("-", 2)[0] for package in found] == ["split-base", "split-top"]
    for package in found:
        assert stamp(recipe, git).items() <= about(package)["extra"].items()
        assert_indexed(package)
    assert "s3cr3t" not in done.stdout
    lines = [line for line in map(PackageLine.parse, done.stdout.splitlines()) if line]
    assert sorted(lines) == [
        PackageLine("noarch", package.name, sha256_of(package), stamp(recipe, git))
        for package in found
    ]


@pytest.mark.parametrize("level", ["WARNING", "INFO"])
def test_a_program_that_logs_has_the_line_once(write_feedstock, build, tmp_path, level):
    recipe = write_feedstock(recipe_yaml=V1)
    log = f"import logging; logging.basicConfig(level=logging.{level}, format='%(message)s')\n"
    done = build(recipe, ACTIVATE + log + IMPORTS + DOORS["RenderedVariant.run_build"])
    (package,) = packages(tmp_path / "out")
    assert done.stdout.count(f"sha256={sha256_of(package)}") == 1


def test_a_package_that_is_withdrawn_has_no_line(write_feedstock, build, tmp_path):
    recipe = write_feedstock(recipe_yaml=V1)
    broken = (
        "import conda_provenance.packages as p\n"
        "def fail(*a, **k): raise OSError('disk')\n"
        "p.stamp_package = p.stamp_built_package = fail\n"
    )
    code = ACTIVATE + broken + IMPORTS + DOORS["RenderedVariant.run_build"]
    done = build(recipe, code, status=None, CONDA_PLUGINS_PROVENANCE_REQUIRED="sha")
    assert packages(tmp_path / "out") == []
    assert "sha256=" not in done.stdout


def test_without_activation_nothing_is_changed(write_feedstock, build, tmp_path):
    recipe = write_feedstock(recipe_yaml=V1)
    build(recipe, "import conda_provenance\n" + IMPORTS + DOORS["Stage0Recipe.run_build"])
    assert "sha" not in about(packages(tmp_path / "out")[0]).get("extra", {})


def test_activated_twice_it_stamps_once(write_feedstock, build, git, tmp_path):
    recipe = write_feedstock(recipe_yaml=V1)
    (recipe / "new.patch").write_text("x")
    done = build(recipe, ACTIVATE * 2 + IMPORTS + ACTIVATE + DOORS["Stage0Recipe.run_build"])
    assert done.stdout.count("changes that are not committed") == 1
    assert stamp(recipe, git).items() <= about(packages(tmp_path / "out")[0])["extra"].items()


def test_the_other_package_format(write_feedstock, build, git, tmp_path):
    recipe = write_feedstock(recipe_yaml=V1)
    code = (
        ACTIVATE
        + IMPORTS
        + "options['package_format'] = 'tar.bz2'\n"
        + DOORS["Stage0Recipe.run_build"]
    )
    build(recipe, code)
    (package,) = packages(tmp_path / "out")
    assert package.name.endswith(".tar.bz2")
    assert stamp(recipe, git).items() <= about(package)["extra"].items()
    record = json.loads((package.parent / "repodata.json").read_text())["packages"][package.name]
    assert record["sha256"] == hashlib.sha256(package.read_bytes()).hexdigest()


def test_the_recipes_own_extra_is_kept_and_wins(write_feedstock, build, git, tmp_path):
    own = "extra:\n  flow_run_id: farm_own\n  sha: ${{ env.get('MY_SHA') }}\n"
    own += "  recipe-maintainers: [me]\n"
    recipe = write_feedstock(recipe_yaml=V1 + own)
    for door in ("RenderedVariant.run_build", "build_recipes"):
        out = tmp_path / door
        build(recipe, ACTIVATE + IMPORTS + DOORS[door], out=out, MY_SHA="1" * 40)
        assert about(packages(out)[0])["extra"] == {
            "flow_run_id": "farm_own",
            "sha": "1" * 40,
            "recipe-maintainers": ["me"],
            "remote_url": ORIGIN,
        }


def test_a_package_of_an_earlier_build_is_left_alone(write_feedstock, build, tmp_path):
    recipe = write_feedstock(recipe_yaml=V1)
    build(recipe, IMPORTS + DOORS["Stage0Recipe.run_build"])
    (package,) = packages(tmp_path / "out")
    before = package.read_bytes()
    skip = "options['tool_config'] = ToolConfiguration(skip_existing='local')\n"
    build(recipe, ACTIVATE + IMPORTS + skip + DOORS["Stage0Recipe.run_build"])
    assert package.read_bytes() == before
    skip = (
        "rattler_build.build_recipes([recipe], output_dir=out, channel=[], skip_existing='local')\n"
    )
    build(recipe, ACTIVATE + IMPORTS + skip)
    assert package.read_bytes() == before


@pytest.mark.parametrize("door", DOORS)
def test_a_missing_required_key_fails_before_there_is_a_package(
    write_feedstock, build, tmp_path, door
):
    recipe = write_feedstock(recipe_yaml=V1)
    required = {"CONDA_PLUGINS_PROVENANCE_REQUIRED": "flow_run_id", "CIRCLECI": ""}
    done = build(recipe, ACTIVATE + IMPORTS + DOORS[door], status=1, **required)
    assert (
        "RattlerBuildError: flow_run_id is required (plugins.provenance_required) but missing"
        in done.stdout
    )
    assert not (tmp_path / "out").exists()


def test_what_fails_in_stamping_is_one_line_and_the_package_stays_as_it_was_built(
    write_feedstock, build, tmp_path
):
    recipe = write_feedstock(recipe_yaml=V1)
    fail = "def fail(*a, **k): raise OSError(28, 'No space left on device')\n"
    fail += "import os; os.fsync = fail\n"
    done = build(recipe, ACTIVATE + fail + IMPORTS + DOORS["Stage0Recipe.run_build"])
    (line,) = [line for line in done.stdout.splitlines() if "conda-provenance" in line]
    assert "stays unstamped" in line
    assert "No space left on device" in line
    (package,) = packages(tmp_path / "out")
    assert "sha" not in about(package).get("extra", {})
    assert_indexed(package)
    assert {path.name for path in package.parent.iterdir()} == {package.name, "repodata.json"}


def test_what_fails_in_stamping_leaves_no_package_where_provenance_is_required(
    write_feedstock, build, tmp_path
):
    recipe = write_feedstock(recipe_yaml=V1_SPLIT)
    fail = "def fail(*a, **k): raise OSError(28, 'No space left on device')\n"
    fail += "import conda_provenance.packages.rewrite as rewrite; rewrite.copy_with = fail\n"
    required = {"CONDA_PLUGINS_PROVENANCE_REQUIRED": "sha"}
    done = build(
        recipe, ACTIVATE + fail + IMPORTS + DOORS["Stage0Recipe.run_build"], status=1, **required
    )
    assert "could not be stamped, and plugins.provenance_required wants it to be" in done.stdout
    assert not packages(tmp_path / "out")
    assert (
        json.loads((tmp_path / "out" / "noarch" / "repodata.json").read_text())["packages.conda"]
        == {}
    )


def test_recipes_that_one_call_cannot_tell_apart_get_what_they_share(
    write_feedstock, build, git, tmp_path
):
    recipe = write_feedstock(recipe_yaml=V1)
    other = tmp_path / "other"
    other.mkdir()
    (other / "recipe.yaml").write_text(V1.replace("hello", "other"))
    git(other, "init", "-q")
    git(other, "add", ".")
    git(other, "commit", "-q", "-m", "other")
    recipes = f"[recipe, {str(other / 'recipe.yaml')!r}]"
    both = f"rattler_build.build_recipes({recipes}, output_dir=out, channel=[])\n"
    build(recipe, ACTIVATE + IMPORTS + both)
    for package in packages(tmp_path / "out"):
        assert about(package)["extra"] == {"flow_run_id": "circle_0b0c-1"}


def test_a_test_that_fails_after_the_build_still_leaves_a_stamped_package(
    write_feedstock, build, git, tmp_path
):
    recipe = write_feedstock(recipe_yaml=V1.replace("test -f $PREFIX/hi", "exit 3"))
    build(recipe, ACTIVATE + IMPORTS + DOORS["build_recipes"], status=None)
    for package in [*(tmp_path / "out").rglob("*.conda")]:
        assert stamp(recipe, git).items() <= about(package)["extra"].items(), package


IDENTITY = "-c user.name=A -c user.email=a@b"
COMMITTING = f"{shutil.which('git')} -C $RECIPE_DIR {IDENTITY} commit -aqm 2.0"
"""A script's line that commits what is changed in the recipe's repository."""


def committing(text: str) -> str:
    """The recipe, whose first script changes it and commits that before it does its work."""
    changing = f"echo '# 2.0' >> $RECIPE_DIR/recipe.yaml && {COMMITTING}"
    return text.replace("echo base", f"{changing} && echo base").replace(
        "echo hi", f"{changing} && echo hi"
    )


@pytest.mark.parametrize("order", ["activated first", "activated when it is rendered"])
@pytest.mark.parametrize("door", DOORS)
def test_every_output_has_the_commit_that_its_recipe_was_read_at(
    write_feedstock, build, git, tmp_path, door, order
):
    recipe = write_feedstock(recipe_yaml=committing(V1_SPLIT))
    expected = stamp(recipe, git)
    code = ACTIVATE + IMPORTS + DOORS[door]
    if order != "activated first":
        code = IMPORTS + f"variants = {RENDERED}\n" + ACTIVATE
        code += "for variant in variants: variant.run_build(output_dir=out, **options)\n"
    build(recipe, code)
    assert git(recipe, "rev-parse", "HEAD") != expected["sha"]
    found = packages(tmp_path / "out")
    assert len(found) == 2
    for package in found:
        assert expected.items() <= about(package)["extra"].items()


def test_a_commit_between_reading_and_building_a_recipe_is_not_its_commit(
    write_feedstock, build, git, tmp_path
):
    recipe = write_feedstock(recipe_yaml=V1)
    expected = stamp(recipe, git)
    code = f"variants = {RENDERED}\n"
    code += "import subprocess; subprocess.run(['git', '-C', recipe.parent, '-c', 'user.name=A', "
    code += "'-c', 'user.email=a@b', 'commit', '-q', '--allow-empty', '-m', '2.0'], check=True)\n"
    code += "for variant in variants: variant.run_build(output_dir=out, **options)\n"
    build(recipe, ACTIVATE + IMPORTS + code)
    assert about(packages(tmp_path / "out")[0])["extra"]["sha"] == expected["sha"]


def test_a_recipe_that_is_read_again_has_its_new_commit(write_feedstock, build, git, tmp_path):
    recipe = write_feedstock(recipe_yaml=committing(V1))
    for door in ("Stage0Recipe.run_build", "RenderedVariant.run_build", "build_recipes"):
        once = DOORS[door].replace("output_dir=out", "output_dir=out + str(number)")
        shas = [git(recipe, "rev-parse", "HEAD")]
        build(
            recipe, ACTIVATE + IMPORTS + f"for number in range(2):\n  {once}", out=tmp_path / door
        )
        shas.append(git(recipe, "rev-parse", "HEAD~1"))
        for number, sha in enumerate(shas):
            (package,) = packages(Path(f"{tmp_path / door}{number}"))
            assert about(package)["extra"]["sha"] == sha


@pytest.mark.parametrize("door", DOORS)
def test_what_the_build_writes_beside_the_recipe_does_not_make_it_dirty(
    write_feedstock, build, git, tmp_path, door
):
    text = V1_SPLIT.replace("echo base", "echo log > $RECIPE_DIR/build.log && echo base")
    recipe = write_feedstock(recipe_yaml=text)
    strict = {"CONDA_PLUGINS_PROVENANCE_DIRTY": "error"}
    build(recipe, ACTIVATE + IMPORTS + DOORS[door], **strict)
    assert (recipe / "build.log").exists()
    assert len(packages(tmp_path / "out")) == 2
    done = build(recipe, ACTIVATE + IMPORTS + DOORS[door], status=1, **strict)
    assert "plugins.provenance_dirty is error" in done.stdout


@pytest.mark.parametrize("door", ["Stage0Recipe.run_build", "build_recipes"])
def test_the_stamp_in_a_recipe_out_of_a_package_is_not_taken_over(
    write_feedstock, build, tmp_path, door
):
    old = f"extra:\n  flow_run_id: oldfarm_1\n  sha: {'1' * 40}\n  remote_url: {ORIGIN}\n"
    recipe = write_feedstock(recipe_yaml=V1 + old)
    build(recipe, IMPORTS + DOORS["Stage0Recipe.run_build"])
    again = extract_recipe(packages(tmp_path / "out")[0], tmp_path / "again")
    done = build(again, ACTIVATE + IMPORTS + DOORS[door], out=tmp_path / "new")
    extra = {"sha": "", "flow_run_id": "circle_0b0c-1"}
    assert about(packages(tmp_path / "new")[0])["extra"] == extra
    assert "sha, remote_url, flow_run_id: this is not taken over" in done.stdout
    required = {"CONDA_PLUGINS_PROVENANCE_REQUIRED": "remote_url"}
    build(again, ACTIVATE + IMPORTS + DOORS[door], out=tmp_path / "no", status=1, **required)


SLOW = """\
package: {name: NAME, version: "1.0"}
build:
  noarch: generic
  script: "touch STARTED; until test -e GO; do sleep 0.05; done; echo hi > $PREFIX/NAME.txt"
"""


@pytest.fixture
def start_slow_build(write_feedstock, tmp_path):
    """Starts a build with our stamp that waits for the file "go" before its script ends."""
    started, go = tmp_path / "started", tmp_path / "go"
    text = SLOW.replace("STARTED", str(started)).replace("GO", str(go)).replace("NAME", "slow")
    recipe = write_feedstock(recipe_yaml=text)

    def start(code: str) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(
            [sys.executable, "-c", code, recipe / "recipe.yaml", tmp_path / "out"],
            env={**os.environ, **RUN},
        )
        while not started.exists() and process.poll() is None:
            time.sleep(0.05)
        return process

    start.recipe, start.go = recipe, go
    return start


@pytest.mark.skipif(os.name == "nt", reason="the recipe's script is one for sh")
@pytest.mark.parametrize("door", ["build_recipes", "RenderedVariant.run_build"])
def test_a_package_that_another_process_puts_into_the_folder_meanwhile_is_left_alone(
    start_slow_build, build, git, tmp_path, door
):
    other = tmp_path / "other"
    other.mkdir()
    (other / "recipe.yaml").write_text(V1.replace("hello", "other"))
    with start_slow_build(ACTIVATE + IMPORTS + DOORS[door]) as process:
        build(other, IMPORTS + DOORS["Stage0Recipe.run_build"])
        start_slow_build.go.touch()
    assert process.returncode == 0
    theirs, ours = packages(tmp_path / "out")
    assert "extra" not in about(theirs)
    assert stamp(start_slow_build.recipe, git).items() <= about(ours)["extra"].items()


@pytest.mark.skipif(os.name == "nt", reason="the recipe's script is one for sh")
def test_a_package_of_the_same_name_but_of_another_recipe_is_left_alone(
    start_slow_build, build, tmp_path
):
    """The build ends before its own package is written: only the other's is there."""
    other = tmp_path / "other"
    other.mkdir()
    (other / "recipe.yaml").write_text(V1.replace("hello", "slow"))
    recipe = start_slow_build.recipe / "recipe.yaml"
    recipe.write_text(recipe.read_text().replace("echo hi >", "exit 3; echo hi >"))
    with start_slow_build(ACTIVATE + IMPORTS + DOORS["build_recipes"]) as process:
        build(other, IMPORTS + DOORS["Stage0Recipe.run_build"])
        start_slow_build.go.touch()
    assert process.returncode == 1
    (theirs,) = packages(tmp_path / "out")
    assert "extra" not in about(theirs)


@pytest.mark.skipif(os.name == "nt", reason="the recipe's script is one for sh")
def test_another_variant_of_the_same_recipe_by_another_process_is_left_alone(
    start_slow_build, build, tmp_path
):
    recipe = start_slow_build.recipe / "recipe.yaml"
    text = recipe.read_text().replace(
        "noarch: generic", "noarch: generic\n  string: v${{ flavour }}"
    )
    recipe.write_text(text)
    door = (
        "rattler_build.build_recipes([recipe], output_dir=out, channel=[],"
        " variant_overrides={'flavour': ['FLAVOUR']})\n"
    )
    with start_slow_build(ACTIVATE + IMPORTS + door.replace("FLAVOUR", "a")) as process:
        # The engine names its work folder after the recipe and the second.
        time.sleep(1.1)
        start_slow_build.go.touch()
        build(start_slow_build.recipe, IMPORTS + door.replace("FLAVOUR", "b"))
    assert process.returncode == 0
    ours, theirs = packages(tmp_path / "out")
    assert "sha" in about(ours)["extra"]
    assert "extra" not in about(theirs)


def test_a_recipe_that_changes_while_it_is_built_is_stamped_all_the_same(
    write_feedstock, build, tmp_path
):
    recipe = write_feedstock(recipe_yaml=V1)
    script = f"echo '# new' >> {recipe / 'recipe.yaml'}; echo hi"
    (recipe / "recipe.yaml").write_text(V1.replace("script: echo hi", f"script: {script}"))
    build(recipe, ACTIVATE + IMPORTS + DOORS["build_recipes"])
    assert "sha" in about(packages(tmp_path / "out")[0])["extra"]


@pytest.mark.parametrize(
    "extra", ["no_include_recipe=True", "build_num=7", "package_format='tar-bz2'"]
)
def test_what_build_recipes_makes_with_other_options_is_stamped(
    write_feedstock, build, git, tmp_path, extra
):
    recipe = write_feedstock(recipe_yaml=V1.replace("hello", "Hello"))
    door = DOORS["build_recipes"].replace("channel=[]", f"channel=[], {extra}")
    done = build(recipe, ACTIVATE + IMPORTS + door)
    (package,) = packages(tmp_path / "out")
    assert stamp(recipe, git).items() <= about(package)["extra"].items()
    assert "schema_version" not in done.stdout, "what it renders beforehand is not printed"


def test_a_package_whose_contents_are_wrong_is_stamped_where_it_stays(
    write_feedstock, build, git, tmp_path
):
    recipe = write_feedstock(recipe_yaml=V1 + "  - package_contents: {files: [gone]}\n")
    for door in ("RenderedVariant.run_build", "build_recipes"):
        build(recipe, ACTIVATE + IMPORTS + DOORS[door], out=tmp_path / door, status=1)
        (package,) = packages(tmp_path / door)
        assert stamp(recipe, git).items() <= about(package)["extra"].items()


@pytest.mark.skipif(os.name == "nt", reason="signals are others on Windows")
@pytest.mark.parametrize("door", ["build_recipes", "RenderedVariant.run_build"])
def test_a_package_that_is_finished_when_an_interrupt_comes_is_stamped(
    start_slow_build, git, tmp_path, door
):
    with start_slow_build(ACTIVATE + IMPORTS + DOORS[door]) as process:
        process.send_signal(signal.SIGINT)
        start_slow_build.go.touch()
    assert process.returncode == -signal.SIGINT
    (package,) = packages(tmp_path / "out")
    assert stamp(start_slow_build.recipe, git).items() <= about(package)["extra"].items()


SECRETS = """\
package: {name: leaky, version: "1.0"}
source:
  url: URL/source.tgz?token=qu3ry&x=1
  sha256: SHA256
build:
  noarch: generic
  script:
    content: "echo ${{ mirror }} > $PREFIX/leaky.txt; curl http://me:${TOKEN}@h.example || true"
    env: {PROXY: "http://user:pr0xy@proxy.example:3128"}
    secrets: [DEPLOY]
requirements:
  host: [dep]
about:
  homepage: https://user:h0me@h.example/a
  description: See https://h.example/a?access_token=d3sc for more.
extra:
  board: https://b0ard@h.example/x
"""
DEPENDENCY = """\
package: {name: dep, version: "1.0"}
build: {noarch: generic, script: echo dep > $PREFIX/dep.txt}
"""


@pytest.fixture
def leaky(write_feedstock, tmp_path):
    """A recipe with every kind of secret address, and the server that it needs."""
    www = tmp_path / "www"
    (www / "chan" / "noarch").mkdir(parents=True)
    (tmp_path / "source.txt").write_text("x")
    with tarfile.open(www / "source.tgz", "w:gz") as archive:
        archive.add(tmp_path / "source.txt", "source.txt")
    (tmp_path / "dep").mkdir()
    (tmp_path / "dep" / "recipe.yaml").write_text(DEPENDENCY)

    class Handler(SimpleHTTPRequestHandler):
        def __init__(self, *arguments: object) -> None:
            super().__init__(*arguments, directory=str(www))

        def translate_path(self, path: str) -> str:
            return super().translate_path(path.replace("/t/t0k3n/", "/"))

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://user:s0urce@127.0.0.1:{server.server_port}"
    sha256 = hashlib.sha256((www / "source.tgz").read_bytes()).hexdigest()
    recipe = write_feedstock(
        recipe_yaml=SECRETS.replace("URL", url).replace("SHA256", sha256),
        variants_yaml="mirror: ['https://user:v4riant@h.example/m']\n",
        farm_yml="mirror: ['https://h.example/a,https://user:f4rm@h.example/m']\n",
    )
    yield recipe, f"http://user:ch4nnel@127.0.0.1:{server.server_port}/t/t0k3n/chan", www
    server.shutdown()
    server.server_close()


HIDDEN = (
    "s0urce",
    "qu3ry",
    "pr0xy",
    "h0me",
    "d3sc",
    "b0ard",
    "v4riant",
    "f4rm",
    "ch4nnel",
    "t0k3n",
)
LEAKY = (
    "options = {'channels': [CHANNEL], 'package_format': 'FORMAT'}\n"
    "variants = VariantConfig.from_file(recipe.parent / 'variants.yaml')\n"
    "for variant in Stage0Recipe.from_file(recipe).render(variants):\n"
    "    variant.run_build(output_dir=out, **options)\n"
)


@pytest.mark.parametrize("form", ["conda", "tar.bz2"])
def test_no_credentials_of_an_address_get_into_a_packages_metadata(
    leaky, build, git, tmp_path, form
):
    recipe, channel, www = leaky
    build(tmp_path / "dep", IMPORTS + DOORS["Stage0Recipe.run_build"], out=www / "chan")
    code = IMPORTS + LEAKY.replace("CHANNEL", repr(channel)).replace("FORMAT", form)
    secret = {"DEPLOY": "d3ploy"}
    build(recipe, code, out=tmp_path / "plain", **secret)
    build(recipe, ACTIVATE + code, out=tmp_path / "out", **secret)

    (plain,), (package,) = packages(tmp_path / "plain"), packages(tmp_path / "out")
    assert package.name == plain.name, "the build string is not changed"
    before, after = info_files(plain), info_files(package)
    for word in HIDDEN:
        assert any(word.encode() in data for data in before.values()), f"{word} was never there"
        assert not [name for name, data in after.items() if word.encode() in data]

    assert after.keys() == before.keys()
    assert b"http://me:${TOKEN}@h.example" in after["info/recipe/rendered_recipe.yaml"]
    assert b"/source.tgz?x=1\n" in after["info/recipe/rendered_recipe.yaml"]
    for name in before.keys() - edits_for([recipe / "recipe.yaml"]).keys():
        if name not in ("info/index.json", "info/paths.json"):  # with the time of the build
            assert after[name] == before[name]
    assert stamp(recipe, git).items() <= about(package)["extra"].items()
    record = json.loads((package.parent / "repodata.json").read_text())
    (record,) = (record["packages"] | record["packages.conda"]).values()
    assert record["sha256"] == hashlib.sha256(package.read_bytes()).hexdigest()


def test_a_recipe_without_secret_addresses_is_packaged_as_it_is(write_feedstock, build, tmp_path):
    text = V1 + "about: {homepage: 'https://h.example/a@b?x=1'}\n"
    recipe = write_feedstock(recipe_yaml=text)
    build(recipe)
    (package,) = packages(tmp_path / "out")
    assert info_files(package)["info/recipe/recipe.yaml"].decode() == text


def test_where_stamping_is_switched_off_nothing_is_changed(leaky, build, tmp_path):
    recipe, channel, www = leaky
    build(tmp_path / "dep", IMPORTS + DOORS["Stage0Recipe.run_build"], out=www / "chan")
    code = ACTIVATE + IMPORTS + LEAKY.replace("CHANNEL", repr(channel)).replace("FORMAT", "conda")
    build(recipe, code, DEPLOY="x", CONDA_PLUGINS_PROVENANCE_ENABLED="false")
    (package,) = packages(tmp_path / "out")
    assert b"t0k3n" in info_files(package)["info/recipe/rendered_recipe.yaml"]
