"""The words of an entry in the history of a lead.

What lives here: its html and its one line, pure. What does not: what the entry is made of
(``activities.py``) and how it gets into Odoo (``odoo/activities.py``).
"""

from __future__ import annotations

import html

from pardot_odoo_pipeline.mapping.activity_table import KINDS
from pardot_odoo_pipeline.merge.activities import MOST_LINES, Entry

__all__ = ["summary_of", "text_of"]

_KINDS = {kind.key: kind for kind in KINDS}
_ASSET_WORDS = {
    "formId": "form",
    "formHandlerId": "form handler",
    "landingPageId": "landing page",
    "emailTemplateId": "e-mail template",
    "listEmailId": "list e-mail",
    "emailId": "e-mail",
    "fileId": "file",
    "customRedirectId": "link",
}


def summary_of(entry: Entry) -> str:
    """The entry in one line of plain text: ``Email Opened: Spring parts (3 times)``."""
    kind, content = _KINDS[entry.kind], entry.content
    head = kind.name + (f": {content['label']}" if content["label"] else "")
    return head + (f" ({content['count']} times)" if content["count"] > 1 else "")


def text_of(entry: Entry) -> str:
    """The entry as html. Every value in it is somebody's input, and is escaped."""
    kind, content = _KINDS[entry.kind], entry.content
    head = f"<b>{html.escape(kind.name)}</b>"
    if content["label"]:
        head += f": {html.escape(content['label'])}"
    name, _, number = (content["asset"] or "").partition(":")
    if name in _ASSET_WORDS:
        head += f" ({_ASSET_WORDS[name]} {html.escape(number)})"
    if content["count"] > 1:
        head += f", {content['count']} times that day"
    lines = [_line(*line) for line in content["lines"]]
    rest = content["count"] - sum(line[2] for line in content["lines"])
    if lines and rest > 0 and len(lines) == MOST_LINES:
        lines.append(f"and {rest} more")
    listed = "".join(f"<li>{line}</li>" for line in lines)
    return f"<p>{head}</p>" + (f"<ul>{listed}</ul>" if listed else "")


def _line(text: str, url: str | None, count: int) -> str:
    shown = html.escape(text)
    if url:
        shown = f'<a href="{html.escape(url)}">{shown}</a>'
    return shown + (f" ({count} times)" if count > 1 else "")
