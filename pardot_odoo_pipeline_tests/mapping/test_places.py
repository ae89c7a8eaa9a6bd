from __future__ import annotations

import pycountry
import pytest

from pardot_odoo_pipeline.mapping.country_names import COUNTRY_ALIASES
from pardot_odoo_pipeline.mapping.places import clean_country, clean_state, known_states_from
from pardot_odoo_pipeline.mapping.reasons import FindingCode

NO_COUNTRY = (None, (FindingCode.COUNTRY_UNKNOWN,))
NO_STATE = (None, (FindingCode.STATE_UNKNOWN,))

ODOO_STATES = known_states_from(
    {
        "US": {"CA": "California", "NY": "New York"},
        "DE": {"DE-BY": "Bayern", "DE-NW": "Nordrhein-Westfalen"},
        "JP": {"JP-13": "東京都"},
        "PL": {"DŚ": "dolnośląskie"},
        "CA": {"QC": "Quebec"},
    }
)


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        ("Germany", "DE"),
        ("Deutschland", "DE"),
        ("GERMANY ", "DE"),
        ("de", "DE"),
        ("DEU", "DE"),
        ("USA", "US"),
        ("U.S.A.", "US"),
        ("United States", "US"),
        ("the United States of America", "US"),
        ("UK", "GB"),
        ("England", "GB"),
        ("South Korea", "KR"),
        ("Korea, Republic of", "KR"),
        ("Czech Republic", "CZ"),
        ("Türkiye", "TR"),
        ("Turkey", "TR"),
        ("Espana", "ES"),
        ("日本", "JP"),
        ("中国", "CN"),
        ("भारत", "IN"),
        ("Россия", "RU"),
        ("Ελλάδα", "GR"),
        ("السعودية", "SA"),
        ("The Netherlands", "NL"),
        ("Vietnam", "VN"),
        ("Ivory Coast", "CI"),
        ("Bosnia & Herzegovina", "BA"),
        ("<b>France</b>", "FR"),
    ],
)
def test_countries_are_known_by_many_names(raw, code):
    assert clean_country(raw) == (code, ())


@pytest.mark.parametrize("raw", ["Atlantis", "XX", "Europe", "12", "-", "United"])
def test_an_unknown_country_is_blank_with_a_finding(raw):
    assert clean_country(raw) == NO_COUNTRY


def test_blanks_are_no_findings():
    for blank in (None, "", "  "):
        assert clean_country(blank) == (None, ())
        assert clean_state(blank, "US", ODOO_STATES) == (None, ())
        assert clean_state(blank, None, ODOO_STATES) == (None, ())


def test_every_iso_country_is_known_by_its_codes_and_name():
    for country in pycountry.countries:
        for label in (country.alpha_2, country.alpha_3.lower(), country.name):
            assert clean_country(label).value == country.alpha_2, label


def test_no_alias_contradicts_another():
    for code, names in COUNTRY_ALIASES.items():
        for name in names:
            assert clean_country(name).value == code, name


@pytest.mark.parametrize(
    ("raw", "country", "code"),
    [
        ("CA", "US", "CA"),
        ("california", "US", "CA"),
        ("California ", "US", "CA"),
        ("State of California", "US", "CA"),
        ("BY", "DE", "DE-BY"),
        ("DE-BY", "DE", "DE-BY"),
        ("Bayern", "DE", "DE-BY"),
        ("Nordrhein Westfalen", "DE", "DE-NW"),
        ("東京都", "JP", "JP-13"),
        ("Tokyo", "JP", "JP-13"),
        ("Dolnoslaskie", "PL", "DŚ"),
        ("Québec", "CA", "QC"),
    ],
)
def test_states_get_the_code_that_odoo_uses(raw, country, code):
    assert clean_state(raw, country, ODOO_STATES) == (code, ())


@pytest.mark.parametrize(
    ("raw", "country"),
    [
        ("Atlantis", "US"),
        ("California", None),
        ("California", "DE"),
        ("Texas", "US"),  # a state of ISO that this Odoo does not have
        ("Paris", "FR"),  # a country without states in this Odoo
    ],
)
def test_an_unknown_state_is_blank_with_a_finding(raw, country):
    assert clean_state(raw, country, ODOO_STATES) == NO_STATE


def test_without_an_odoo_the_states_of_iso_are_known():
    assert clean_state("Texas", "US") == ("TX", ())
    assert clean_state("Bayern", "DE") == ("BY", ())
    assert clean_state("Atlantis", "US") == NO_STATE


def test_two_odoos_with_different_states_do_not_mix():
    other = known_states_from({"US": {"TX": "Texas"}})
    assert clean_state("Texas", "US", ODOO_STATES) == NO_STATE
    assert clean_state("Texas", "US", other) == ("TX", ())
    assert clean_state("Texas", "US", ODOO_STATES) == NO_STATE
