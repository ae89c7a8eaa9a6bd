"""The loader that uses the provisioned `apply` action: one call, one transaction, guard included.

What lives here: payload out, answer in, bisection of a call that fails as a whole. What does not:
the promises, which `apply_action/protocol.py` states, and the fallback without the action
(`load_method_loader`).
"""

from __future__ import annotations

import builtins
from collections.abc import Mapping, Sequence
from typing import Any

from pardot_odoo_pipeline.errors import FailureClass
from pardot_odoo_pipeline.odoo.apply_action.protocol import CONTEXT_KEY, PROTOCOL
from pardot_odoo_pipeline.odoo.client import OdooClient
from pardot_odoo_pipeline.odoo.errors import (
    OdooConfigurationError,
    OdooError,
    OdooMissingError,
)
from pardot_odoo_pipeline.odoo.person_writes import (
    LoadInterrupted,
    PersonResult,
    PersonWrite,
    RecordResult,
    RecordStatus,
    RecordWrite,
    Withheld,
    in_chunks,
)
from pardot_odoo_pipeline.odoo.refusals import lost_right, refusal

__all__ = ["ApplyActionLoader", "wrong_protocol"]

_OF_ODOO = {"AccessError", "LockError", "MissingError", "RedirectWarning", "UserError"}
_OF_ODOO |= {"ConcurrencyError", "ValidationError"}


class ApplyActionLoader:
    """Writes people through the `apply` server action.

    Args:
        client: The connection; its user must be in the action's group.
        action_id: The database id of the action.
        batch_size: People in one call. From 200 on the time per person is flat; a call of 500
            creates takes 2 to 3 s, far below the 60 s after which a production worker is killed.
    """

    def __init__(self, client: OdooClient, action_id: int, *, batch_size: int = 200) -> None:
        self.client = client
        self.action_id = action_id
        self.batch_size = batch_size

    def apply(
        self,
        writes: Sequence[PersonWrite],
        *,
        read_back: Mapping[str, Sequence[str]],
        context: Mapping[str, Any],
    ) -> list[PersonResult]:
        """See `PersonLoader.apply`."""
        done: list[PersonResult] = []
        waiting = in_chunks(writes, self.batch_size)[::-1]
        asked = {model: list(fields) for model, fields in read_back.items()}
        while waiting:
            chunk = waiting.pop()
            try:
                told = self._call(chunk, asked, context)
                done += [_person_result(one) for one in told if _lost_right(one) is None]
                if right := next(filter(None, map(_lost_right, told)), None):
                    # The others of the call are written; these are not to blame.
                    unsent = [one["key"] for one in told if _lost_right(one) is not None]
                    unsent += [write.key for rest in reversed(waiting) for write in rest]
                    raise LoadInterrupted(right, done=done, in_doubt=[], unsent=unsent)
            except OdooError as error:
                if error.failure_class is FailureClass.BAD_RECORD and not error.in_doubt:
                    # The action reports bad rows one by one; this is something that it could not
                    # catch, such as a request that is too large. Nothing of it was written.
                    if len(chunk) == 1:
                        done.append(_bad_person(chunk[0], error.cause))
                    else:
                        middle = len(chunk) // 2
                        waiting += [chunk[middle:], chunk[:middle]]
                    continue
                keys = [write.key for write in chunk]
                later = [write.key for rest in reversed(waiting) for write in rest]
                raise LoadInterrupted(
                    error,
                    done=done,
                    in_doubt=keys if error.in_doubt else [],
                    unsent=later if error.in_doubt else keys + later,
                ) from error
        return done

    def _call(
        self,
        chunk: Sequence[PersonWrite],
        read_back: Mapping[str, Sequence[str]],
        context: Mapping[str, Any],
    ) -> list[dict[str, Any]]:
        payload = {
            "protocol": PROTOCOL,
            "read_back": read_back,
            "people": [
                {"key": w.key, "partner": _wire_record(w.partner), "lead": _wire_record(w.lead)}
                for w in chunk
            ],
        }
        try:
            answer = self.client.run_server_action(
                self.action_id, {**context, CONTEXT_KEY: payload}
            )
        except OdooMissingError as error:
            # Not a record of the call: those are reported row by row. It is the action itself.
            raise OdooConfigurationError(
                "The apply action was removed from Odoo",
                fix="Run `pardot-odoo provision` with an Odoo administrator",
                code="apply_gone",
            ) from error
        if not isinstance(answer, dict) or answer.get("protocol") != PROTOCOL:
            found = answer.get("protocol") if isinstance(answer, dict) else None
            raise wrong_protocol(found)
        people: list[dict[str, Any]] = answer["people"]
        return people


def wrong_protocol(found: object) -> OdooConfigurationError:
    """The refusal of an `apply` action that another version of this project put there."""
    return OdooConfigurationError(
        f"The apply action in Odoo speaks protocol {found or 'unknown'}, "
        f"this pipeline speaks {PROTOCOL}",
        fix="Run `pardot-odoo provision` with an Odoo administrator to update it, or install the "
        "version of the pipeline that provisioned it",
        code="apply_protocol",
    )


def _wire_record(write: RecordWrite | None) -> dict[str, Any] | bool:
    if write is None:
        return False
    return {
        "external_id": write.external_id,
        "id": write.record_id or False,
        "values": dict(write.values),
        "expected": False if write.expected is None else dict(write.expected),
    }


def _lost_right(person: Mapping[str, Any]) -> OdooError | None:
    """The error where a person was refused for want of a right, not for anything of their own."""
    if not (failure := person["error"]):
        return None
    return lost_right(failure["name"], failure["message"])


def _person_result(person: Mapping[str, Any]) -> PersonResult:
    error = _sentence(person["error"]) if person["error"] else None
    return PersonResult(
        key=person["key"],
        partner=_record_result(person["partner"], error),
        lead=_record_result(person["lead"], error),
        error=error,
    )


def _record_result(told: Mapping[str, Any] | bool, error: str | None) -> RecordResult | None:
    if not isinstance(told, Mapping):
        return None
    status = RecordStatus(told["status"])
    return RecordResult(
        status=status,
        record_id=told["id"] or None,
        write_date=told["write_date"] or None,
        values=told["values"] or None,
        error=error if status is RecordStatus.ERROR else None,
        withheld={name: Withheld(reason) for name, reason in told["withheld"].items()},
    )


def _bad_person(write: PersonWrite, error: str) -> PersonResult:
    bad = RecordResult(RecordStatus.ERROR, error=error)
    return PersonResult(
        write.key, bad if write.partner else None, bad if write.lead else None, error
    )


def _sentence(failure: Mapping[str, Any]) -> str:
    """A row's failure in words that hold no value of the row, which Odoo's own may."""
    name = failure["name"]
    if name in _OF_ODOO:
        qualified = f"odoo.exceptions.{name}"
    elif hasattr(builtins, name):
        qualified = f"builtins.{name}"
    else:
        qualified = f"psycopg2.errors.{name}"
    text = refusal(qualified, failure["message"], model=None, method=None).cause
    field = failure["field"]
    return f"{text}: field {field}" if field and field not in text else text
