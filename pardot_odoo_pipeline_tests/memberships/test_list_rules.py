"""Which lists the rules file means, and what it may not say."""

from __future__ import annotations

from pathlib import Path

import pytest

from pardot_odoo_pipeline.errors import ConfigurationError
from pardot_odoo_pipeline.mapping.list_rules import ListRules
from pardot_odoo_pipeline.mapping.rules_file import default_rules, load_rules


def rules(**values: object) -> ListRules:
    return ListRules.model_validate(values)


def test_every_list_by_default_and_none_flows_back() -> None:
    lists = default_rules().lists
    assert lists.active
    assert lists == ListRules.model_validate({}), "the commented file says what the model says"
    assert lists.shows(1, "Anything")
    assert not lists.flows_back(1, "Anything")


@pytest.mark.parametrize(
    ("pattern", "shown"),
    [
        ("newsletter", True),
        (" Newsletter ", True),
        ("News*", True),
        ("*LETTER", True),
        (4201, True),
        ("4201", True),
        ("letter", False),
        (420, False),
    ],
)
def test_a_list_is_named_by_id_name_or_pattern(pattern: object, shown: bool) -> None:
    assert rules(include=pattern).shows(4201, "Newsletter") is shown
    assert rules(exclude=[pattern]).shows(4201, "Newsletter") is not shown


def test_a_name_that_looks_like_a_pattern_means_itself() -> None:
    assert rules(include="[2026] Fair").shows(1, "[2026] Fair")


def test_only_what_is_shown_flows_back() -> None:
    assert rules(two_way="*").flows_back(1, "Fair")
    assert not rules(two_way="*", exclude="Fair").flows_back(1, "Fair")


@pytest.mark.parametrize(
    ("text", "line", "word"),
    [
        ("lists:\n  include: ['']\n", 2, "empty"),
        ("lists:\n  active: true\n  two_way: [true]\n", 3, "ids of lists"),
        ("lists:\n  most_put_back: 0\n", 2, "greater"),
        ("lists:\n  tow_way: [Fair]\n", 2, "two_way"),
    ],
)
def test_a_mistake_is_told_with_its_line(tmp_path: Path, text: str, line: int, word: str) -> None:
    path = tmp_path / "rules.yaml"
    path.write_text(text)
    with pytest.raises(ConfigurationError) as refusal:
        load_rules(path)
    assert f"rules.yaml:{line}" in refusal.value.cause
    assert word in str(refusal.value)
