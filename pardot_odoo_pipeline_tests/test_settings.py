"""Which systems are meant, and what is said when the environment does not tell."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from pardot_odoo_pipeline.errors import ConfigurationError
from pardot_odoo_pipeline.settings import Mode, Settings
from pardot_odoo_pipeline_tests import cli
from pardot_odoo_pipeline_tests.world import refused, run_here

PARDOT = {
    "PARDOT_API_URL": "https://pi.example.com",
    "PARDOT_TOKEN_URL": "https://login.example.com/services/oauth2/token",
    "PARDOT_CLIENT_ID": "id",
    "PARDOT_CLIENT_SECRET": "pardot-canary",
    "PARDOT_BUSINESS_UNIT_ID": "0Uv000000000000001",
}
ODOO = {
    "ODOO_URL": "https://odoo.example.com",
    "ODOO_DATABASE": "production",
    "ODOO_USERNAME": "sync@example.com",
    "ODOO_API_KEY": "odoo-canary",
}


@pytest.fixture(autouse=True)
def _nothing_configured(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in set(os.environ) - set(cli.environment(tmp_path)):
        monkeypatch.delenv(name)
    monkeypatch.setenv("PIPELINE_HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)


def given(monkeypatch: pytest.MonkeyPatch, *groups: dict[str, str], **changes: str) -> Settings:
    for group in groups:
        for name, value in group.items():
            monkeypatch.setenv(name, value)
    for name, value in changes.items():
        monkeypatch.setenv(name, value)
    return Settings()


def test_nothing_configured_means_the_sandbox() -> None:
    settings = Settings()
    assert settings.pardot_mode() is settings.odoo_mode() is Mode.SANDBOX
    assert settings.uses_sandbox


def test_everything_configured_means_those_systems(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = given(monkeypatch, PARDOT, ODOO)
    assert settings.pardot_mode() is settings.odoo_mode() is Mode.REAL
    assert not settings.uses_sandbox
    assert settings.pardot_connection().business_unit_id == "0Uv000000000000001"
    assert settings.odoo_connection().database == "production"


@pytest.mark.parametrize("missing", sorted(PARDOT))
def test_half_of_pardot_names_the_other_half(monkeypatch: pytest.MonkeyPatch, missing: str) -> None:
    settings = given(monkeypatch, {k: v for k, v in PARDOT.items() if k != missing}, ODOO)
    with pytest.raises(ConfigurationError) as refusal:
        settings.pardot_mode()
    assert missing in refusal.value.cause
    assert missing in refusal.value.fix
    assert "=sandbox" in refusal.value.fix
    assert not [name for name in PARDOT if name != missing and name in refusal.value.cause]


@pytest.mark.parametrize("missing", sorted(ODOO))
def test_half_of_odoo_names_the_other_half(monkeypatch: pytest.MonkeyPatch, missing: str) -> None:
    settings = given(monkeypatch, {k: v for k, v in ODOO.items() if k != missing}, PARDOT)
    with pytest.raises(ConfigurationError) as refusal:
        settings.odoo_mode()
    assert missing in refusal.value.cause


def test_a_password_will_do_in_place_of_a_key(monkeypatch: pytest.MonkeyPatch) -> None:
    rest = {k: v for k, v in ODOO.items() if k != "ODOO_API_KEY"}
    settings = given(monkeypatch, PARDOT, rest, ODOO_PASSWORD="secret")
    assert settings.odoo_mode() is Mode.REAL
    assert not settings.odoo_connection().has_api_key


def test_one_system_alone_is_not_silently_joined_to_a_sandbox(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Somebody's real Odoo must not fill with invented people because Pardot was forgotten."""
    settings = given(monkeypatch, ODOO)
    with pytest.raises(ConfigurationError, match="PARDOT_API_URL"):
        settings.pardot_mode()


