"""The loader for an Odoo in which nobody may provision: `load()` with external ids.

What lives here: the order of calls (contacts, then leads; of each: look up, read, judge, update,
create). What does not: the judgement of a single record (`load_forms`), the meaning of an answer
of `load()` (`load_call`).

Weaker than the `apply` action in three points, each a reason to provision it:

- the guard is read just before each group of writes, not in the same transaction: an edit within
  that second is overwritten (and found by the next batch as a conflict);
- contacts and leads are committed apart: a bad lead leaves its contact behind, which the next try
  finds;
- a user without the right to read external ids finds a record made before by `x_pardot_prospect_id`
  only; without that field too, a repeated create updates the record: no twin, but no `exists`
  either.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from pardot_odoo_pipeline.errors import FailureClass
from pardot_odoo_pipeline.odoo.apply_action.protocol import EXTERNAL_MODULE
from pardot_odoo_pipeline.odoo.client import OdooClient
from pardot_odoo_pipeline.odoo.errors import OdooError
from pardot_odoo_pipeline.odoo.load_call import load_rows
from pardot_odoo_pipeline.odoo.load_forms import (
    Contact,
    cell,
    column,
    created_values,
    judge,
    padded,
    unfit_field,
    written,
)
from pardot_odoo_pipeline.odoo.person_writes import (
    LEAD,
    PARTNER,
    LoadInterrupted,
    PersonResult,
    PersonWrite,
    RecordResult,
    RecordStatus,
    RecordWrite,
    in_chunks,
)
from pardot_odoo_pipeline.odoo.record_reader import RecordReader

__all__ = ["LoadMethodLoader"]

_WORTH_A_WRITE = 5
"""A `write` of many records costs about as much as this many rows of a `load()`."""

_OF_A_ROW = (FailureClass.BAD_RECORD, FailureClass.MISSING_RECORD)

_Context = Mapping[str, Any]
_Writes = Mapping[int, RecordWrite]
_Results = dict[int, RecordResult]
_Rows = Mapping[int, Mapping[str, Any]]


class LoadMethodLoader:
    """Writes people through `load()`, and `write` where many records get the same values.

    Args:
        client: The connection.
        batch_size: People in one group of calls.
    """

    def __init__(self, client: OdooClient, *, batch_size: int = 200) -> None:
        self.client = client
        self.batch_size = batch_size
        self.reader = RecordReader(client)

    def apply(
        self,
        writes: Sequence[PersonWrite],
        *,
        read_back: Mapping[str, Sequence[str]],
        context: _Context,
    ) -> list[PersonResult]:
        """See `PersonLoader.apply`."""
        # UTC, because load() takes times for the user's local ones. Archived records count as
        # there.
        context = {**context, "tz": "UTC", "active_test": False}
        done: list[PersonResult] = []
        chunks = in_chunks(writes, self.batch_size)
        for position, chunk in enumerate(chunks):
            try:
                done += self._chunk(chunk, read_back, context)
            except OdooError as error:
                # What of this chunk was committed before the failure is found again by external id,
                # or already holds the wanted value: repeating it is safe, once it is not in doubt.
                keys = [write.key for write in chunk]
                later = [write.key for rest in chunks[position + 1 :] for write in rest]
                raise LoadInterrupted(
                    error,
                    done=done,
                    in_doubt=keys if error.in_doubt else [],
                    unsent=later if error.in_doubt else keys + later,
                ) from error
        return done

    def _chunk(
        self,
        chunk: Sequence[PersonWrite],
        read_back: Mapping[str, Sequence[str]],
        context: _Context,
    ) -> list[PersonResult]:
        errors: dict[int, str] = {}
        for n, person in enumerate(chunk):
            for model, write in ((PARTNER, person.partner), (LEAD, person.lead)):
                unfit = write and unfit_field(write, self.reader.types[model])
                if unfit:
                    errors[n] = f"{model}: field {unfit} cannot be written"
        partners = {n: p.partner for n, p in enumerate(chunk) if p.partner and n not in errors}
        contacts = self._apply_kind(PARTNER, partners, {}, context)
        errors |= {n: r.error for n, r in contacts.items() if r.error}

        leads = {n: p.lead for n, p in enumerate(chunk) if p.lead and n not in errors}
        given = self.reader.contacts({n: r for n, r in contacts.items() if n in leads}, context)
        results = self._apply_kind(LEAD, leads, given, context)
        errors |= {n: r.error for n, r in results.items() if r.error}

        contacts = self._read_back(PARTNER, partners, contacts, read_back.get(PARTNER, ()), context)
        results = self._read_back(LEAD, leads, results, read_back.get(LEAD, ()), context)
        bad = {n: RecordResult(RecordStatus.ERROR, error=error) for n, error in errors.items()}
        return [
            PersonResult(
                person.key,
                contacts.get(n) or bad[n] if person.partner else None,
                results.get(n) or bad[n] if person.lead else None,
                errors.get(n),
            )
            for n, person in enumerate(chunk)
        ]

    def _apply_kind(
        self, model: str, writes: _Writes, given: Mapping[int, Contact | None], context: _Context
    ) -> _Results:
        """Look up, read, judge and write the records of one model."""
        known = self.reader.resolved(model, writes, context)
        current = self.reader.current(model, writes, known, context)
        types = self.reader.types[model]
        linked = self.reader.linked(model, current, context)
        results: _Results = {}
        updates: dict[int, Mapping[str, Any]] = {}
        creates: dict[int, Mapping[str, Any]] = {}
        for n, write in writes.items():
            own, row = given.get(n), current.get(known.get(n, 0))
            if row is not None and write.record_id is None and write.expected is None:
                results[n] = RecordResult(RecordStatus.EXISTS, row["id"])
            elif row is not None:
                judged = judge(
                    write,
                    row,
                    types,
                    lead=model == LEAD,
                    given=n in given,
                    own=own,
                    linked=linked.get(row.get("partner_id") or 0),
                )
                results[n] = RecordResult(judged.status, row["id"], withheld=judged.withheld)
                if judged.changes:
                    updates[n] = {".id": row["id"], **judged.changes}
            elif write.record_id is not None:
                results[n] = RecordResult(RecordStatus.MISSING, write.record_id)
            else:
                values, withheld = created_values(write, given=n in given, own=own)
                results[n] = RecordResult(RecordStatus.CREATED, withheld=withheld)
                creates[n] = {"id": f"{EXTERNAL_MODULE}.{write.external_id}", **values}
        creates = self._padded(model, creates, given)
        outcomes = self._updated(model, updates, context) | self._loaded(model, creates, context)
        for n, outcome in outcomes.items():
            if isinstance(outcome, str):
                results[n] = RecordResult(RecordStatus.ERROR, error=outcome)
            else:
                results[n] = RecordResult(results[n].status, outcome, withheld=results[n].withheld)
        return results

    def _padded(
        self, model: str, creates: _Rows, given: Mapping[int, Contact | None]
    ) -> dict[int, Mapping[str, Any]]:
        """Records to be made, as alike in shape as may be."""
        filled = self.reader.filled(model, {name for row in creates.values() for name in row})
        linked = {n: own.fills for n, own in given.items() if own and n in creates}
        return padded(creates, {n: filled | linked.get(n, frozenset()) for n in creates})

    def _updated(self, model: str, updates: _Rows, context: _Context) -> dict[int, int | str]:
        """Write equal changes together, and load the rest by database id."""
        equal: dict[str, list[int]] = {}
        for n, values in updates.items():
            changes = sorted((k, v) for k, v in values.items() if k != ".id")
            equal.setdefault(repr(changes), []).append(n)
        outcomes: dict[int, int | str] = {}
        rest: dict[int, Mapping[str, Any]] = {}
        for group in equal.values():
            ids = [updates[n][".id"] for n in group]
            values = {k: v for k, v in updates[group[0]].items() if k != ".id"}
            if len(group) >= _WORTH_A_WRITE and self._written(model, ids, values, context):
                outcomes |= dict(zip(group, ids, strict=True))
            else:
                rest |= {n: updates[n] for n in group}
        return outcomes | self._loaded(model, rest, context)

    def _written(
        self, model: str, ids: Sequence[int], values: Mapping[str, Any], context: _Context
    ) -> bool:
        """Whether one `write` of all did it; a row that Odoo refuses is then found by `load()`."""
        try:
            plain = {name: written(value) for name, value in values.items()}
            return bool(self.client.write(model, ids, plain, context=context))
        except OdooError as error:
            if error.in_doubt or error.failure_class not in _OF_A_ROW:
                raise
            return False

    def _loaded(self, model: str, rows: _Rows, context: _Context) -> dict[int, int | str]:
        """Load rows, those with the same fields in one call."""
        types = self.reader.types[model]
        shapes: dict[tuple[str, ...], list[int]] = {}
        for n, values in rows.items():
            shapes.setdefault(tuple(values), []).append(n)
        outcomes: dict[int, int | str] = {}
        for (key, *names), group in shapes.items():
            columns = [key, *(column(name, types) for name in names)]
            table = [
                [str(rows[n][key]), *(cell(rows[n][name], types[name]) for name in names)]
                for n in group
            ]
            told = load_rows(self.client, model, columns, table, context)
            outcomes |= dict(zip(group, told, strict=True))
        return outcomes

    def _read_back(
        self,
        model: str,
        writes: _Writes,
        results: _Results,
        fields: Sequence[str],
        context: _Context,
    ) -> _Results:
        """Complete the results with what stands in Odoo now."""
        guards = {
            name
            for n, result in results.items()
            if result.status is RecordStatus.CONFLICT
            for name in writes[n].expected or ()
        }
        ids = {r.record_id for r in results.values() if r.record_id}
        rows = self.reader.read(model, ids, {*fields, *guards}, context)
        complete: _Results = {}
        for n, result in results.items():
            row = rows.get(result.record_id or 0)
            if row is None:
                complete[n] = result
                continue
            wanted = {*fields, "write_date"}
            if result.status is RecordStatus.CONFLICT:
                wanted |= set(writes[n].expected or ())
            values = {name: value for name, value in row.items() if name in wanted}
            complete[n] = replace(result, write_date=row["write_date"], values=values)
        return complete
