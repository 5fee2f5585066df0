"""The keys of ``verify``."""

from __future__ import annotations

import pytest

from conda_provenance.condarc import CA, CLIENT_CERT, CLIENT_KEY, FORGES, POLICY, Setting
from conda_provenance.errors import SettingsError
from conda_provenance.net import Origin, Tls
from conda_provenance.policy.settings import VerifySettings, read_verify_settings

HOST = Origin("https", "git.example.com", 443)


def read(values: dict[Setting, object]) -> VerifySettings:
    return read_verify_settings({setting.name: value for setting, value in values.items()})


def test_without_keys_nothing_is_set():
    assert read({}) == VerifySettings()


def test_all_keys():
    settings = read(
        {
            POLICY: "conda-forge",
            FORGES: ["GIT.example.com=gitlab", "h.org:8443/git = gitea"],
            CA: "git.example.com=/etc/ca.pem,other.example.com=/etc/other=1.pem",
            CLIENT_CERT: ["git.example.com=/home/me/me.pem"],
            CLIENT_KEY: ["git.example.com:443=/home/me/key.pem"],
        }
    )
    assert settings.policy == "conda-forge"
    assert settings.forges == {"git.example.com": "gitlab", "h.org:8443/git": "gitea"}
    assert settings.tls == {
        HOST: Tls("/etc/ca.pem", "/home/me/me.pem", "/home/me/key.pem"),
        HOST._replace(host="other.example.com"): Tls("/etc/other=1.pem"),
    }


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        (POLICY, "nonsense"),
        (POLICY, "./policy.toml"),
        (POLICY, "policy.toml"),
        (POLICY, 3),
        (FORGES, ["git.example.com"]),
        (FORGES, ["=gitlab"]),
        (FORGES, ["https://git.example.com=gitlab"]),
        (FORGES, ["git.example.com=gitlap"]),
        (CA, ["git.example.com=ca.pem"]),
        (CA, ["https://git.example.com=/ca.pem"]),
        (CA, ["git.example.com"]),
        (CA, [3]),
    ],
)
def test_a_wrong_value_names_its_key(setting, value):
    with pytest.raises(SettingsError, match=f"plugins.{setting.name} "):
        read({setting: value})


def test_a_key_without_its_certificate_is_refused():
    with pytest.raises(SettingsError, match="has no certificate"):
        read({CLIENT_KEY: ["git.example.com=/k.pem"]})


def test_a_path_may_begin_at_home(monkeypatch):
    monkeypatch.setenv("HOME", "/home/me")
    monkeypatch.setenv("USERPROFILE", "/home/me")
    assert read({POLICY: "~/p.toml"}).policy == "/home/me/p.toml"
