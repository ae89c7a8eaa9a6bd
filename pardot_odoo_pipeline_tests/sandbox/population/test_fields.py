"""The planted right answers, held against libraries that the generator does not use."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter

import phonenumbers
import pytest
from email_validator import EmailNotValidError, validate_email

from pardot_odoo_pipeline.sandbox.population import PlantedProspect, Population
from pardot_odoo_pipeline.sandbox.population.companies import pick_company
from pardot_odoo_pipeline.sandbox.population.countries import COUNTRIES, UNKNOWN_COUNTRIES
from pardot_odoo_pipeline.sandbox.population.emails import BROKEN_EMAILS
from pardot_odoo_pipeline.sandbox.population.long_companies import LONG_FORMS, long_company
from pardot_odoo_pipeline.sandbox.population.phones import (
    BROKEN_PHONES,
    phone_plan,
    pick_number,
    spell,
)
from pardot_odoo_pipeline.sandbox.population.places import pick_place
from pardot_odoo_pipeline.sandbox.population.streams import Stream

CODES = [country.code for country in COUNTRIES]


@pytest.fixture(scope="module")
def planted() -> list[PlantedProspect]:
    return list(Population(seed=7, size=6_000).prospects())


def understood(typed: str, region: str | None) -> str | None:
    """The E.164 form of a possible number; `00` in front reads as `+` everywhere."""
    text = re.sub(r"^\s*00", "+", typed)
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_possible_number(number):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


@pytest.mark.parametrize("country", CODES)
def test_every_spelling_of_a_number_is_the_number(country):
    stream = Stream(1, "test", 4)
    for sample in range(10):
        number = pick_number(country, stream.at(sample))
        for style in range(20):
            typed, e164, international = spell(country, number, style)
            assert understood(typed, None if international else country) == e164, typed
            if not international:
                assert understood(typed, None) is None, typed


@pytest.mark.parametrize("broken", BROKEN_PHONES)
def test_broken_numbers_are_numbers_nowhere(broken):
    assert [code for code in (None, *CODES) if understood(broken, code)] == []


def test_numbers_come_in_all_forms(planted):
    phones = [p.row["phone"] for p in planted if p.row["phone"]]
    for form in (r"^\+\d", r"^00\d", r"\(0\)", r"^\(\d", r"ext\.", r"^0[1-9]", r"^ "):
        assert sum(bool(re.search(form, phone)) for phone in phones) > 20, form


def test_planted_numbers_are_right_for_the_country_of_the_record(planted):
    for p in planted:
        typed, country = p.row["phone"], p.truth.values["country"]
        if typed is None:
            assert p.truth.values["phone"] is None
        elif ("phone", "phone_unparsable") in p.truth.findings:
            assert understood(typed, country) is None
            assert p.truth.values["phone"] == typed
        else:
            assert p.truth.values["phone"] == understood(typed, country)


def test_planted_addresses_are_valid_exactly_where_they_should_be(planted):
    for p in planted:
        typed = p.row["email"]
        if p.truth.email_problem == "email_missing":
            assert not (typed or "").strip()
            continue
        try:
            validate_email(typed.strip(), check_deliverability=False)
            valid = True
        except EmailNotValidError:
            valid = False
        assert valid == (p.truth.email_problem is None), typed


@pytest.mark.parametrize("broken", BROKEN_EMAILS)
def test_no_broken_address_is_one(broken):
    with pytest.raises(EmailNotValidError):
        validate_email(broken.format("anna.berg12"), check_deliverability=False)


def test_match_keys_are_lower_case_composed_and_trimmed(planted):
    for p in planted:
        key = p.truth.values["email_key"]
        if key is not None:
            address = p.truth.values["email"]
            assert address == unicodedata.normalize("NFC", p.row["email"].strip())
            assert key == unicodedata.normalize("NFC", address.lower())


def test_only_reserved_domains_are_used(planted):
    for p in planted:
        if p.truth.values["email_key"]:
            domain = p.truth.values["email_key"].rpartition("@")[2]
            assert re.search(r"(^|\.)example(\.com|\.org|\.net)?$", domain)
        if p.row["website"]:
            assert ".example" in p.row["website"]


def test_addresses_come_in_all_kinds(planted):
    typed = [p.row["email"] for p in planted if p.row["email"] and not p.truth.email_problem]
    kinds = {
        "upper": sum(t != t.lower() for t in typed),
        "padded": sum(t != t.strip() for t in typed),
        "plus": sum("+" in t for t in typed),
        "unicode domain": sum(not t.rpartition("@")[2].isascii() for t in typed),
        "unicode local": sum(not t.rpartition("@")[0].isascii() for t in typed),
    }
    assert min(kinds.values()) > 10, kinds


SAY_NOTHING = {
    "International",
    "Group",
    "Holding",
    "Holdings",
    "Services",
    "Solutions",
    "Global",
    "Worldwide",
    "Systems",
    "Technologies",
    "Consulting",
    "Management",
    "Industries",
    "Enterprises",
    "Partners",
    "Associates",
    "The",
    "and",
    "&",
    "of",
    "for",
}


@pytest.mark.parametrize("with_form", [True, False])
def test_long_company_names_lose_no_more_than_they_must(with_form):
    stream = Stream(3, "long", 128)
    cut_inside = 0
    for number in range(400):
        typed, expected = long_company(stream.at(number), with_form=with_form)
        assert len(typed) > 100 >= len(expected)
        form = max((f for f in LONG_FORMS if typed.endswith(f" {f}")), key=len, default="")
        assert bool(form) == with_form
        assert expected.endswith(form)
        before = typed.removesuffix(form).split()
        after = expected.removesuffix(form).rstrip("… ").split()
        empty_before = [word for word in before if word in SAY_NOTHING]
        empty_after = [word for word in after if word in SAY_NOTHING]
        full_before = [word for word in before if word not in SAY_NOTHING]
        full_after = [word for word in after if word not in SAY_NOTHING]
        assert empty_after == empty_before[: len(empty_after)]  # the last go first
        if "…" in expected:
            cut_inside += 1
            assert not empty_after
            assert full_after == full_before[: len(full_after)]
            next_word = full_before[len(full_after)]
        else:
            assert full_after == full_before
            next_word = empty_before[len(empty_after)]
        assert len(expected) + 1 + len(next_word) > 100  # one more would not have fitted
    assert 20 < cut_inside < 380


def test_companies_have_a_legal_form_of_their_country():
    stream = Stream(4, "companies", 1)
    for country in COUNTRIES:
        names = {pick_company(country.code, country.languages[0], stream.at(n)) for n in range(60)}
        assert len(names) > 10
    assert pick_company("JP", "ja", stream.at(1)).count("会社") == 1
    assert pick_company("NO", "nb", stream.at(1)).endswith(" AS")


def test_postcodes_have_the_shape_of_their_country():
    shapes = {
        "US": r"\d{5}(-\d{4})?",
        "GB": r"[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}",
        "CA": r"[A-Z]\d[A-Z] \d[A-Z]\d",
        "DE": r"\d{5}",
        "NL": r"\d{4} [A-Z]{2}",
        "PL": r"\d{2}-\d{3}",
        "JP": r"\d{3}-\d{4}",
        "BR": r"\d{5}-\d{3}",
        "SE": r"\d{3} \d{2}",
        "IN": r"\d{3} \d{3}",
    }
    stream = Stream(5, "places", 3)
    for country, shape in shapes.items():
        for number in range(40):
            *_, postcode = pick_place(country, stream.at(number))
            assert re.fullmatch(shape, postcode), (country, postcode)


def test_unknown_countries_are_in_no_table():
    known = {s.lower() for c in COUNTRIES for s in (c.code, c.english, *c.spellings)}
    assert not known & {name.lower() for name in UNKNOWN_COUNTRIES}


def test_every_country_has_all_its_tables():
    stream = Stream(6, "tables", 20)
    assert len(COUNTRIES) >= 25
    for country in COUNTRIES:
        assert phone_plan(country.code).patterns
        pick_place(country.code, stream.at(0))
        for language in country.languages:
            pick_company(country.code, language, stream.at(0))


def test_texts_are_spoilt_in_every_way(planted):
    found = Counter(finding for p in planted for finding in p.truth.findings)
    for column in ("company", "job_title", "comments"):
        for code in ("text_cut", "html_removed", "formula_neutralised"):
            assert found[column, code] > 5, (column, code)
    typed = " ".join(str(p.row["company"]) + str(p.row["firstName"]) for p in planted)
    for character in ("\x00", "\x07", "\x1b", "\u00a0", "\t"):
        assert character in typed


def test_expected_texts_are_clean_and_within_their_limits(planted):
    limits = {"company": 101, "job_title": 129, "comments": 5_001}  # one more for an apostrophe
    for p in planted:
        values = p.truth.values
        for column, limit in limits.items():
            text = values[column]
            if text is None:
                continue
            assert 0 < len(text) <= limit
            assert text == text.strip()
            assert not re.search(r"[\x00-\x09\x0b-\x1f]", text)
            assert text == "-" or text[0] not in "=+-@"
            assert (("…" in text[-30:]) or (column, "text_cut") not in p.truth.findings) or (
                column == "company"
            )
