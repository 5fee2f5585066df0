"""Configurations that trip a second parser of git's files. git's own reader decides."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from conda_provenance.git import read_git, repository
from conda_provenance.git.configuration import Configuration, Remote

ORIGIN = "https://github.com/example/hello-feedstock"


OTHER = '[remote "origin"]\n\turl = https://h/o/other\n'


def recipe_of(root: Path) -> Path:
    return root / "recipe" / "recipe.yaml"


def write(root: Path, text: str | bytes) -> None:
    content = text if isinstance(text, bytes) else text.encode()
    (root / ".git" / "config").write_bytes(b"[core]\n\tbare = false\n" + content)


@pytest.mark.parametrize(
    ("text", "url"),
    [
        (b'[user]\n\tname = J\xfcrgen\n[remote "origin"]\n\turl = https://h/o/r\n', "https://h/o/r"),
        (b'[remote "\xfc"]\n\turl = https://h/o/r\n', "https://h/o/r"),
        ("[remote.origin]\n\turl = https://h/o/r\n", "https://h/o/r"),
        ('[REMOTE "origin"]\n\tURL = https://h/o/r\n', "https://h/o/r"),
        ('[remote "origin"] url = https://h/o/r\n', "https://h/o/r"),
        ('[remote "origin"]\n\turl = "https://h/o/r" ; a comment\n', "https://h/o/r"),
        ('[remote "origin"]\n\turl = https://h/o/\\\nr\n', "https://h/o/r"),
        ('[remote "origin"]\r\n\turl = https://h/o/r\r\n', "https://h/o/r"),
        (f'{OTHER}[remote "a.b"]\n\turl = https://h/o/r\n[branch "main"]\n\tremote = a.b\n', "https://h/o/r"),
        (f'{OTHER}[branch "main"]\n\tremote = x\n\tremote = https://h/o/b\n', "https://h/o/b"),
        ('[remote "origin"]\n\turl = https://h/o/a\n\turl =\n\turl = https://h/o/b\n', "https://h/o/b"),
        ('[remote "origin"]\n\tfetch = x\n', None),
    ],
)  # fmt: skip
def test_every_form_that_git_reads(feedstock, text, url):
    write(feedstock, text)
    facts = read_git(recipe_of(feedstock))
    assert facts.sha
    assert facts.remote_url == url


def test_a_byte_order_mark(feedstock):
    (feedstock / ".git" / "config").write_bytes(
        b'\xef\xbb\xbf[remote "origin"]\n\turl = https://h/o/r\n'
    )
    assert read_git(recipe_of(feedstock)).remote_url == "https://h/o/r"


@pytest.mark.parametrize("first", [True, False])
def test_of_two_addresses_git_fetches_from_the_first(feedstock, program, first):
    """An include stands where it is written."""
    (feedstock / ".git" / "more").write_text('[remote "origin"]\n\turl = https://h/o/included\n')
    own = '[remote "origin"]\n\turl = https://h/o/own\n'
    include = "[include]\n\tpath = more\n"
    write(feedstock, include + own if first else own + include)
    command = [program, "-C", str(feedstock), "remote", "get-url", "origin"]
    fetched = subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    assert fetched == f"https://h/o/{'included' if first else 'own'}"
    assert read_git(recipe_of(feedstock)).remote_url == fetched


@pytest.mark.parametrize(
    ("condition", "since"),
    [
        ("gitdir:**/hello-feedstock/.git", (2, 13)),
        ("onbranch:main", (2, 23)),
        ("hasconfig:remote.*.url:https://h/**", (2, 36)),
    ],
)
def test_conditions_of_an_include(feedstock, condition, since, version):
    (feedstock / ".git" / "more").write_text('[branch "main"]\n\tremote = https://h/o/included\n')
    write(
        feedstock,
        f'[includeIf "{condition}"]\n\tpath = more\n[remote "origin"]\n\turl = https://h/o/r\n',
    )
    expected = "https://h/o/included" if version >= since else "https://h/o/r"
    assert read_git(recipe_of(feedstock)).remote_url == expected


@pytest.mark.parametrize(
    "text", ["[", "!garbage", '[remote "origin"\nurl = x', "[core]\nbare = maybe\n"]
)
def test_a_configuration_that_git_cannot_read(feedstock, text):
    write(feedstock, text)
    facts = read_git(recipe_of(feedstock))
    assert facts.sha is None
    assert facts.unreadable
    assert "cannot be read: git " in facts.warnings[0]


def test_an_include_that_includes_itself(feedstock):
    (feedstock / ".git" / "more").write_text("[include]\n\tpath = more\n")
    write(feedstock, "[include]\n\tpath = more\n")
    facts = read_git(recipe_of(feedstock))
    assert facts.unreadable
    assert facts.warnings


def test_many_branches_take_no_time(feedstock, version):
    branches = "".join(
        f'[branch "b{number}"]\n\tremote = origin\n\tmerge = refs/heads/b{number}\n'
        for number in range(20_000)
    )
    write(feedstock, branches + '[remote "origin"]\n\turl = https://h/o/r\n')
    started = sum(os.times()[:4])
    assert read_git(recipe_of(feedstock)).remote_url == "https://h/o/r"
    # Up to 2.34 git compares each branch with all others before it says which one is checked out.
    # Processor time, that of git included: a busy machine is no fault.
    assert sum(os.times()[:4]) - started < (1 if version >= (2, 39) else 20)


def test_a_remote_keeps_its_name():
    """With which git can be asked for the address that it would really use."""
    configuration = Configuration.parse(
        b"remote.up.url\nkde:x/y\0remote.origin.url\nhttps://h/o/r\0branch.main.remote\nup\0"
    )
    assert configuration.remote_of("main") == Remote("up", "kde:x/y")
    assert configuration.remote_of(None) == Remote("origin", "https://h/o/r")


def old_file(root: Path, name: str, text: str) -> None:
    file = root / ".git" / name
    file.parent.mkdir(exist_ok=True)
    file.write_text(text)
    write(root, "")


OLD_FILES = [
    ("remotes/origin", "URL: https://h/o/r.git\nPull: refs/heads/main:refs/heads/origin\n"),
    ("remotes/origin", "URL: https://u:s3cr3t@h/o/r.git\nURL: https://h/o/second.git\n"),
    ("branches/origin", "https://h/o/r.git#main\n"),
    ("branches/origin", "https://h/o/r.git"),
]


@pytest.mark.parametrize(("name", "text"), OLD_FILES)
@pytest.mark.parametrize("program_is_there", [True, False])
def test_a_remote_in_a_file_of_its_own(feedstock, monkeypatch, name, text, program_is_there):
    """As git wrote them before 1.5, and reads them still."""
    old_file(feedstock, name, text)
    if not program_is_there:
        monkeypatch.setattr("conda_provenance.git.worktree.find_program", lambda: None)
    assert read_git(recipe_of(feedstock)).remote_url == "https://h/o/r"


def test_a_branch_may_follow_a_remote_in_a_file_of_its_own(feedstock):
    old_file(feedstock, "remotes/up", "URL: https://h/o/r.git\n")
    write(feedstock, OTHER + '[branch "main"]\n\tremote = up\n')
    assert read_git(recipe_of(feedstock)).remote_url == "https://h/o/r"


def test_a_remote_in_a_file_that_leads_nowhere_is_warned_of(feedstock):
    old_file(feedstock, "remotes/origin", "URL: /srv/git/r.git\n")
    facts = read_git(recipe_of(feedstock))
    assert facts.remote_url is None
    assert facts.warnings == ("The recipe's git remote is left out: it is a local path.",)


def test_no_remote_at_all_is_no_warning(feedstock):
    write(feedstock, "")
    facts = read_git(recipe_of(feedstock))
    assert (facts.remote_url, facts.warnings) == (None, ())


@pytest.mark.parametrize(
    ("branches", "url"),
    [
        ({"main": (".", "dev"), "dev": ("up", "dev")}, "https://h/up/r"),
        ({"main": (".", "a"), "a": (".", "b"), "b": ("up", "main")}, "https://h/up/r"),
        ({"main": (".", "dev"), "dev": ("https://h/pulled/r", "dev")}, "https://h/pulled/r"),
        ({"main": (".", "dev")}, "https://h/o/r"),
        ({"main": (".", "main")}, "https://h/o/r"),
        ({"main": (".", "dev"), "dev": (".", "main")}, "https://h/o/r"),
    ],
)
def test_a_branch_that_follows_another_of_its_repository(feedstock, branches, url):
    sections = [
        f'[branch "{name}"]\n\tremote = {remote}\n\tmerge = refs/heads/{merge}\n'
        for name, (remote, merge) in branches.items()
    ]
    remotes = '[remote "origin"]\n\turl = https://h/o/r\n[remote "up"]\n\turl = https://h/up/r\n'
    write(feedstock, "".join(sections) + remotes)
    assert read_git(recipe_of(feedstock)).remote_url == url


@pytest.mark.parametrize(
    ("urls", "written"),
    [
        (("https://github.com/o/r", "git@github.com:o/r.git"), "https://github.com/o/r"),
        (("https://github.com/o/r", "https://u:s3cr3t@github.com/O/r/"), "https://github.com/o/r"),
        (("https://h/o/r", "https://h/o/r", "ssh://git@github.com/o/r"), None),
        (("https://h/o/r", "https://h/o/other"), None),
        (("/srv/r", "/srv/other"), None),
    ],
)
def test_remotes_of_the_same_web_address_are_one(feedstock, urls, written):
    sections = [f'[remote "r{number}"]\n\turl = {url}\n' for number, url in enumerate(urls)]
    write(feedstock, "".join(sections))
    facts = read_git(recipe_of(feedstock))
    assert facts.remote_url == written
    assert len(facts.warnings) == (written is None)


@pytest.mark.parametrize("address", ["https://github.com/o/r", "/srv/mirror/r.git", None])
def test_git_is_not_asked_for_an_address_that_nothing_can_replace(
    feedstock, git, monkeypatch, address
):
    git(feedstock, "remote", "remove", "origin")
    if address is not None:
        git(feedstock, "remote", "add", "origin", address)
    (feedstock / ".git" / "branches").mkdir(exist_ok=True)
    asked = []
    monkeypatch.setattr(repository, "_rewrite", lambda _ask, text: asked.append(text))
    read_git(recipe_of(feedstock))
    assert asked == []
    git(feedstock, "config", "url.https://h.example/.insteadOf", "/srv/mirror/")
    read_git(recipe_of(feedstock))
    assert asked == {None: ["origin"], "/srv/mirror/r.git": [address]}.get(address, [])
