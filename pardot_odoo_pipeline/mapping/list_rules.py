"""The rules file's section on which Pardot lists become tags, and which way they flow.

What lives here: the model of the section, and its answers about one list. What does not: acting on
them (``merge/memberships.py``, ``steps/memberships``).
"""

from __future__ import annotations

from collections.abc import Iterable
from fnmatch import fnmatchcase
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from pardot_odoo_pipeline.mapping.section import Section

__all__ = ["ListPatterns", "ListRules"]


def _patterns(value: Any) -> Any:
    """One pattern or several; ids may be written as numbers."""
    if value is None:
        return ()
    several = value if isinstance(value, (list, tuple)) else (value,)
    if any(isinstance(one, bool) or not isinstance(one, (int, str)) for one in several):
        raise ValueError("must be names, patterns like 'Webinar*', or ids of lists")
    written = tuple(str(one).strip() for one in several)
    if not all(written):
        raise ValueError("must not hold an empty name")
    return written


ListPatterns = Annotated[tuple[str, ...], BeforeValidator(_patterns)]


class ListRules(Section):
    """The section as a whole."""

    active: bool = Field(True, description="Whether lists become tags")
    parent: str = Field("Pardot lists", min_length=1, max_length=100, description="The tag above")
    lead_prefix: str = Field(
        "Pardot: ", max_length=50, description="Before the list's name, in tags of leads"
    )
    include: ListPatterns = Field(("*",), description="Lists that become tags")
    exclude: ListPatterns = Field((), description="Those of them that do not")
    two_way: ListPatterns = Field((), description="Static lists whose tag also flows to Pardot")
    most_put_back: int = Field(
        3, ge=1, le=100, description="How often a day one tag of one record is put back"
    )

    def shows(self, list_id: int, name: str) -> bool:
        """Whether a list becomes a tag."""
        return _names(self.include, list_id, name) and not _names(self.exclude, list_id, name)

    def flows_back(self, list_id: int, name: str) -> bool:
        """Whether an edit of its tag goes to Pardot."""
        return self.shows(list_id, name) and _names(self.two_way, list_id, name)


def _names(patterns: Iterable[str], list_id: int, name: str) -> bool:
    """Whether one of the patterns means this list: by id, or by name in any case."""
    spelled = name.strip().casefold()
    # A name may itself hold signs of patterns: "[2024] Webinar" means just that list.
    return any(
        wanted in (str(list_id), spelled) or fnmatchcase(spelled, wanted)
        for wanted in map(str.casefold, patterns)
    )
