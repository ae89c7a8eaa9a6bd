"""What processes log: in one form, and without secrets and addresses, whoever logs."""

import io
import json
import logging
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pardot_odoo_pipeline.process_logs import Redaction, secrets_of_settings
from pardot_odoo_pipeline.settings import Settings
from pardot_odoo_pipeline_tests import cli
from pardot_odoo_pipeline_tests.process_lines import logged

SECRET = "s3cr3t/of+clients="


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("sent to ada.lovelace@example.com today", "sent to [e-mail] today"),
        ("filter email=ada%40example.co.uk&x=1", "filter email=[e-mail]&x=1"),
        ("<Ada+x@EXAMPLE.com>", "<[e-mail]>"),
        ("müller@exämple.de", "[e-mail]"),
        ("Authorization: Bearer 00Dxx!AQ.abc_def", "Authorization: [redacted] [redacted]"),
        ("postgresql://me:pw@db:5432/x failed", "postgresql://[redacted]@db:5432/x failed"),
        ('{"refresh_token": "5Aep861"}', '{"refresh_token": "[redacted]"}'),
        ("password=hunter22 x", "password=[redacted] x"),
        ("key whsec_MfKQ9r8GKYqrTwjU", "key [redacted]"),
        ("batch interval-20260131T081500Z-0042: 17 people", None),
        ("at crm.lead/search_read, HTTP 503, code http_503", None),
        ("prospect 11000003 waits for a person", None),
    ],
)
def test_what_looks_like_a_secret_or_an_address_goes(text: str, clean: str | None) -> None:
    assert Redaction()(text) == (text if clean is None else clean)


@given(st.text(), st.text())
@example("x", "y")
def test_a_known_secret_goes_in_every_form(before: str, after: str) -> None:
    redact = Redaction([SECRET])
    for form in (SECRET, "s3cr3t%2Fof%2Bclients%3D"):
        assert form not in redact(f"{before}{form}{after}")


def test_every_secret_of_the_settings_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WEBHOOK_SECRET_SITE", "webhook-one,webhook-two")
    settings = Settings(
        _env_file=None,
        pardot_client_secret="client-secret",
        pardot_refresh_token="refresh-token",
        odoo_api_key="odoo-key",
        data_keys="key-one,key-two",
        ledger_url="postgresql://me:the-password@db/x",
    )
    known = secrets_of_settings(settings)
    assert {
        *("client-secret", "refresh-token", "odoo-key", "key-one", "key-two", "the-password"),
        *("webhook-one", "webhook-two"),
    } <= known
    secret = [name for name, f in Settings.model_fields.items() if "SecretStr" in str(f.annotation)]
    assert {"pardot_client_secret", "odoo_password", "data_keys", "ledger_url"} <= set(secret)


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    with logged() as stream:
        yield stream


def test_whoever_logs_and_however_nothing_gets_through(lines: io.StringIO) -> None:
    address = "ada.lovelace@example.com"
    other = logging.getLogger("somebody.elses.library")
    other.warning("to %s with %s", address, {"password": "hunter22"})
    try:
        raise ValueError(f"{address} is not valid")
    except ValueError:
        other.exception("refused")
    other.warning("a line %s that does not fit", *(1, address))
    written = [json.loads(line) for line in lines.getvalue().splitlines()]
    assert address not in lines.getvalue()
    assert "hunter22" not in lines.getvalue()
    assert [one["message"] for one in written][:2] == [
        "to [e-mail] with {'password': '[redacted]'}",
        "refused",
    ]
    assert "ValueError: [e-mail] is not valid" in written[1]["exception"]
    assert {"at", "level", "process", "pid", "logger"} <= set(written[0])


def test_what_an_asset_logs_is_stored_clean_by_dagster(lines: io.StringIO) -> None:
    @dg.op
    def talkative(context: dg.OpExecutionContext) -> None:
        context.log.info("for ada.lovelace@example.com")

    @dg.job
    def talkative_job() -> None:
        talkative()

    with dg.DagsterInstance.ephemeral() as instance:
        result = talkative_job.execute_in_process(instance=instance)
        stored = [entry.to_json() for entry in instance.all_logs(result.run_id)]
    assert any("for [e-mail]" in entry for entry in stored)
    assert not any("ada.lovelace" in entry for entry in stored)


def test_an_exception_that_ends_a_process_is_a_clean_line(tmp_path: Path) -> None:
    code = (
        "from pardot_odoo_pipeline import process_logs\n"
        "process_logs.set_up('worker', log_format='json')\n"
        "raise RuntimeError('ada.lovelace@example.com met odoo-key-of-a-test')\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=cli.environment(tmp_path, {"ODOO_API_KEY": "odoo-key-of-a-test"}),
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1
    [line] = [json.loads(line) for line in done.stderr.splitlines()]
    assert (line["level"], line["message"]) == ("critical", "ended by RuntimeError")
    assert "RuntimeError: [e-mail] met [redacted]" in line["exception"]
