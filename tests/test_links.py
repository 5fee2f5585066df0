"""The pages of commits and runs, and what is loaded to find them."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from importlib import import_module
from pathlib import Path

import pytest

from conda_provenance import links, systems
from conda_provenance.forges import Forge
from conda_provenance.links import commit_page, run_page
from conda_provenance.remotes import _FORGES, RemoteUrl
from conda_provenance.runs import Runs

SHA = "50a4e2d4203f05082fcbb93e14541180de3aa8ac"


@pytest.mark.parametrize(
    ("remote", "provider", "page"),
    [
        ("https://github.com/o/r", "", f"https://github.com/o/r/commit/{SHA}"),
        ("https://gitlab.com/g/s/r", "", f"https://gitlab.com/g/s/r/-/commit/{SHA}"),
        ("https://bitbucket.org/o/r", "", f"https://bitbucket.org/o/r/commits/{SHA}"),
        ("https://codeberg.org/o/r", "", f"https://codeberg.org/o/r/commit/{SHA}"),
        ("https://acme.ghe.com/o/r", "", f"https://acme.ghe.com/o/r/commit/{SHA}"),
        ("https://a.b.ghe.com/o/r", "", None),
        (
            "https://o.visualstudio.com/p/_git/r",
            "",
            f"https://o.visualstudio.com/p/_git/r/commit/{SHA}",
        ),
        ("https://git.sr.ht/~o/r", "", f"https://git.sr.ht/~o/r/commit/{SHA}"),
        ("https://dev.azure.com/o/p/_git/r", "", f"https://dev.azure.com/o/p/_git/r/commit/{SHA}"),
        ("https://gitlab.corp.example/g/r", "", f"https://gitlab.corp.example/g/r/-/commit/{SHA}"),
        (
            "https://code.corp.example/g/r",
            "gitlab",
            f"https://code.corp.example/g/r/-/commit/{SHA}",
        ),
        ("https://code.corp.example/g/r", "github", f"https://code.corp.example/g/r/commit/{SHA}"),
        ("https://code.corp.example/g/r", "jenkins", None),
    ],
)
def test_a_commit_has_a_page_where_the_forge_is_known(remote, provider, page):
    assert commit_page(RemoteUrl.parse(remote), SHA, provider) == page


@pytest.mark.parametrize(
    ("remote", "run_id", "page"),
    [
        ("https://github.com/o/r", "github_123", "https://github.com/o/r/actions/runs/123"),
        ("https://gitlab.com/g/r", "gitlab_9", "https://gitlab.com/g/r/-/pipelines/9"),
        ("https://gitlab.com/g/r", "github_9", None),
        ("https://github.com/o/r", "github_../../x", None),
        ("https://github.com/o/r", "github_", None),
        ("https://github.com/o/r", "azure_20250217.3.1", None),
        ("https://github.com/o/r", "5f3c", None),
    ],
)
def test_a_run_has_a_page_where_its_id_leads_to_one(remote, run_id, page):
    assert run_page(RemoteUrl.parse(remote), run_id) == page


def test_without_a_commit_or_a_repository_there_is_no_page():
    assert commit_page(RemoteUrl.parse("https://github.com/o/r"), "") is None
    assert commit_page(None, SHA, "github") is None
    assert run_page(None, "github_123") is None


def test_a_run_may_have_a_page_without_a_repository():
    run_id = "5ee9f7d7-0c5c-4a0a-9a3c-0d9b5f0b7c11"
    page = f"https://app.circleci.com/pipelines/workflows/{run_id}"
    assert run_page(None, f"circle_{run_id}") == page
    assert run_page(RemoteUrl.parse("https://code.corp.example/g/r"), f"circle_{run_id}") == page


@pytest.mark.parametrize(
    ("remote", "provider"),
    [
        ("https://bitbucket.corp.example/scm/p/r", ""),
        ("https://code.corp.example/p/r", "bitbucket"),
        ("https://code.corp.example/p/r", "azure"),
        ("https://code.corp.example/p/r", "sourcehut"),
        ("https://jenkins.corp.example/p/r", ""),
        ("https://azure.corp.example/p/r", ""),
        ("https://code.corp.example/p/r", "__init__"),
    ],
)
def test_only_a_forge_that_others_run_is_told_by_a_name(remote, provider):
    """Azure Pipelines, say, build what lies on any forge, and Data Center's pages are others."""
    assert commit_page(RemoteUrl.parse(remote), SHA, provider) is None


@pytest.mark.parametrize("label", ["github", "gitlab", "gitea", "forgejo"])
def test_a_hosts_first_label_tells_its_forge_before_the_run_does(label):
    remote = RemoteUrl.parse(f"https://{label}.corp.example/p/r")
    form = "-/commit" if label == "gitlab" else "commit"
    for provider in ("", "gitlab", "gitea", "jenkins"):
        assert commit_page(remote, SHA, provider) == f"{remote}/{form}/{SHA}"


