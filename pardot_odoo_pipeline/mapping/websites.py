"""Website addresses.

What lives here: the scheme that Odoo adds, added before it does. What does not: any check that the
address exists.
"""

from __future__ import annotations

import re

from pardot_odoo_pipeline.mapping.conversion import BLANK, Converted
from pardot_odoo_pipeline.mapping.html import drop_control
from pardot_odoo_pipeline.mapping.reasons import FindingCode

__all__ = ["clean_website"]

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")


def clean_website(value: str | None, limit: int = 255) -> Converted[str]:
    """Trim, add ``http://`` where there is no scheme, cut to the limit.

    An address is cut without an ellipsis, which would only make it a wrong address of another kind.
    """
    if value is None:
        return BLANK
    text = drop_control(value).strip()
    if not text:
        return BLANK
    if not _SCHEME.match(text):
        text = "http://" + text.lstrip("/")
    if len(text) <= limit:
        return Converted(text)
    return Converted(text[:limit].rstrip(), (FindingCode.TEXT_CUT,))
