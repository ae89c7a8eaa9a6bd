from __future__ import annotations

from pathlib import Path

import pytest

from pardot_odoo_pipeline.mapping.reasons import (
    DISPOSITIONS,
    FINDINGS,
    QUARANTINE,
    Disposition,
    FindingCode,
    QuarantineReason,
    reason_codes_page,
)

DOCS = Path(__file__).parents[2] / "docs"


@pytest.mark.parametrize(
    ("codes", "texts"),
    [(Disposition, DISPOSITIONS), (QuarantineReason, QUARANTINE), (FindingCode, FINDINGS)],
)
def test_every_code_is_explained_in_one_line_with_a_fix(codes, texts):
    assert list(texts) == list(codes)
    for text in texts.values():
        assert text.meaning.endswith(".")
        assert text.fix.endswith(".")
        assert "\n" not in text.meaning + text.fix
        assert "|" not in text.meaning + text.fix


def test_the_page_in_the_docs_is_the_printed_one():
    page = (DOCS / "reason-codes.md").read_text(encoding="utf-8")
    assert page == reason_codes_page(), (
        "write it anew: python -c 'from pardot_odoo_pipeline.mapping.reasons import *; "
        'print(reason_codes_page(), end="")\' > docs/reason-codes.md'
    )
