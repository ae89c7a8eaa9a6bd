"""Pictures for the documentation."""

from __future__ import annotations

import os
from pathlib import Path

from playwright.sync_api import Page

IMAGES = Path(__file__).parents[2] / "docs" / "images"


def picture(page: Page, name: str) -> None:
    """With ``DOCS_IMAGES=1``: take the picture of that name again."""
    if os.environ.get("DOCS_IMAGES"):
        page.wait_for_timeout(1500)  # drawings settle
        page.screenshot(path=IMAGES / f"{name}.png")
