from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pardot_odoo_pipeline.mapping.emails import email_key, is_valid_email, trim_email
from pardot_odoo_pipeline_tests.mapping.strategies import PROPERTY


@pytest.mark.parametrize(
    "address",
    [
        "ada@example.com",
        "ADA.Byron+news@Mail.Example.ORG",
        "o'brien@example.net",
        "ada@firma.example",
        "ada@host.test",
        "ada@host.invalid",
        "jürgen@müller.example",
        "用户@例子.example",
        "ada@xn--mller-kva.example",
        "a" * 64 + "@example.com",
    ],
)
def test_addresses_are_accepted(address):
    assert is_valid_email(address)


@pytest.mark.parametrize(
    "address",
    [
        "ada",
        "ada@",
        "@example.com",
        "ada@example",
        "ada@@example.com",
        "ada@exa mple.com",
        "ada byron@example.com",
        "ada@example..com",
        ".ada@example.com",
        "ada@-example.com",
        "ada@example.com,bob@example.com",
        "Ada <ada@example.com>",
        "ada@[127.0.0.1]",
        "ada@localhost",
        "ada@.test",
        "a" * 65 + "@example.com",
        "ada@" + "a" * 250 + ".com",
    ],
)
def test_broken_addresses_are_refused(address):
    assert not is_valid_email(address)


def test_the_key_is_lower_case_composed_and_keeps_plus_tags():
    assert email_key("  Ada+News@Example.COM ") == "ada+news@example.com"
    assert (
        email_key("JOSE\u0301@EXAMPLE.COM") == email_key("josé@example.com") == "josé@example.com"
    )
    assert email_key("ada@example.com") != email_key("ada+x@example.com")


def test_a_blank_has_no_key():
    assert email_key(None) is email_key("") is email_key(" \t") is None
    assert trim_email(" Ada@Example.com\n") == "Ada@Example.com"


@PROPERTY
@given(st.text(max_size=40))
def test_the_key_of_a_key_is_the_key(raw):
    key = email_key(raw)
    if key is not None:
        assert email_key(key) == key
        assert unicodedata.is_normalized("NFC", key)
