"""Life in the account: people who visit, read and fill in forms while one looks on.

What lives here: what they do, by chance, and the thread in which they do it. What does not: the
acts themselves (`control_visitors.py`, `control_records.py`), the route (`control_bustle.py`).

Chance is seeded: the same seed in the same account gives the same acts of the same people in the
same order. When they happen follows the machine's time.
"""

from __future__ import annotations

import random
import sqlite3
import sys
import threading
import traceback
from collections.abc import Callable
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime
from typing import Any

import orjson

from pardot_odoo_pipeline.sandbox.http import Request
from pardot_odoo_pipeline.sandbox.pardot.actors import Actor, acting_as
from pardot_odoo_pipeline.sandbox.pardot.app import PardotApp
from pardot_odoo_pipeline.sandbox.pardot.control_records import Records
from pardot_odoo_pipeline.sandbox.pardot.control_visitors import Visitors

__all__ = ["Bustle", "BustleSettings", "Crowd"]

_DAY = 86_400
_PER_MINUTE_MAXIMUM = 6_000
_PAST_MAXIMUM = 5_000
_PAGES = ("prices", "product", "product/details", "customers", "contact", "blog/how-to-begin")
_TITLES = ("CTO", "Head of Sales", "Buyer", "Managing Director", "Marketing Manager", "Engineer")
_CITIES = ("Ulm", "Lyon", "Leeds", "Graz", "Porto", "Utrecht", "Turin", "Aarhus")
_FIRST = ("Ada", "Noor", "Luca", "Mina", "Jonas", "Inés", "Tomasz", "Zoë", "Ravi", "Aiko")
_LAST = ("Berg", "Okafor", "Rossi", "Novák", "Silva", "Dubois", "Yılmaz", "Jensen", "Kaur", "Sato")
_COMPANIES = ("Nordlicht", "Delta Works", "Fuchs & Söhne", "Bluebell", "Orbit", "Kestrel")
_WEIGHTS = {
    "view": 36,
    "open": 20,
    "click": 10,
    "form": 12,
    "handler": 4,
    "edit": 10,
    "score": 4,
    "arrival": 4,
}
_OF_VISITORS = ("view", "open", "click", "form", "handler")


@dataclass(frozen=True)
class BustleSettings:
    """What `PUT /life` takes.

    Attributes:
        per_minute: How much happens, on average.
        seed: Of who does what.
        past_days: When life begins for the first time, the account gets acts of so many days back;
            nobody pushes them.
    """

    per_minute: float
    seed: int = 0
    past_days: int = 0

    @classmethod
    def read(cls, wish: Any) -> BustleSettings:
        """The settings in a request's JSON.

        Raises:
            ValueError: A member is missing, unknown or does not fit.
        """
        names = {f.name for f in fields(cls)}
        if not isinstance(wish, dict) or "per_minute" not in wish or not set(wish) <= names:
            raise ValueError(f"members are {', '.join(sorted(names))}; per_minute is needed")
        made = cls(**wish)
        if not 0 < made.per_minute <= _PER_MINUTE_MAXIMUM or made.past_days < 0:
            raise ValueError(f"per_minute must be above 0 and at most {_PER_MINUTE_MAXIMUM}")
        return made

    def kept(self) -> dict[str, Any]:
        """Everything, to be read again."""
        return asdict(self)


