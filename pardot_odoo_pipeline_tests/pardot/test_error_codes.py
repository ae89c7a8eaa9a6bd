"""The registry as data: complete, in our words, with the reactions that were decided."""

import pytest

from pardot_odoo_pipeline.errors import FailureClass
from pardot_odoo_pipeline.pardot.error_codes import CODES, SPECIFIED_MEANINGS

NEVER_PUBLISHED = (
    {69, 78, 82, 87, 127, 136, 167, 179, 189, 191, 195, 196, 200, 212, 213, 225, 229, 230, 238}
    | {240, 241, 185, 186, 187}
    | set(range(140, 145))
    | set(range(147, 150))
    | set(range(170, 174))
)


def test_the_table_holds_exactly_the_published_codes():
    assert set(CODES) == set(range(1, 247)) - NEVER_PUBLISHED
    assert len(CODES) == 210


def test_every_entry_says_what_it_means():
    assert all(entry.meaning and entry.code == code for code, entry in CODES.items())


@pytest.mark.parametrize(
    ("reaction", "codes"),
    [
        (FailureClass.RENEW_CREDENTIALS, {1, 15, 49, 184, 199}),
        (FailureClass.PAUSE_UNTIL_RESET, {52, 122, 164}),
        (FailureClass.RETRY_LATER, {60, 62, 66, 116, 183, 202, 214, 244}),
        (FailureClass.MISSING_RECORD, {3, 4, 83, 92, 109, 132, 192, 219}),
        (FailureClass.RESTART_PAGING, {210, 211}),
        (FailureClass.SHRINK_REQUEST, {63, 209}),
        (FailureClass.CONFIGURATION, {46, 53, 76, 88, 89, 126, 181, 182, 201, 203, 218}),
        (FailureClass.BAD_RECORD, {9, 14, 38, 54, 56, 57, 58, 98, 180, 242}),
    ],
)
def test_the_codes_of_a_situation_share_its_reaction(reaction, codes):
    assert {CODES[code].failure_class for code in codes} == {reaction}


def test_the_four_specified_codes_react_as_specified_and_keep_the_registrys_meaning():
    assert {code: CODES[code].failure_class for code in SPECIFIED_MEANINGS} == {
        15: FailureClass.RENEW_CREDENTIALS,
        52: FailureClass.PAUSE_UNTIL_RESET,
        60: FailureClass.RETRY_LATER,
        83: FailureClass.MISSING_RECORD,
    }
    assert CODES[52].meaning == "Invalid parameter range"
    assert CODES[83].meaning == "No valid CRM connector"