@pytest.mark.parametrize("adapter", systems.adapters(), ids=lambda adapter: adapter.provider)
def test_every_forge_and_every_runs_that_an_adapter_names_is_there(adapter):
    for reference, kind in ((adapter.forge, Forge), (adapter.runs, Runs)):
        if reference:
            module, _, name = reference.partition(":")
            assert isinstance(getattr(import_module(module), name), kind)
            assert isinstance(links._load(adapter, reference, kind), kind)


def test_every_module_of_a_forge_or_of_runs_is_named_by_an_adapter():
    folder = Path(systems.__file__).parent
    there = {
        f"conda_provenance.systems.{path.parent.name}.{path.stem}"
        for name in ("forge", "runs")
        for path in folder.glob(f"*/{name}.py")
    }
    named = {
        reference.partition(":")[0]
        for adapter in systems.adapters()
        for reference in (adapter.forge, adapter.runs)
        if reference
    }
    assert not there - named, (
        f"no adapter names {sorted(there - named)}, or its folder has no __init__.py"
    )
    assert there == named


def test_every_line_of_a_forge_leads_to_its_vendors_pages():
    """With another name in the line, or one text for a tuple, addresses would have no page."""
    for line in _FORGES:
        for hosts in (line.hosts, line.ssh_hosts, line.ssh_labels):
            assert isinstance(hosts, tuple), f"{hosts!r} is no tuple: it lacks a comma"

    vendors = {line.vendor for line in _FORGES} - {""}
    with_forge = {adapter.provider for adapter in systems.adapters() if adapter.forge}
    assert not vendors - with_forge, f"{sorted(vendors - with_forge)} have no forge in systems/"
    assert not with_forge - vendors, f"_FORGES has no line for {sorted(with_forge - vendors)}"


@pytest.mark.parametrize(
    "reference", ["nosuch.module:FORGE", "conda_provenance.forges:NOSUCH", "os:path"]
)
def test_a_forge_that_cannot_be_loaded_is_left_out_with_a_warning(reference, monkeypatch, caplog):
    adapter = systems.adapter("github")
    assert adapter is not None
    monkeypatch.setattr(systems, "adapter", lambda name: replace(adapter, forge=reference))
    assert commit_page(RemoteUrl.parse("https://github.com/o/r"), SHA) is None
    (message,) = caplog.messages
    assert message.startswith(
        f"conda-provenance: {reference} of the system github cannot be loaded"
    )


@pytest.mark.parametrize(
    "page", ["", "commit/{sha}", "{remote}", "{remote}/{id}", "{remote}/{sha", "{remote.host}/x"]
)
def test_a_malformed_page_of_a_commit_is_refused(page):
    with pytest.raises(ValueError, match="commit_page is a template"):
        Forge(commit_page=page)


@pytest.mark.parametrize(
    "page", ["{remote}", "/compare/{old}...{new}", "{remote}/compare/{old}...{sha}", "{remote}/{}"]
)
def test_a_malformed_page_of_comparisons_is_refused(page):
    with pytest.raises(ValueError, match="compare_page is a template"):
        Forge(commit_page="{remote}/commit/{sha}", compare_page=page)


def test_a_forge_without_comparisons_has_no_page_of_one():
    remote = RemoteUrl.parse("https://h.example/o/r")
    assert Forge(commit_page="{remote}/commit/{sha}").compare_url(remote, "a", "b") is None


@pytest.mark.parametrize("page", ["", "{remote}", "http://h/{id}", "https://{id}/", "{remote}/{x}"])
def test_a_malformed_page_of_a_run_is_refused(page):
    with pytest.raises(ValueError, match="page is a template"):
        Runs(run_id=r"\d+", page=page)


@pytest.mark.parametrize(
    ("call", "loaded"),
    [
        ("commit_page(remote, 'a' * 40)", ["github.forge"]),
        ("run_page(remote, 'github_1')", ["github.runs"]),
        ("run_page(None, 'jenkins_1')", []),
    ],
)
def test_one_vendor_is_loaded_and_no_plugin(call, loaded):
    code = f"""
import sys
from conda_provenance.links import commit_page, run_page
from conda_provenance.remotes import RemoteUrl
remote = RemoteUrl.parse("https://github.com/o/r")
{call}
systems = [name for name in sys.modules if name.startswith("conda_provenance.systems.")]
systems = [name for name in systems if "._" not in name]
print(*sorted({{name.split(".")[2] for name in systems}}))
print(*sorted(name[25:] for name in systems if name.endswith((".forge", ".runs"))))
print("pluggy" in sys.modules)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    vendor = "jenkins" if "jenkins" in call else "github"
    assert done.stdout.splitlines() == [vendor, " ".join(loaded), "False"]
