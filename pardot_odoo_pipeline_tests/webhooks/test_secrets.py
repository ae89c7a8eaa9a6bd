"""Which sources are open, with what secrets, and which secrets are refused."""

from __future__ import annotations

import base64
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks.webhooks import Webhook

from pardot_odoo_pipeline.errors import ConfigurationError
from pardot_odoo_pipeline.mapping.rules import Rules
from pardot_odoo_pipeline.mapping.rules_file import load_rules
from pardot_odoo_pipeline.mapping.webhook_rules import WebhookRules
from pardot_odoo_pipeline.settings import Settings
from pardot_odoo_pipeline.webhooks.secrets import (
    Source,
    ensure_secret,
    open_sources,
    secret_file,
    secrets_of,
    signing_key,
    source_url,
)

GOOD_KEY = "whsec_" + base64.b64encode(bytes(range(32))).decode()
OTHER_KEY = "whsec_" + base64.b64encode(bytes(range(100, 124))).decode()
GOOD_TOKEN = "correct-horse-battery-staple-0123456789"


@pytest.fixture(autouse=True)
def _nothing_given(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in [n for n in os.environ if n.upper().startswith("WEBHOOK_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PIPELINE_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def rules() -> Rules:
    return load_rules(None)


def test_without_a_secret_every_source_is_closed_and_no_file_appears(rules: Rules) -> None:
    settings = Settings()
    assert open_sources(settings, rules) == {}
    assert not settings.home.path.exists()


def test_the_environment_opens_a_source(rules: Rules, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WEBHOOK_SECRET_SALESFORCE", f" {GOOD_KEY} , {OTHER_KEY},,{GOOD_KEY}")
    sources = open_sources(Settings(), rules)
    assert set(sources) == {"salesforce"}
    assert sources["salesforce"].secrets == (GOOD_KEY, OTHER_KEY)


def test_env_file_counts_and_the_environment_goes_before_it(
    rules: Rules, monkeypatch: pytest.MonkeyPatch
) -> None:
    Path(".env").write_text(f"WEBHOOK_SECRET_ODOO={GOOD_TOKEN}\n")
    assert secrets_of(Settings(), rules, "odoo") == (GOOD_TOKEN,)
    monkeypatch.setenv("WEBHOOK_SECRET_ODOO", GOOD_TOKEN[::-1])
    assert secrets_of(Settings(), rules, "odoo") == (GOOD_TOKEN[::-1],)


@pytest.mark.parametrize("source", ["salesforce", "odoo"])
def test_a_made_secret_is_kept_private_and_the_same_ever_after(rules: Rules, source: str) -> None:
    settings = Settings()
    made = ensure_secret(settings, rules, source)
    path = secret_file(settings, source)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert ensure_secret(settings, rules, source) == made
    assert secrets_of(settings, rules, source) == (made,)
    assert list(path.parent.iterdir()) == [path]


def test_a_made_signing_secret_is_one_for_standard_webhooks(rules: Rules) -> None:
    made = ensure_secret(Settings(), rules, "salesforce")
    assert len(signing_key(made)) == 32
    Webhook(made)


def test_an_emptied_file_is_filled_anew(rules: Rules) -> None:
    settings = Settings()
    first = ensure_secret(settings, rules, "odoo")
    secret_file(settings, "odoo").write_text("\n")
    assert open_sources(settings, rules) == {}
    assert ensure_secret(settings, rules, "odoo") != first


def test_a_file_holds_several_while_they_are_rotated(rules: Rules) -> None:
    settings = Settings()
    old = ensure_secret(settings, rules, "odoo")
    secret_file(settings, "odoo").write_text(f"{GOOD_TOKEN}\n{old}\n")
    assert secrets_of(settings, rules, "odoo") == (GOOD_TOKEN, old)
    assert ensure_secret(settings, rules, "odoo") == GOOD_TOKEN


def test_processes_that_begin_together_agree_on_one_secret(tmp_path: Path) -> None:
    code = (
        "from pardot_odoo_pipeline.settings import Settings\n"
        "from pardot_odoo_pipeline.mapping.rules_file import load_rules\n"
        "from pardot_odoo_pipeline.webhooks.secrets import ensure_secret\n"
        "rules = load_rules(None)\n"
        "print('ready', flush=True); input()\n"
        "print(ensure_secret(Settings(), rules, 'salesforce'))\n"
    )
    children = [
        subprocess.Popen(
            [sys.executable, "-c", code],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(3)
    ]
    for child in children:
        assert child.stdout is not None
        assert child.stdout.readline() == "ready\n"
    for child in children:
        assert child.stdin is not None
        child.stdin.write("\n")
        child.stdin.flush()
    assert len({child.communicate(timeout=30)[0] for child in children}) == 1


WEAK = {
    "salesforce": {
        "no prefix": base64.b64encode(bytes(range(32))).decode(),
        "not base64": "whsec_!!!!",
        "too short": "whsec_" + base64.b64encode(bytes(range(23))).decode(),
        "too long": "whsec_" + base64.b64encode(bytes(range(65))).decode(),
        "guessable": "whsec_" + base64.b64encode(bytes(32)).decode(),
        "nothing behind it": "whsec_",
    },
    "odoo": {
        "too short": GOOD_TOKEN[:31],
        "a slash": GOOD_TOKEN + "/x",
        "a blank": GOOD_TOKEN + " x",
        "a percent": GOOD_TOKEN + "%20",
        "guessable": "abcabc" * 10,
        "another alphabet": GOOD_TOKEN + "ü",
    },
}


@pytest.mark.parametrize(
    ("source", "secret"),
    [
        pytest.param(source, secret, id=f"{source}, {why}")
        for source, cases in WEAK.items()
        for why, secret in cases.items()
    ],
)
def test_a_weak_secret_is_refused_by_name_and_not_shown(
    rules: Rules, monkeypatch: pytest.MonkeyPatch, source: str, secret: str
) -> None:
    name = f"WEBHOOK_SECRET_{source.upper()}"
    good = GOOD_KEY if source == "salesforce" else GOOD_TOKEN
    monkeypatch.setenv(name, f"{good},{secret}")
    with pytest.raises(ConfigurationError) as caught:
        open_sources(Settings(), rules)
    assert f"Secret 2 in {name}" in caught.value.cause
    assert secret not in str(caught.value).replace("whsec_ ", "")
    assert "provision --webhooks" in caught.value.fix


def test_a_file_that_is_no_text_is_refused(rules: Rules) -> None:
    settings = Settings()
    path = secret_file(settings, "odoo")
    path.parent.mkdir(parents=True)
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConfigurationError, match="holds no secret"):
        open_sources(settings, rules)


def test_an_inactive_source_is_closed_although_it_has_a_secret(
    rules: Rules, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WEBHOOK_SECRET_ODOO", GOOD_TOKEN)
    odoo = rules.webhooks.sources["odoo"].model_copy(update={"active": False})
    webhooks = rules.webhooks.model_copy(update={"sources": {"odoo": odoo}})
    assert open_sources(Settings(), rules.model_copy(update={"webhooks": webhooks})) == {}


def test_only_a_token_stands_in_the_address(rules: Rules) -> None:
    sources = rules.webhooks.sources
    signed = Source("salesforce", sources["salesforce"], (GOOD_KEY,))
    told = Source("odoo", sources["odoo"], (GOOD_TOKEN, GOOD_TOKEN[::-1]))
    base = "https://hooks.example.com/crm/"
    assert source_url(base, signed) == "https://hooks.example.com/crm/webhooks/pardot/salesforce"
    assert source_url(base, told) == (
        f"https://hooks.example.com/crm/webhooks/odoo/odoo/{GOOD_TOKEN}"
    )
    assert GOOD_TOKEN not in repr(told)
    assert GOOD_KEY not in repr(signed)


@given(key=st.binary(min_size=24, max_size=64).filter(lambda key: len(set(key)) >= 8))
def test_a_signing_key_survives_being_written_as_a_secret(key: bytes) -> None:
    assert signing_key("whsec_" + base64.b64encode(key).decode()) == key


def test_two_sources_never_share_the_variable_of_their_secrets() -> None:
    rule = {"system": "pardot", "authentication": "signature"}
    with pytest.raises(ValueError, match="differ in nothing but"):
        WebhookRules.model_validate({"sources": {"web-site": rule, "web_site": rule}})
    assert len(WebhookRules.model_validate({"sources": {"a-b": rule, "ab": rule}}).sources) == 2
