"""Names of people and of leads.

What lives here: how a full name and a lead's title are put together from parts that are already
normalised, and how a full name is taken apart. What does not: the
cleaning of the parts, which is plain text (``texts.py``).
"""

from __future__ import annotations

from pardot_odoo_pipeline.mapping.emails import local_part

__all__ = ["full_name", "lead_title", "split_name"]


def full_name(first: str | None, last: str | None, email: str | None) -> str | None:
    """First and last name; without either, what stands before the at sign of the e-mail address."""
    if first and last:
        return f"{first} {last}"
    return first or last or (local_part(email) if email else None)


def lead_title(name: str | None, company: str | None) -> str | None:
    """The lead's title: the person, and the company where there is one."""
    if name and company:
        return f"{name} – {company}"
    return name or company


def split_name(name: str | None, *, alone_is_first: bool = False) -> tuple[str | None, str | None]:
    """First and last name: the last word is the last name.

    Args:
        name: The full name.
        alone_is_first: Where a single word goes; it is the last name otherwise.
    """
    first, _, last = (name or "").strip().rpartition(" ")
    if not first and alone_is_first:
        first, last = last, ""
    return first.strip() or None, last or None
