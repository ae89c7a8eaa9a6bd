from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pardot_odoo_pipeline.mapping.companies import (
    LEGAL_FORMS,
    clean_company,
    shorten_company,
    split_legal_form,
)
from pardot_odoo_pipeline.mapping.reasons import FindingCode
from pardot_odoo_pipeline_tests.mapping.strategies import PROPERTY, nasty_text

CUT = (FindingCode.TEXT_CUT,)


@pytest.mark.parametrize(
    ("name", "body", "form"),
    [
        ("Nordwind Technologies GmbH & Co. KG", "Nordwind Technologies", "GmbH & Co. KG"),
        ("Analytical Engines, Ltd.", "Analytical Engines,", "Ltd."),
        ("Baltic Trade Sp. z o.o.", "Baltic Trade", "Sp. z o.o."),
        ("Orient Metals Co., Ltd", "Orient Metals", "Co., Ltd"),
        ("Sol Pty Ltd", "Sol", "Pty Ltd"),
        ("lowercase gmbh", "lowercase", "gmbh"),
        ("山田商事株式会社", "山田商事", "株式会社"),
        ("北京远山科技有限公司", "北京远山科技", "有限公司"),
        ("Северный Ветер ООО", "Северный Ветер", "ООО"),
        ("Barco", "Barco", ""),
        ("Ltd", "Ltd", ""),
        ("Plain Name", "Plain Name", ""),
    ],
)
def test_the_legal_form_is_told_from_the_name(name, body, form):
    assert split_legal_form(name) == (body, form)


def test_a_name_within_the_limit_stays_as_it_is():
    name = "The International Group of Worldwide Services Ltd"
    assert clean_company(name) == (name, ())
    assert clean_company("x" * 100) == ("x" * 100, ())


def test_generic_words_go_from_the_last_to_the_first_and_only_as_many_as_needed():
    name = "Global Nordwind Solutions Holding International GmbH"
    assert shorten_company(name, 50) == "Global Nordwind Solutions Holding GmbH"
    assert shorten_company(name, 37) == "Global Nordwind Solutions GmbH"
    assert shorten_company(name, 25) == "Global Nordwind GmbH"
    assert shorten_company(name, 19) == "Nordwind GmbH"


def test_then_whole_words_are_cut_before_the_legal_form():
    name = "Alpha Bravo Charlie Delta Echo Foxtrot S.p.A."
    assert shorten_company(name, 30) == "Alpha Bravo Charlie… S.p.A."


def test_without_a_legal_form_the_cut_ends_the_name():
    assert shorten_company("Alpha Bravo Charlie Delta", 16) == "Alpha Bravo…"


def test_one_endless_word_is_cut_inside():
    assert shorten_company("x" * 200 + " GmbH", 20) == "x" * 14 + "… GmbH"
    assert shorten_company("漢" * 200, 20) == "漢" * 19 + "…"


def test_a_cut_is_a_finding():
    value, findings = clean_company("Alpha " * 40 + "AG")
    assert value.startswith("Alpha Alpha")
    assert value.endswith("… AG")
    assert len(value) <= 100
    assert findings == CUT


def test_html_and_formulas_are_treated_as_in_other_texts():
    assert clean_company("<b>Nordwind</b> AG") == ("Nordwind AG", (FindingCode.HTML_REMOVED,))
    assert clean_company("=1+1 AG") == ("'=1+1 AG", (FindingCode.FORMULA_NEUTRALISED,))
    assert clean_company("  ") == (None, ())


@PROPERTY
@given(
    st.lists(
        st.sampled_from(["Nord", "Wind", "Group", "The", "Of", "Solutions", "&", "Zeta,", "Größe"]),
        min_size=1,
        max_size=40,
    ),
    st.sampled_from(["", *LEGAL_FORMS]),
    st.integers(50, 90),
)
def test_a_shortened_name_fits_and_keeps_its_legal_form(words, form, limit):
    name = " ".join([*words, form]).strip()
    short = clean_company(name, limit).value
    assert len(short) <= limit
    assert clean_company(short, limit) == (short, ())
    kept = split_legal_form(name)[1]
    assert short.endswith(kept)


@PROPERTY
@given(nasty_text, st.sampled_from([16, 30, 100]))
def test_any_text_as_a_company_fits_and_is_stable(raw, limit):
    value = clean_company(raw, limit).value
    if value is not None:
        assert 0 < len(value) <= limit
        assert clean_company(value, limit) == (value, ())
