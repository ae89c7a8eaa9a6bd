"""The same people in two worlds, of which one is disturbed; in the end both show the same."""

from __future__ import annotations

from typing import NamedTuple

from pardot_odoo_pipeline_tests.outages.operation import INTERVAL, Operation, end_state

_SETTLED_AFTER = 3


class Twins(NamedTuple):
    """Two installations; only one of the two is ever disturbed.

    Attributes:
        disturbed: This one.
        calm: The other one.
        alone: People of the disturbed one who are in stories of their own, and not compared.
    """

    disturbed: Operation
    calm: Operation
    alone: list[str]

    def edit_in_pardot(self, who: str, **values: object) -> None:
        for one in (self.disturbed, self.calm):
            one.world.edit(who, **values)

    def edit_in_odoo(self, who: str, **values: object) -> None:
        """What a salesperson types; what is broken for the pipeline is not for people."""
        faults = self.disturbed.world.odoo.control("GET", "/faults")
        self.disturbed.world.odoo.control("DELETE", "/faults")
        for one in (self.disturbed, self.calm):
            [lead] = one.world.of_prospect("crm.lead", who, "partner_id")
            one.world.client.write("res.partner", [lead["partner_id"][0]], values)
        match = ("method", "path", "contains")
        for fault in faults:
            body = {"match": {k: fault[k] for k in match}, "times": fault["times"]}
            action = {k: v for k, v in fault.items() if k not in (*match, "times")}
            self.disturbed.world.odoo.control("POST", "/faults", {**body, "action": action})

    def pass_time(self, minutes: float, *, step: float = INTERVAL) -> None:
        """The disturbed one works on; the calm one looks once, when all is over."""
        self.disturbed.pass_time(minutes, step=step)
        self.calm.world.advance(60 * minutes)

    def settle(self) -> None:
        """A few quiet intervals later nothing is open, and both worlds show the same."""
        for _ in range(_SETTLED_AFTER):
            for one in (self.disturbed, self.calm):
                one.pass_time(INTERVAL)
            disturbed, calm = (end_state(one.world, self.alone) for one in self[:2])
            if not self.disturbed.open_incidents() and disturbed == calm:
                break
        assert self.disturbed.open_incidents() == []
        assert self.disturbed.circuits() == []
        assert self.disturbed.unfinished() == []
        assert self.disturbed.retries() == {}
        assert self.disturbed.faults() == []
        assert disturbed == calm
