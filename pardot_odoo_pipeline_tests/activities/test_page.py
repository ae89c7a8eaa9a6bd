"""The page on activities says what the code does."""

from __future__ import annotations

from pathlib import Path

from pardot_odoo_pipeline.mapping.activity_table import KINDS, ActivityDisposition

PAGE = Path(__file__).parents[2] / "docs" / "activities.md"


def test_every_kind_is_in_the_table_with_its_defaults() -> None:
    page = PAGE.read_text()
    for kind in KINDS:
        counter = kind.counter.value if kind.counter else "–"
        done = "yes" if kind.activity else "–"
        row = f"| `{kind.key}` | {kind.name} | {kind.show.value} | {done} | {counter} |"
        assert row in page, row


def test_every_word_of_the_account_is_explained() -> None:
    page = PAGE.read_text()
    assert [word.value for word in ActivityDisposition if f"`{word.value}`" not in page] == []
