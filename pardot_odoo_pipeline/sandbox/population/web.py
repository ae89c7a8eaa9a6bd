"""Visitors, visits and page views behind the activities, and visitors whom nobody knows.

A person's page views are the page views among the activities; half an hour without one ends a
visit.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from pardot_odoo_pipeline.sandbox.population import catalogue
from pardot_odoo_pipeline.sandbox.population.streams import Stream
from pardot_odoo_pipeline.sandbox.population.times import BEGINNING_SECONDS, SPAN_SECONDS, at

Browsing = tuple[list[dict[str, Any]], list[dict[str, Any]], list[dict[str, Any]]]

FIRST_STRANGER = 290_000_000
FIRST_STRANGERS_VIEW = 400_000_000
STRANGERS_SHARE = 20  # one visitor whom nobody knows for so many people
_MOST_VIEWS = 4
_PAUSE = timedelta(minutes=30)
_TITLES = {f"{catalogue.SITE}{path}": title for path, title in catalogue.PAGES}
_NO_PARAMETERS: dict[str, Any] = dict.fromkeys(
    (
        "campaignParameter",
        "mediumParameter",
        "sourceParameter",
        "termParameter",
        "contentParameter",
    )
)


def page(number: int) -> str:
    """Return the address of a page."""
    return f"{catalogue.SITE}{catalogue.PAGES[number % len(catalogue.PAGES)][0]}"


def browsing_of(activities: list[dict[str, Any]]) -> Browsing:
    """Return the visitor behind one person's activities, if any, with visits and page views."""
    acts = [act for act in activities if act["visitorId"] is not None]
    if not acts:
        return [], [], []
    first = acts[0]
    seen = sum(act["visitorPageViewId"] is not None for act in acts)
    visitor = _visitor(first["visitorId"], first["prospectId"], first["campaignId"], seen, acts)
    grouped = list(_grouped(activities))
    return (
        [visitor],
        [_visit(visit, begun, [v["createdAt"] for v in views]) for visit, begun, views in grouped],
        [
            _page_view(view["visitorPageViewId"], visit, view, view["details"])
            for visit, _, views in grouped
            for view in views
        ],
    )


class Strangers:
    """Visitors whom nobody knows, with one short visit each."""

    def __init__(self, seed: int, size: int) -> None:
        self.count = size // STRANGERS_SHARE
        self._stream = Stream(seed, "strangers", 4)

    def acts(self) -> Iterator[list[dict[str, Any]]]:
        """Yield, per visitor, the page views as activities would show them."""
        for number in range(self.count):
            draw = self._stream.at(number)
            views, start, first_page = 1 + draw() % _MOST_VIEWS, draw() % SPAN_SECONDS, draw()
            yield [
                {
                    "id": FIRST_STRANGERS_VIEW + number * (_MOST_VIEWS + 1) + position,
                    "visitorId": FIRST_STRANGER + number,
                    "visitorPageViewId": FIRST_STRANGERS_VIEW
                    + number * (_MOST_VIEWS + 1)
                    + position,
                    "visitId": None,
                    "prospectId": None,
                    "campaignId": catalogue.FIRST_CAMPAIGN,
                    "details": page(first_page + position),
                    "createdAt": at(BEGINNING_SECONDS + start + 40 * position),
                }
                for position in range(views)
            ]


def _grouped(
    activities: list[dict[str, Any]],
) -> Iterator[tuple[int, dict[str, Any], list[dict[str, Any]]]]:
    """Cut a person's browsing into visits: an id, the act that began it, its page views."""
    begun: dict[str, Any] | None = None
    views: list[dict[str, Any]] = []
    identity, last = 0, None
    for act in activities:
        if act["visitId"] is None and act["visitorPageViewId"] is None:
            continue
        over = last is None or act["createdAt"] - last > _PAUSE
        last = act["createdAt"]
        if begun is None or over or act["visitId"] is not None:
            if begun is not None:
                yield identity, begun, views
            begun, identity, views = act, act["visitId"] or act["visitorPageViewId"], []
        if act["visitorPageViewId"] is not None:
            views.append(act)
    if begun is not None:
        yield identity, begun, views


def _visitor(
    identity: int,
    prospect: int | None,
    campaign: int,
    views: int,
    acts: list[dict[str, Any]],
) -> dict[str, Any]:
    address = f"198.51.100.{identity % 250 + 1}"
    return {
        "id": identity,
        "prospectId": prospect,
        "campaignId": campaign,
        "hostname": f"host-{identity % 997}.example.net" if identity % 3 else address,
        "ipAddress": address,
        "pageViewCount": views,
        "isIdentified": prospect is not None,
        "doNotSell": False,
        **_NO_PARAMETERS,
        "createdAt": acts[0]["createdAt"],
        "updatedAt": acts[-1]["createdAt"],
    }


def _visit(identity: int, begun: dict[str, Any], shown: list[Any]) -> dict[str, Any]:
    last = shown[-1] if shown else begun["createdAt"]
    return {
        "id": identity,
        "visitorId": begun["visitorId"],
        "prospectId": begun["prospectId"],
        "visitorPageViewCount": len(shown),
        "firstVisitorPageViewAt": shown[0] if shown else None,
        "lastVisitorPageViewAt": shown[-1] if shown else None,
        "durationInSeconds": int((shown[-1] - shown[0]).total_seconds()) if shown else 0,
        **_NO_PARAMETERS,
        "createdAt": begun["createdAt"],
        "updatedAt": last,
    }


def _page_view(identity: int, visit: int, view: dict[str, Any], url: str) -> dict[str, Any]:
    return {
        "id": identity,
        "url": url,
        "title": _TITLES[url],
        "visitorId": view["visitorId"],
        "visitId": visit,
        "campaignId": view["campaignId"],
        "durationInSeconds": identity % 90,
        "salesforceId": None,
        "createdAt": view["createdAt"],
    }


__all__ = [
    "FIRST_STRANGER",
    "Browsing",
    "Strangers",
    "browsing_of",
    "page",
]
