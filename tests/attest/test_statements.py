"""The statement of a whole package: what is in it, and that others take it."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest
from attest_samples import (
    DIGEST,
    HASH_INPUT,
    HEADER,
    META,
    REMOTE,
    RENDERED,
    SHA,
    STAMP,
    make_old_package,
    make_package,
    meta,
    rendered,
    require_accepted,
)
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from packages_making import info_files, make_conda, member, tar, zst

from conda_provenance.attest import publishable
from conda_provenance.attest.package_statement import NotStated, statement_of, statements
from conda_provenance.attest.predicate import predicate_of
from conda_provenance.attest.recorded.build import RecordedBuild
from conda_provenance.bundles.statement_types import DERIVED_BUILD_TYPE, DERIVED_BUILDER
from conda_provenance.claim import Claim
from conda_provenance.errors import PackageError, ProvenanceError

SCHEMA = Path(__file__).parents[2] / "docs" / "buildtypes" / "metadata" / "v1.schema.json"

RATTLER = {RENDERED: json.dumps(rendered()).encode()}
CONDA_BUILD = {
    META: (HEADER + json.dumps(meta())).encode(),
    HASH_INPUT: b'{"c_compiler": "gcc", "CONDA_BUILD_SYSROOT": "/home/jane/sdk"}',
}


def require_valid(predicate: object) -> None:
    schema = json.loads(SCHEMA.read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.Draft202012Validator(schema).validate(predicate)


@pytest.mark.parametrize("make", [make_package, make_old_package])
@pytest.mark.parametrize(
    "files", [RATTLER, CONDA_BUILD, {}], ids=["rattler-build", "conda-build", "no recipe"]
)
def test_others_take_the_statement(tmp_path, make, files):
    stated = statement_of(str(make(tmp_path, files)))
    require_accepted(stated.statement)
    require_valid(stated.predicate)
    assert json.loads(stated.statement)["predicate"] == stated.predicate
    assert stated.note == ""
    assert b"jane" not in stated.statement
    assert b"s3cr3t" not in stated.statement


def test_the_public_program_of_sigstore_takes_the_predicate(tmp_path):
    """It reads the predicate before it asks who signs. There is nobody here: it ends there."""
    pytest.importorskip("sigstore", reason="sigstore is not installed: pip install '.[test]'")
    stated = statement_of(str(make_package(tmp_path, RATTLER)))
    done = []
    for name, predicate in (("good", stated.predicate), ("bad", {**stated.predicate, "x": 1})):
        path = tmp_path / f"{name}.json"
        path.write_text(json.dumps(predicate))
        command = [sys.executable, "-m", "sigstore", "attest", "--predicate", str(path)]
        command += ["--predicate-type", "https://slsa.dev/provenance/v1", stated.path]
        command[3:3] = ["--trust-config", str(tmp_path / "missing.json")]
        done.append(subprocess.run(command, capture_output=True, text=True, check=False))
    good, bad = done
    assert "Unable to parse predicate" in bad.stderr + bad.stdout
    assert "Unable to parse predicate" not in good.stderr + good.stdout


def test_the_recipes_repository_comes_first(tmp_path):
    definition = statement_of(str(make_package(tmp_path, RATTLER))).predicate["buildDefinition"]
    first, *others = definition["resolvedDependencies"]
    assert first == {
        "uri": f"git+{REMOTE}@{SHA}",
        "digest": {"gitCommit": SHA},
        "annotations": {"role": "recipe"},
    }
    assert [each["annotations"]["role"] for each in others] == ["source", "source", "build", "host"]


def test_the_builder_is_the_same_whatever_the_environment_says(tmp_path, monkeypatch):
    package = str(make_package(tmp_path, RATTLER))
    before = statement_of(package).statement
    for name, value in {
        "GITHUB_ACTIONS": "true",
        "RUNNER_ENVIRONMENT": "github-hosted",
        "GITHUB_REF": "refs/heads/main",
        "GITHUB_RUN_ATTEMPT": "3",
        "TZ": "Asia/Tokyo",
        "LANG": "C",
        "HOME": "/nowhere",
    }.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir("/")
    stated = statement_of(package)
    assert stated.statement == before
    assert stated.predicate["runDetails"]["builder"]["id"] == DERIVED_BUILDER
    assert stated.predicate["buildDefinition"]["buildType"] == DERIVED_BUILD_TYPE


@pytest.mark.parametrize("seed", ["0", "1"])
def test_the_same_package_has_the_same_bytes(tmp_path, seed):
    package = make_package(tmp_path, CONDA_BUILD)
    other = tmp_path / "elsewhere"
    other.mkdir()
    shutil.copyfile(package, other / package.name)
    code = (
        "import sys; from conda_provenance.attest.package_statement import statement_of\n"
        "sys.stdout.buffer.write(statement_of(sys.argv[1]).statement)"
    )
    command = [sys.executable, "-c", code, str(other / package.name)]
    environment = {"PYTHONHASHSEED": seed, "PATH": ""}
    printed = subprocess.run(command, env=environment, capture_output=True, check=True).stdout
    assert printed == statement_of(str(package)).statement


def test_no_level_is_claimed(tmp_path):
    for files in (RATTLER, CONDA_BUILD):
        assert b"LEVEL" not in statement_of(str(make_package(tmp_path, files))).statement.upper()


@pytest.mark.parametrize(
    ("extra", "invocation"),
    [
        ({"flow_run_url": "https://github.com/o/n/actions/runs/1/attempts/2"}, "…/attempts/2"),
        ({"flow_run_url": "https://dev.azure.com/o/p/_build/results?buildId=7"}, "…?buildId=7"),
        ({"flow_run_id": "github_77"}, "github_77"),
        ({"flow_run_id": "jenkins_team/job/7"}, "jenkins_team/job/7"),
        # They name no system, or a place on a disk.
        ({"flow_run_id": "77"}, None),
        ({"flow_run_id": "/home/jane_x/run"}, None),
        ({"flow_run_id": "farm_/home/jane"}, None),
        ({"flow_run_id": "github_77", "flow_run_url": "/x"}, "github_77"),
        ({"flow_run_id": "github_${RUN}"}, None),
        ({"flow_run_id": "github_"}, None),
        ({"flow_run_id": "farm_https://farm.example/1;s3cr3t"}, None),
        ({"flow_run_id": "a:b@c"}, None),
        ({"flow_run_id": ""}, None),
        ({}, None),
    ],
)
def test_the_invocation_is_what_was_stamped_and_never_put_together(extra, invocation):
    claim = Claim.from_extra({"remote_url": REMOTE, **extra})
    details = predicate_of(claim, RecordedBuild())["runDetails"]
    shown = details.get("metadata", {}).get("invocationId")
    if invocation and invocation.startswith("…"):
        assert shown == extra["flow_run_url"]
    else:
        assert shown == invocation


@pytest.mark.parametrize("sha", [None, "", "abc", "A" * 40, "0" * 40, "g" * 40, 5])
def test_without_a_whole_commit_no_repository_is_a_dependency(sha):
    claim = Claim.from_extra({"remote_url": REMOTE, "sha": sha})
    definition = predicate_of(claim, RecordedBuild())["buildDefinition"]
    assert definition["externalParameters"] == {"repository": REMOTE}
    assert "resolvedDependencies" not in definition


def test_a_commit_of_sha256():
    claim = Claim.from_extra({"remote_url": REMOTE, "sha": "b" * 64})
    predicate = predicate_of(claim, RecordedBuild())
    require_valid(predicate)
    (recipe,) = predicate["buildDefinition"]["resolvedDependencies"]
    assert recipe["digest"] == {"gitCommit": "b" * 64}


def test_a_login_in_the_stamp_is_not_published(tmp_path):
    extra = {**STAMP, "remote_url": "https://jane:s3cr3t@github.com/example/hello.git"}
    stated = statement_of(str(make_package(tmp_path, RATTLER, **extra)))
    parameters = stated.predicate["buildDefinition"]["externalParameters"]
    assert parameters["repository"] == "https://github.com/example/hello"
    assert b"s3cr3t" not in stated.statement


@pytest.mark.parametrize(
    ("ref", "kept"),
    [("refs/heads/main", True), ("main", False), ("refs/x y", False), (None, False)],
)
def test_a_ref_is_what_the_caller_knows(tmp_path, ref, kept):
    stated = statement_of(str(make_package(tmp_path)), ref=ref)
    require_valid(stated.predicate)
    parameters = stated.predicate["buildDefinition"]["externalParameters"]
    assert parameters.get("ref") == (ref if kept else None)


# --- packages that are odd or hostile ------------------------------------------------------------


def test_a_rendered_recipe_that_cannot_be_read_is_said(tmp_path):
    stated = statement_of(str(make_package(tmp_path, {RENDERED: b"a: ["})))
    assert f"its {RENDERED} cannot be read" in stated.note
    require_accepted(stated.statement)


def test_a_large_rendered_recipe_is_read(tmp_path):
    document = rendered(finalized_dependencies={"host": {"resolved": _many(8000)}})
    data = json.dumps(document, indent=1).encode()
    assert 1 << 20 < len(data) < 4 << 20
    stated = statement_of(str(make_package(tmp_path, {RENDERED: data})))
    assert len(stated.predicate["buildDefinition"]["resolvedDependencies"]) > 8000


def _many(number: int) -> list[dict[str, str]]:
    url = "https://conda.anaconda.org/conda-forge/noarch/x-{}-0.conda"
    return [{"url": url.format(each), "sha256": DIGEST} for each in range(number)]


def test_a_rendered_recipe_that_is_there_twice_is_refused(tmp_path):
    """Who unpacks it may get the other one."""
    files = [(member(name, size=len(data)), data) for name, data in _files().items()]
    files += [(member(RENDERED, size=2), b"{}")]
    package = make_conda(tmp_path, info=zst(tar(files)))
    with pytest.raises(PackageError, match="cannot be read"):
        statement_of(str(package))


def test_a_link_is_not_followed(tmp_path):
    files = {**_files()}
    del files[RENDERED]
    members = [(member(name, size=len(data)), data) for name, data in files.items()]
    members += [(member(RENDERED, type=b"2", linkname="../../../../etc/passwd"), None)]
    package = make_conda(tmp_path, info=zst(tar(members)))
    definition = statement_of(str(package)).predicate["buildDefinition"]
    assert len(definition["resolvedDependencies"]) == 1


def _files() -> dict[str, bytes]:
    return {**info_files({"extra": STAMP}), **RATTLER}


def test_one_that_has_no_statement_stops_no_other(tmp_path):
    package = str(make_package(tmp_path))
    silent = str(make_old_package(tmp_path, None, remote_url=5))
    found = list(statements([silent, str(tmp_path / "missing-1-0.conda"), package], statement_of))
    assert [type(each) is NotStated for each in found] == [True, True, False]
    assert all(isinstance(each.error, ProvenanceError) for each in found[:2])


def test_a_file_that_changes_while_it_is_read_is_refused(tmp_path, monkeypatch):
    package = make_package(tmp_path)
    from conda_provenance.packages import read

    digest = read._sha256

    def changed(blob):
        with package.open("ab") as file:
            file.write(b"x")
        return digest(blob)

    monkeypatch.setattr(read, "_sha256", changed)
    with pytest.raises(PackageError, match="another program changed it meanwhile"):
        statement_of(str(package))


def test_a_secret_that_every_check_missed_gets_no_further(tmp_path, monkeypatch):
    monkeypatch.setattr(publishable, "address", lambda value: value)
    document = rendered(finalized_sources=[{"url": "https://user:s3cr3t@example.org/a"}])
    package = make_package(tmp_path, {RENDERED: json.dumps(document).encode()})
    with pytest.raises(ProvenanceError, match="may be a password or a token") as caught:
        statement_of(str(package))
    assert "s3cr3t" not in str(caught.value)


@settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(), st.sampled_from([RENDERED, META, HASH_INPUT, "info/index.json"]))
def test_whatever_is_in_a_file_is_an_error_or_left_out(tmp_path, data, name):
    package = make_package(tmp_path, {name: data})
    try:
        stated = statement_of(str(package))
    except ProvenanceError:
        return
    require_accepted(stated.statement)