class Crowd:
    """The people of an account, who do this and that.

    Args:
        app: The account.
        seed: Of who does what.
    """

    def __init__(self, app: PardotApp, seed: int) -> None:
        self._app = app
        self._visitors = Visitors(app)
        self._records = Records(app)
        with app.store.writing() as connection:
            (latest,) = connection.execute("SELECT max(id) FROM visitor_activities").fetchone()
            # After another start the crowd goes on, and does not do the same once more.
            self._random = random.Random(f"{seed}.{latest}")
            self._assets = {
                name: [row[0] for row in connection.execute(f"SELECT id FROM {table}").fetchall()]
                for name, table in (
                    ("formId", "forms"),
                    ("formHandlerId", "form_handlers"),
                    ("emailTemplateId", "email_templates"),
                )
            }

    def pause(self, per_minute: float) -> float:
        """How long until the next act, in seconds."""
        return self._random.expovariate(per_minute / 60)

    def act(self) -> None:
        """Let somebody do something."""
        kind = self._random.choices(list(_WEIGHTS), list(_WEIGHTS.values()))[0]
        person = self._somebody()
        if kind == "arrival" or person is None:
            self._arrive()
        elif kind == "edit":
            self._edit(person, jobTitle=self._one(_TITLES), city=self._one(_CITIES))
        elif kind == "score":
            shown = self._records.show(_request({}), "prospects", str(person))
            self._edit(person, score=(shown["score"] or 0) + self._random.randrange(5, 60, 5))
        else:
            self._visit(kind, person)

    def remember(self, days: int) -> int:
        """Let people have done something on each of so many days back.

        Returns:
            How many acts there were.
        """
        store = self._app.store
        for collection in ("visitor-activities", "visitors", "visits", "visitor-page-views"):
            store.ensure_full(collection)
        now = int(self._app.clock.timestamp())
        count = min(2 * store.count(store.catalogue["prospects"]), _PAST_MAXIMUM)
        moments = sorted(now - self._random.randrange(600, days * _DAY) for _ in range(count))
        weights = [_WEIGHTS[kind] for kind in _OF_VISITORS]
        with acting_as(Actor.NOBODY), store.writing():
            for moment in moments:
                person = self._somebody()
                if person is not None:
                    self._visit(self._random.choices(_OF_VISITORS, weights)[0], person, moment)
        return count

    def _visit(self, kind: str, person: int, moment: int | None = None) -> None:
        act: dict[str, Any] = {"prospectId": person}
        if moment is not None:
            act["createdAt"] = datetime.fromtimestamp(moment, UTC).isoformat()
        if kind == "view":
            act["url"] = f"https://www.sandbox.example.com/{self._one(_PAGES)}"
        elif kind in ("open", "click"):
            act |= {"type": 11 if kind == "open" else 1}
            act["emailTemplateId"] = self._one(self._assets["emailTemplateId"])
        else:
            asset = "formId" if kind == "form" else "formHandlerId"
            act |= {"type": 4, asset: self._one(self._assets[asset])}
        self._visitors.act(_request(act))

    def _arrive(self) -> None:
        first, last, company = self._one(_FIRST), self._one(_LAST), self._one(_COMPANIES)
        number = self._random.randrange(16**8)
        values = {
            "firstName": first,
            "lastName": last,
            "company": company,
            "email": f"visitor-{number:08x}@example.com",
            "city": self._one(_CITIES),
            "source": "Web",
            "score": 0,
        }
        made = self._records.make(_request({"values": values}), "prospects")
        self._visit("form", made["id"])

    def _edit(self, person: int, **values: Any) -> None:
        self._records.edit_prospect(_request({"values": values}), str(person))

    def _somebody(self) -> int | None:
        with self._app.store.writing() as connection:
            return _nth(connection, self._random.random())

    def _one(self, choices: Any) -> Any:
        return choices[self._random.randrange(len(choices))]


class Bustle:
    """Lets the crowd act until it is stopped.

    Args:
        crowd: Who acts.
        per_minute: How often, on average.
    """

    def __init__(self, crowd: Crowd, per_minute: float) -> None:
        self.acts = 0
        self._crowd = crowd
        self._per_minute = per_minute
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="life", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Nothing happens any more."""
        self._stopped.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stopped.wait(self._crowd.pause(self._per_minute)):
            with acting_as(Actor.PERSON):
                self._tried(self._crowd.act)
            self.acts += 1

    @staticmethod
    def _tried(act: Callable[[], None]) -> None:
        try:
            act()
        except Exception:
            # Somebody was erased meanwhile, say: life goes on, and the reason can be read.
            traceback.print_exc(file=sys.stderr)


def _nth(connection: sqlite3.Connection, share: float) -> int | None:
    """The living prospect at that share of the way from the first to the last."""
    low, high = connection.execute("SELECT min(id), max(id) FROM prospects").fetchone()
    if low is None:
        return None
    at = low + int(share * (high - low + 1))
    row = connection.execute(
        'SELECT id FROM prospects WHERE "isDeleted" = 0 AND id >= ? ORDER BY id LIMIT 1', (at,)
    ).fetchone()
    return None if row is None else int(row[0])


def _request(body: dict[str, Any]) -> Request:
    return Request("POST", "/", body=orjson.dumps(body))
