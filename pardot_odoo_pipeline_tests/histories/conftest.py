"""One template for all histories, copied for each."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from pardot_odoo_pipeline_tests.histories.site import Site, copied, make_template


@pytest.fixture(scope="package")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home after its initial sync, not running."""
    return make_template(tmp_path_factory.mktemp("histories") / "template")


@pytest.fixture
def site(template: Path, tmp_path: Path) -> Iterator[Site]:
    """A copy of it, running."""
    with copied(template, tmp_path / "home") as site:
        yield site
