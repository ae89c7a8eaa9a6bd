"""What a visitor activity is called in Odoo: the table from (type, asset) to a kind.

What lives here: the kinds, their names, icons and default rules, and what can become of a row.
What does not: changing the defaults (``activity_rules.py``) and acting on them.

The API's ``typeName`` names the class of the asset and not the event: what happened is told by the
type together with the id that is set. One type means several things: 4 is a form that was sent, but
also a form handler or a landing page.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

__all__ = [
    "ASSET_FIELDS",
    "KINDS",
    "ActivityDisposition",
    "ActivityKind",
    "Counter",
    "Show",
    "kind_of",
]


class ActivityDisposition(StrEnum):
    """What became of one activity in one batch; the list is closed.

    ``shown``: it has an entry of its own in Odoo. ``counted``: it is part of an entry that counts
    several. ``waiting``: its person has no lead yet. ``in_doubt``: an earlier call may have written
    it. ``refused``: Odoo does not take it.
    """

    SHOWN = "shown"
    COUNTED = "counted"
    UNCHANGED = "unchanged"
    WAITING = "waiting"
    ANONYMOUS = "anonymous"
    ERASED = "erased"
    IGNORED_BY_RULE = "ignored_by_rule"
    IN_DOUBT = "in_doubt"
    REFUSED = "refused"
    QUARANTINED = "quarantined"


class Show(StrEnum):
    """How activities of a kind appear in the history of a lead."""

    EACH = "each"
    DAILY = "daily"
    NONE = "none"


class Counter(StrEnum):
    """Which number of a person an activity adds to. ``other`` counts as engagement only."""

    OPENS = "opens"
    CLICKS = "clicks"
    FORMS = "forms"
    PAGES = "pages"
    OTHER = "other"


@dataclass(frozen=True)
class ActivityKind:
    """One kind of activity.

    Attributes:
        key: Its name in the rules file and in the ledger.
        type: The API's number; None for what is not in the table.
        assets: The fields that may name the asset, the telling one first; empty: any.
        name: The name of the activity in Odoo.
        icon: The icon of its type in Odoo.
        show: How it appears, unless the rules say otherwise.
        activity: Whether it also becomes a done activity of its type.
        counter: The number it adds to; None for what is not the person's own doing.
    """

    key: str
    type: int | None
    assets: tuple[str, ...]
    name: str
    icon: str
    show: Show
    activity: bool = False
    counter: Counter | None = Counter.OTHER


_EMAIL = ("emailTemplateId", "listEmailId", "emailId")
_FORM, _HANDLER, _PAGE = ("formId",), ("formHandlerId",), ("landingPageId",)
_EACH, _DAILY, _NONE = Show.EACH, Show.DAILY, Show.NONE

KINDS: tuple[ActivityKind, ...] = (
    ActivityKind(
        "form_submission",
        4,
        _FORM,
        "Form Completed",
        "fa-check-square-o",
        _EACH,
        True,
        Counter.FORMS,
    ),
    ActivityKind(
        "form_handler_submission",
        4,
        _HANDLER,
        "Form Completed",
        "fa-check-square-o",
        _EACH,
        True,
        Counter.FORMS,
    ),
    ActivityKind(
        "landing_page_submission",
        4,
        _PAGE,
        "Form Completed",
        "fa-check-square-o",
        _EACH,
        True,
        Counter.FORMS,
    ),
    ActivityKind("form_error", 3, _FORM, "Form Failed", "fa-exclamation-triangle", _NONE),
    ActivityKind(
        "form_handler_error", 3, _HANDLER, "Form Failed", "fa-exclamation-triangle", _NONE
    ),
    ActivityKind("form_view", 2, _FORM, "Form Viewed", "fa-eye", _DAILY),
    ActivityKind(
        "email_open", 11, _EMAIL, "Email Opened", "fa-envelope-open-o", _DAILY, False, Counter.OPENS
    ),
    ActivityKind(
        "email_click", 1, _EMAIL, "Email Clicked", "fa-mouse-pointer", _DAILY, False, Counter.CLICKS
    ),
    ActivityKind(
        "page_view",
        2,
        ("visitorPageViewId",),
        "Website Visited",
        "fa-globe",
        _DAILY,
        False,
        Counter.PAGES,
    ),
    ActivityKind("visit", 20, ("visitId",), "Website Session", "fa-globe", _NONE),
    ActivityKind("landing_page_view", 2, _PAGE, "Landing Page Viewed", "fa-file-text-o", _DAILY),
    ActivityKind("landing_page_click", 1, _PAGE, "Landing Page Clicked", "fa-file-text-o", _DAILY),
    ActivityKind("file_view", 2, ("fileId",), "File Viewed", "fa-download", _EACH),
    ActivityKind("link_click", 21, ("customRedirectId",), "Link Clicked", "fa-link", _DAILY),
    ActivityKind("redirect_click", 1, ("customRedirectId",), "Link Clicked", "fa-link", _DAILY),
    ActivityKind("third_party_click", 17, (), "Link Clicked", "fa-link", _DAILY),
    ActivityKind("site_search", 7, (), "Website Searched", "fa-search", _DAILY),
    ActivityKind("session", 5, (), "Website Session", "fa-globe", _NONE),
    ActivityKind("email_sent", 6, (), "Email Sent", "fa-paper-plane-o", _NONE, counter=None),
    ActivityKind("email_bounced", 13, (), "Email Bounced", "fa-ban", _EACH, counter=None),
    ActivityKind("unsubscribed", 12, (), "Unsubscribed", "fa-bell-slash-o", _EACH),
    ActivityKind("spam_complaint", 14, (), "Spam Complaint", "fa-ban", _EACH),
    ActivityKind("preferences", 15, (), "Email Preferences Opened", "fa-sliders", _EACH),
    ActivityKind("resubscribed", 16, (), "Resubscribed", "fa-bell-o", _EACH),
    ActivityKind("chat", 22, (), "Chat", "fa-comments-o", _EACH),
    ActivityKind(
        "webinar_invited", 23, (), "Webinar Invited", "fa-video-camera", _NONE, counter=None
    ),
    ActivityKind("webinar_attended", 24, (), "Webinar Attended", "fa-video-camera", _EACH, True),
    ActivityKind(
        "webinar_registered", 25, (), "Webinar Registered", "fa-video-camera", _EACH, True
    ),
    ActivityKind("social_click", 26, (), "Social Post Clicked", "fa-share-alt", _DAILY),
    ActivityKind("video_view", 27, (), "Video Viewed", "fa-play-circle-o", _DAILY),
    ActivityKind(
        "event_registered", 28, (), "Event Registered", "fa-calendar-check-o", _EACH, True
    ),
    ActivityKind("event_attended", 29, (), "Event Attended", "fa-calendar-check-o", _EACH, True),
    ActivityKind("video_conversion", 30, (), "Form Completed", "fa-check-square-o", _EACH, True),
    ActivityKind("feedback_suggestion", 31, (), "Feedback Given", "fa-commenting-o", _EACH),
    ActivityKind("feedback_comment", 32, (), "Feedback Given", "fa-commenting-o", _EACH),
    ActivityKind("feedback_ticket", 33, (), "Feedback Given", "fa-commenting-o", _EACH),
    ActivityKind("video_watched", 34, (), "Video Watched", "fa-play-circle-o", _EACH),
    # Machines that follow links, and what Pardot concludes by itself, are nobody's interest.
    ActivityKind("indirect_open", 35, (), "Email Scanned", "fa-shield", _NONE, counter=None),
    ActivityKind("indirect_bounce", 36, (), "Email Bounced", "fa-ban", _NONE, counter=None),
    ActivityKind("indirect_resubscribe", 37, (), "Resubscribed", "fa-bell-o", _NONE, counter=None),
    # Deals are Odoo's own; what Pardot heard of them would come back as an echo.
    ActivityKind("deal_new", 8, (), "Opportunity in Pardot", "fa-money", _NONE, counter=None),
    ActivityKind("deal_won", 9, (), "Opportunity in Pardot", "fa-money", _NONE, counter=None),
    ActivityKind("deal_lost", 10, (), "Opportunity in Pardot", "fa-money", _NONE, counter=None),
    ActivityKind("deal_reopened", 18, (), "Opportunity in Pardot", "fa-money", _NONE, counter=None),
    ActivityKind("deal_linked", 19, (), "Opportunity in Pardot", "fa-money", _NONE, counter=None),
    ActivityKind("deal_unlinked", 38, (), "Opportunity in Pardot", "fa-money", _NONE, counter=None),
    ActivityKind("other", None, (), "Other Activity", "fa-circle-o", _NONE, counter=None),
)
"""Every kind. Where a type has several, the first whose asset is set is the one."""

ASSET_FIELDS: tuple[str, ...] = (
    "formId",
    "formHandlerId",
    "landingPageId",
    "emailTemplateId",
    "listEmailId",
    "emailId",
    "fileId",
    "customRedirectId",
    "visitorPageViewId",
    "visitId",
)
"""The id fields that are read of an activity."""

_BY_TYPE: dict[int | None, list[ActivityKind]] = {}
for _kind in KINDS:
    _BY_TYPE.setdefault(_kind.type, []).append(_kind)
_OTHER = KINDS[-1]


def kind_of(row: Mapping[str, Any]) -> tuple[ActivityKind, str | None]:
    """What happened, and the field that names the asset it happened to.

    >>> kind, asset = kind_of({"type": 4, "formHandlerId": 75001})
    >>> kind.key, kind.name, asset
    ('form_handler_submission', 'Form Completed', 'formHandlerId')
    """
    kinds = _BY_TYPE.get(row.get("type"), [_OTHER])
    for kind in kinds:
        asset = _named(kind.assets or ASSET_FIELDS, row)
        if asset is not None:
            return kind, asset
    # A type that means one thing only means it without an asset, too.
    return (kinds[0] if len(kinds) == 1 else _OTHER), None


def _named(fields: tuple[str, ...], row: Mapping[str, Any]) -> str | None:
    return next((name for name in fields if row.get(name) is not None), None)
