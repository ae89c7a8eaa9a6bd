"""The pages: links lead somewhere, and what they list is what the code has."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from pardot_odoo_pipeline.cli.main import _COMMANDS
from pardot_odoo_pipeline.settings import Settings
from pardot_odoo_pipeline_tests.switch_table import switch_table

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").glob("*.md"))]
LINK = re.compile(r"\]\(([^)\s]+)\)")


def _anchors(page: Path) -> set[str]:
    """The anchors of a page's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.*)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).strip().replace(" ", "-") for title in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_and_pictures_exist(page: Path) -> None:
    broken = []
    for target in LINK.findall(page.read_text()):
        if "://" in target:
            continue
        path, _, anchor = target.partition("#")
        there = (page.parent / path).resolve() if path else page
        if not there.exists() or (anchor and anchor not in _anchors(there)):
            broken.append(target)
    assert broken == []


def test_every_setting_is_documented() -> None:
    listed = (ROOT / "docs" / "configuration.md").read_text()
    names = [name.upper() for name in Settings.model_fields]
    assert [name for name in names if f"| `{name}` |" not in listed] == []


def test_no_setting_is_documented_that_does_not_exist() -> None:
    listed = re.findall(
        r"^\| `([A-Z_]+)` \|", (ROOT / "docs" / "configuration.md").read_text(), re.M
    )
    known = {name.upper() for name in Settings.model_fields} | {"PARDOT_ODOO_DEBUG"}
    assert set(listed) <= known


def test_the_switches_are_those_of_the_sandbox() -> None:
    assert switch_table() in (ROOT / "docs" / "sandbox.md").read_text(), (
        "print it again: python -m pardot_odoo_pipeline_tests.switch_table"
    )


def test_the_readme_names_every_command() -> None:
    readme = (ROOT / "README.md").read_text()
    assert [name for name in _COMMANDS if f"`pardot-odoo {name}`" not in readme] == []


def test_every_make_target_is_documented() -> None:
    targets = re.findall(r"^([a-z-]+):.*## ", (ROOT / "Makefile").read_text(), re.MULTILINE)
    page = (ROOT / "docs" / "development.md").read_text()
    assert [name for name in targets if f"`make {name}`" not in page] == []
