"""Names of people and of leads.

What lives here: how a full name and a lead's title are put together from parts that are already
normalised. What does not: the cleaning of the parts, which is plain text (``texts.py``).
"""

from __future__ import annotations

from pardot_odoo_pipeline.mapping.emails import local_part

__all__ = ["full_name", "lead_title"]


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
