from __future__ import annotations

import re

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pardot_odoo_pipeline.mapping.phones import clean_phone
from pardot_odoo_pipeline.mapping.reasons import FindingCode
from pardot_odoo_pipeline_tests.mapping.strategies import PROPERTY

UNPARSABLE = (FindingCode.PHONE_UNPARSABLE,)


@pytest.mark.parametrize(
    ("raw", "region", "value"),
    [
        ("(321) 456-0987", "US", "+13214560987"),
        ("030 1234567", "DE", "+49301234567"),
        ("020 7946 0018", "GB", "+442079460018"),
        ("03-1234-5678", "JP", "+81312345678"),
        ("+49 30 1234567", None, "+49301234567"),
        ("0049 (0)30 1234567", None, "+49301234567"),
        ("0049 30 1234567", "US", "+49301234567"),
        ("+1 212 555 0100 ext. 5", None, "+12125550100"),
        ("  +81-3-1234-5678\t", "DE", "+81312345678"),
        ("1-800-FLOWERS", "US", "+18003569377"),
        ("06 1234 5678", "IT", "+390612345678"),
    ],
)
def test_numbers_become_e164(raw, region, value):
    assert clean_phone(raw, region) == (value, ())


@pytest.mark.parametrize(
    ("raw", "region"),
    [
        ("call me", "DE"),
        ("n/a", None),
        ("030 1234567", None),
        ("030 1234567", "ZZ"),
        ("12", "DE"),
        ("+999 123456", None),
        ("555-0100", "US"),
        ("1" * 40, "US"),
    ],
)
def test_what_is_no_number_is_kept_with_a_finding(raw, region):
    assert clean_phone(raw, region) == (raw, UNPARSABLE)


@pytest.mark.parametrize("raw", [None, "", "   ", "\x00"])
def test_a_blank_is_blank(raw):
    assert clean_phone(raw, "DE") == (None, ())


@pytest.mark.parametrize("region", sorted(phonenumbers.SUPPORTED_REGIONS))
def test_every_region_reads_its_own_number_in_both_forms(region):
    number = phonenumbers.example_number(region)
    expected = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    national = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.NATIONAL)
    international = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.INTERNATIONAL)
    assert clean_phone(national, region) == (expected, ())
    assert clean_phone(international, None) == (expected, ())


@PROPERTY
@given(
    st.text("0123456789+()-. /xext#*abc٣٤", max_size=30),
    st.sampled_from([None, "DE", "US", "JP", "BR", "IT", "IN"]),
)
def test_a_result_is_e164_or_the_text_itself(raw, region):
    value, findings = clean_phone(raw, region)
    if findings:
        assert value == raw.strip()
    elif value is not None:
        assert re.fullmatch(r"\+[1-9][0-9]{3,14}", value)
        assert clean_phone(value, None) == (value, ())
