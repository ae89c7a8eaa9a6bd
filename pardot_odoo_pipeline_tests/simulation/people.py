"""What people do in both systems, at random: edits, deletes, merges, refusals.

What lives here: acts. What does not: what must follow from them (`watch`, `verdict`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import TYPE_CHECKING, Any

import requests

from pardot_odoo_pipeline.odoo.errors import OdooError
from pardot_odoo_pipeline_tests.world import EVERYONE

if TYPE_CHECKING:
    from pardot_odoo_pipeline_tests.simulation.world import World

LEAD, PARTNER = "crm.lead", "res.partner"
MERGE_CONTACTS = "base.partner.merge.automatic.wizard"

# Pardot's field, the lead's and the contact's: texts of which each side may make something else.
FIELDS: dict[str, tuple[str | None, str | None]] = {
    "jobTitle": ("function", "function"),
    "company": ("partner_name", "company_name"),
    "phone": ("phone", "phone"),
    "addressOne": ("street", "street"),
    "addressTwo": ("street2", "street2"),
    "city": ("city", "city"),
    "zip": ("zip", "zip"),
    "website": ("website", "website"),
    "industry": ("x_pardot_industry", None),
    "comments": ("description", None),
    "lastName": ("contact_name", "name"),
    "firstName": (None, None),
    "country": ("country_id", "country_id"),
    "score": ("x_pardot_score", "x_pardot_score"),
}
FLAGS = ("optedOut", "isDoNotEmail", "isDoNotCall")


@dataclass
class People:
    """The people at both systems' keyboards.

    Attributes:
        site: Both systems.
        random: Where their whims come from.
        told: What they did, in words, for whoever reads a failure.
    """

    site: World
    random: Random
    told: list[str] = field(default_factory=list)
    number: int = 0

    def act(self, name: str | None = None) -> None:
        """One of them does something; what, is left to chance where it has no name."""
        acts: list[tuple[int, Callable[[], str | None]]] = [
            (10, self.edit_in_pardot),
            (6, self.edit_contact),
            (6, self.edit_lead),
            (6, self.quarrel),
            (2, self.bin),
            (2, self.take_out),
            (1, self.merge_prospects),
            (1, self.delete_for_good),
            (2, self.archive_or_restore),
            (1, self.unlink),
            (1, self.merge_contacts),
            (3, self.other_address),
            (3, self.flag_in_pardot),
            (2, self.block_in_odoo),
            (1, self.no_calls_in_odoo),
            (1, self.new_prospect),
        ]
        [act] = self.random.choices(
            [act for _, act in acts], weights=[weight for weight, _ in acts]
        )
        act = getattr(self, name) if name else act
        try:
            told = act()
        except (OdooError, requests.HTTPError) as refusal:
            told = f"{act.__name__} was refused: {type(refusal).__name__}"
        if told is not None:
            self.told.append(told)

    # Whom and what

    def someone(self, *, binned: bool = False) -> str | None:
        """A prospect that is there, or in the recycle bin."""
        rows = self.site.everybody()
        ids = sorted(who for who, row in rows.items() if row["isDeleted"] is binned)
        return self.random.choice(ids) if ids else None

    def a_record(self, model: str) -> int | None:
        ids = self.site.records(model)
        return self.random.choice(ids) if ids else None

    def value(self, name: str) -> Any:
        """Something to type into a text field."""
        self.number += 1
        n = self.number
        if name == "score":
            return n * 3
        if name == "country":
            return self.random.choice(["Germany", "AT", "united states", "France"])
        choices: list[Any] = [
            f"{name} {n}",
            f"{name} {n}",
            f"  {name}   {n} ",
            f"Ünïcode & <b>{n}</b> 北",
            f"{name} {n} " + "x" * 150,
            "",
        ]
        if name == "phone":
            choices = [f"+49 30 12{n:04}", f"030 / 55 {n:04}", f"+1 212 555 {n:04}", "call me", ""]
        if name == "website":
            choices = [f"www.site{n}.example", f"https://site{n}.example/", f"World{n}.Example", ""]
        if name == "comments":
            choices += [f"line {n}\nother < line", f"<p>para {n}</p>"]
        if name == "industry":
            choices = ["Banking", f"Trade {n}", "IT/Communication", ""]
        return self.random.choice(choices)

    def in_odoo(self, name: str, value: Any) -> Any:
        if name == "country":
            code = self.random.choice(["DE", "AT", "US", "FR"])
            return self.site.admin.search("res.country", [["code", "=", code]])[0]
        return value or False if isinstance(value, str) else value

    def some_fields(self) -> list[str]:
        return self.random.sample(sorted(FIELDS), self.random.choice([1, 1, 1, 2, 3]))

    # Edits

    def edit_in_pardot(self, who: str | None = None, names: list[str] | None = None) -> str | None:
        who = who or self.someone()
        if who is None:
            return None
        values = {name: self.value(name) for name in names or self.some_fields()}
        values = {name: None if value == "" else value for name, value in values.items()}
        self.site.edit(who, **values)
        return f"prospect {who}: {values}"

    def edit_contact(self) -> str | None:
        return self._edit(PARTNER, self.a_record(PARTNER), self.some_fields())

    def edit_lead(self) -> str | None:
        return self._edit(LEAD, self.a_record(LEAD), self.some_fields())

    def _edit(self, model: str, record: int | None, names: list[str]) -> str | None:
        values = {}
        for name in names:
            target = FIELDS[name][0 if model == LEAD else 1]
            if target is not None:
                values[target] = self.in_odoo(name, self.value(name))
        if record is None or not values:
            return None
        self.site.admin.write(model, [record], values)
        return f"{model} {record}: {values}"

    def quarrel(self) -> str | None:
        """The same field on both sides."""
        model = self.random.choice([LEAD, PARTNER])
        record = self.a_record(model)
        if record is None:
            return None
        who = self.site.prospect_of(model, record)
        if who is None:
            return None
        names = [n for n in self.some_fields() if FIELDS[n][0 if model == LEAD else 1]]
        told = []
        for one in self.random.sample([0, 1], 2):
            if one and names:
                told.append(self.edit_in_pardot(who, names) or "")
            else:
                told.append(self._edit(model, record, names) or "")
            self.site.clock.advance(self.random.choice([0, 1, 5]))
        return " / ".join(told)

    def other_address(self) -> str | None:
        self.number += 1
        address = f"other{self.number}@example.net"
        if self.random.random() < 0.3 and (other := self.someone()):
            address = self.site.everybody()[other]["email"] or address
        place = self.random.choice(["pardot", "pardot", PARTNER, LEAD])
        if place == "pardot":
            who = self.someone()
            if who is None:
                return None
            self.site.edit(who, email=address)
            return f"prospect {who}: now {address}"
        record = self.a_record(place)
        if record is None:
            return None
        name = "email" if place == PARTNER else "email_from"
        self.site.admin.write(place, [record], {name: address})
        return f"{place} {record}: now {address}"

    def new_prospect(self) -> str:
        self.number += 1
        values = {"email": f"new{self.number}@example.com", "lastName": f"New {self.number}"}
        made = self.site.pardot.control("POST", "/objects/prospects", {"values": values})
        self.site.ids.append(str(made["id"]))
        return f"new prospect {made['id']}"

    # Coming and going

    def bin(self) -> str | None:
        who = self.someone()
        if who is None:
            return None
        self._record(who, isDeleted=True)
        return f"prospect {who}: into the recycle bin"

    def take_out(self) -> str | None:
        who = self.someone(binned=True)
        if who is None:
            return None
        self._record(who, isDeleted=False)
        return f"prospect {who}: out of the recycle bin"

    def _record(self, who: str, **values: Any) -> None:
        self.site.pardot.control("POST", f"/objects/prospects/{who}", {"values": values})

    def merge_prospects(self) -> str | None:
        master, loser = self.someone(), self.someone()
        if master is None or loser is None or master == loser:
            return None
        self.site.pardot.control("POST", f"/prospects/{master}/merge", {"losers": [int(loser)]})
        return f"prospect {loser}: merged into {master}"

    def delete_for_good(self) -> str | None:
        who = self.someone(binned=self.random.random() < 0.7)
        if who is None:
            return None
        self.site.pardot.control("DELETE", f"/prospects/{who}")
        self.site.ids.remove(who)
        return f"prospect {who}: deleted for good"

    def archive_or_restore(self) -> str | None:
        model = self.random.choice([LEAD, LEAD, PARTNER])
        record = self.a_record(model)
        if record is None:
            return None
        [row] = self.site.admin.read(model, [record], ["active"])
        self.site.admin.write(model, [record], {"active": not row["active"]})
        return f"{model} {record}: {'archived' if row['active'] else 'restored'}"

    def unlink(self) -> str | None:
        model = self.random.choice([LEAD, LEAD, PARTNER])
        record = self.a_record(model)
        if record is None:
            return None
        self.site.admin.unlink(model, [record])
        return f"{model} {record}: deleted"

    def merge_contacts(self) -> str | None:
        kept, gone = self.a_record(PARTNER), self.a_record(PARTNER)
        if kept is None or gone is None or kept == gone:
            return None
        chosen = [kept, gone]
        context = {"active_model": PARTNER, "active_ids": chosen}
        values = {"partner_ids": [[6, 0, chosen]], "dst_partner_id": kept}
        wizard = self.site.admin.create(MERGE_CONTACTS, [values], context=context)
        self.site.admin.call(MERGE_CONTACTS, "action_merge", ids=wizard, context=context)
        return f"contact {gone}: merged into {kept}"

    # Consent

    def flag_in_pardot(self) -> str | None:
        who = self.someone()
        if who is None:
            return None
        flag = self.random.choice(FLAGS)
        value = self.random.random() < 0.7
        self.site.edit(who, **{flag: value})
        return f"prospect {who}: {flag} {value}"

    def block_in_odoo(self) -> str | None:
        record = self.a_record(PARTNER)
        if record is None:
            return None
        [row] = self.site.admin.read(PARTNER, [record], ["email_normalized"])
        address = row["email_normalized"]
        if not address:
            return None
        found = self.site.admin.search_read(
            "mail.blacklist", [["email", "=", address]], ["active"], context=EVERYONE
        )
        if found:
            active = not found[0]["active"]
            self.site.admin.write("mail.blacklist", [found[0]["id"]], {"active": active})
            return f"{address}: {'blocked' if active else 'let go'}"
        self.site.admin.create("mail.blacklist", [{"email": address}])
        return f"{address}: blocked"

    def no_calls_in_odoo(self) -> str | None:
        record = self.a_record(PARTNER)
        if record is None:
            return None
        self.site.admin.write(PARTNER, [record], {"x_pardot_do_not_call": True})
        return f"contact {record}: no calls"
