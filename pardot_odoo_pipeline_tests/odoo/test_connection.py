"""The settings of a connection: what is refused at once, and what is never shown."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import SecretStr

from pardot_odoo_pipeline.errors import ConfigurationError
from pardot_odoo_pipeline_tests.odoo.stand import KEY, Stand


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"url": "odoo.example.com"}, "not a web address"),
        ({"url": "ftp://odoo.example.com"}, "not a web address"),
        ({"url": "https://me:secret@odoo.example.com"}, "carries a user name"),
        ({"database": " "}, "database is not set"),
        ({"username": ""}, "username is not set"),
        ({"api_key": None}, "neither an Odoo API key nor a password"),
        ({"api_key": SecretStr("")}, "neither an Odoo API key nor a password"),
    ],
)
def test_half_a_connection_is_refused(stand: Stand, changes: dict[str, Any], words: str) -> None:
    with pytest.raises(ConfigurationError, match=words) as caught:
        stand.client(**changes)
    assert "secret" not in repr(caught.value)


def test_nothing_secret_is_shown(stand: Stand) -> None:
    client = stand.client(password=SecretStr("pw-canary"))
    shown = repr(client) + str(client) + repr(client.connection)
    assert KEY not in shown
    assert "pw-canary" not in shown
    assert "user@example.com" not in shown


def test_a_trailing_slash_and_a_prefix(stand: Stand) -> None:
    assert stand.client(url="https://x.example/erp/").connection.url == "https://x.example/erp"
