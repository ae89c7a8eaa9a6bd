"""Forms of a value that lose something on the way, as the real ones do.

Every form tells what the mapping makes of Pardot's value, what Odoo's server makes of that, what
Pardot is told of it again, and which values the mapping takes for the same.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pardot_odoo_pipeline.merge.cells import UNREAD

PARDOT_LIMIT = 8


def in_pardot(text: str) -> str:
    """What Pardot's server keeps of a text."""
    return text.strip()[:PARDOT_LIMIT]


@dataclass(frozen=True)
class Form:
    of_pardot: Callable[[str], Any] = str
    stored: Callable[[str], str] = str
    to_pardot: Callable[[str], Any] = str
    core: Callable[[str], str] = str  # equal cores are the same value


def _text(html: str) -> str:
    return re.sub("<[^>]*>", "", html)


def _bare(phone: str) -> str:
    return re.sub(r"[\s()-]", "", phone)


def _listed(text: str) -> Any:
    return text if text in {"", "a", "b", "abcdefghijk"[:PARDOT_LIMIT]} else UNREAD


FORMS = {
    "plain": Form(),
    "cut": Form(of_pardot=lambda text: text[:5]),
    "folded": Form(core=str.casefold),
    "html": Form(
        stored=lambda text: f"<p>{_text(text)}</p>" if text else "", to_pardot=_text, core=_text
    ),
    "phone": Form(of_pardot=_bare, to_pardot=_bare, core=_bare),
    # What this server does is unknown to the mapping: only the agreed pair tells it from an edit.
    "shouted": Form(stored=str.upper),
    "listed": Form(of_pardot=_listed, to_pardot=_listed),
}


def form_of(key: str) -> Form:
    return FORMS[key.partition("/")[2]]


class LossyForms:
    """The merge's questions, answered for these forms."""

    def same(self, key: str, a: Any, b: Any) -> bool:
        core = form_of(key).core
        return core(a or "") == core(b or "")

    def is_blank(self, key: str, value: Any) -> bool:
        return not form_of(key).core(value or "")

    def is_unset(self, key: str, value: Any) -> bool:
        return self.is_blank(key, value)

    def blank(self, key: str) -> Any:
        return ""


def convert(key: str, value: Any, other: str) -> Any:
    told = form_of(key).to_pardot(value)
    return UNREAD if told is UNREAD else form_of(other).of_pardot(in_pardot(told))


def convert_unaware(key: str, value: Any, other: str) -> Any:
    """The same by a mapping that knows nothing of Pardot's limit."""
    told = form_of(key).to_pardot(value)
    return UNREAD if told is UNREAD else form_of(other).of_pardot(told)