def test_one_system_may_be_the_sandbox_on_purpose(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = given(monkeypatch, ODOO, PARDOT_API_URL="sandbox")
    assert settings.pardot_mode() is Mode.SANDBOX
    assert settings.odoo_mode() is Mode.REAL
    assert settings.uses_sandbox


def test_the_sandbox_can_be_forced(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = given(monkeypatch, PARDOT, ODOO, PIPELINE_SANDBOX="true")
    assert settings.pardot_mode() is settings.odoo_mode() is Mode.SANDBOX


def test_the_sandboxs_own_word_is_how_it_is_reached(tmp_path: Path) -> None:
    folder = tmp_path / "sandbox"
    folder.mkdir()
    state = {
        "url": "http://127.0.0.1:4",
        "token_url": "http://127.0.0.1:4/token",
        "credentials": {
            "client_id": "i",
            "client_secret": "s",
            "business_unit_id": "0Uv000000000000009",
        },
    }
    (folder / "pardot.json").write_text(json.dumps(state))
    assert Settings().pardot_connection().api_url == "http://127.0.0.1:4"
    with pytest.raises(ConfigurationError, match="odoo sandbox is not running"):
        Settings().odoo_connection()


def test_settings_show_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = given(monkeypatch, PARDOT, ODOO, LEDGER_URL="postgresql://u:ledger-canary@h/d")
    shown = f"{settings!r} {settings} {settings.pardot_connection()!r} {settings.odoo_connection()}"
    for canary in ("pardot-canary", "odoo-canary", "ledger-canary"):
        assert canary not in shown


def test_reading_settings_makes_nothing(tmp_path: Path) -> None:
    settings = Settings()
    _ = settings.home, settings.ledger_location, settings.frames_location
    assert list(tmp_path.iterdir()) == []


def test_the_home_is_private(tmp_path: Path) -> None:
    home = Settings(pipeline_home=tmp_path / "new" / "home").home.create()
    for folder in (home.path, home.frames, home.spool, home.keys, home.logs):
        assert folder.stat().st_mode & 0o077 == 0


def test_commands_refuse_half_a_configuration(tmp_path: Path) -> None:
    for command in (("sync", "--initial"), ("provision",), ("up", "--once")):
        done = run_here(tmp_path, *command, env={"ODOO_URL": "https://odoo.example.com"})
        refused(done, "not set", "sandbox", code=2)


def test_commands_say_that_the_sandbox_does_not_run(tmp_path: Path) -> None:
    for command in (("sync", "--initial"), ("provision",)):
        refused(run_here(tmp_path, *command), "sandbox is not running", "pardot-odoo up", code=2)


def test_a_home_that_cannot_be_used(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("")
    done = run_here(tmp_path, "status", env={"PIPELINE_HOME": str(blocked / "home")})
    refused(done, "PIPELINE_HOME", "may write", code=2)


def test_a_mistyped_command_is_answered_with_the_right_one(tmp_path: Path) -> None:
    done = run_here(tmp_path, "snyc")
    assert done.code == 2
    assert "Did you mean 'sync'?" in done.stderr


def test_two_ways_of_choosing_people_exclude_each_other(tmp_path: Path) -> None:
    done = run_here(tmp_path, "sync", "--initial", "--prospect", "5")
    refused(done, "exclude each other", code=2)


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (("--prospect", "ada@example.com"), "digits"),
        (("--since", "yesterday"), "2026-01-31T08:00:00+00:00"),
        (("--since", "2026-01-31T08:00:00"), "offset"),
        (("--since", "2999-01-31T08:00:00+00:00"), "before now"),
    ],
)
def test_people_that_cannot_be_meant(tmp_path: Path, arguments: tuple[str, str], word: str) -> None:
    refused(run_here(tmp_path, "sync", *arguments), word, code=2)
    stored = [path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()]
    assert not any(b"ada@example.com" in content for content in stored)


def test_a_ledger_address_that_is_a_bare_word_is_refused(home: Path) -> None:
    done = run_here(home, "status", env={"LEDGER_URL": "foo"})
    refused(done, "LEDGER_URL", code=2)
    assert not (home / "foo").exists()


def test_status_refuses_a_rules_file_that_is_not_there(home: Path) -> None:
    done = run_here(home, "status", env={"PIPELINE_CONFIG": str(home / "nowhere.yaml")})
    refused(done, "nowhere.yaml", code=2)


_LONG_LIVED = """
import os, pathlib, sys
from pardot_odoo_pipeline.settings import Settings
file = pathlib.Path(".env")
seen = [Settings().odoo_url, Settings().odoo_database]
file.write_text("ODOO_URL=https://new.example.com\\nODOO_DATABASE=file\\n")
seen += [Settings().odoo_url, Settings().odoo_database]
os.environ["ODOO_URL"] = "https://typed.example.com"
print(*seen, Settings().odoo_url)
"""


def test_a_process_that_lives_long_sees_what_is_changed_in_the_file(tmp_path: Path) -> None:
    """Dagster's servers copy the file into their environment, which goes before the file."""
    (tmp_path / ".env").write_text("ODOO_URL=https://old.example.com\nODOO_DATABASE=other\n")
    copied = {"ODOO_URL": "https://old.example.com", "ODOO_DATABASE": "environment"}
    told = subprocess.run(
        [sys.executable, "-c", _LONG_LIVED],
        cwd=tmp_path,
        env=cli.environment(tmp_path, copied),
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    assert told == [
        "https://old.example.com",
        "environment",
        "https://new.example.com",
        "environment",
        "https://typed.example.com",
    ]
