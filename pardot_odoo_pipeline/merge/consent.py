"""May this person be written to, or called? How the refusals of both sides meet.

What lives here: the lattice of one channel (e-mail, phone) for everybody with one address: who
refuses, on which side it was said, what each side must show. What does not: which fields and flags
there are, and reading or writing them (`steps.consent`).

A refusal stands as long as one side says it. Each side is remembered with what *it* said, apart
from what we put there because of the other, and only the side that said it can take it back: a
value that was not read, a record that is gone or a lost write never lifts anything.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum

__all__ = [
    "Cell",
    "Channel",
    "ChannelDecision",
    "ChannelMemory",
    "Holder",
    "Overruled",
    "Side",
    "decide_channel",
]


class Side(StrEnum):
    """A system that can refuse."""

    PARDOT = "pardot"
    ODOO = "odoo"


@dataclass(frozen=True)
class Channel:
    """The rules of one way to reach people.

    Attributes:
        flags: Pardot's flags that refuse this channel.
        enough: Those of them that say as much as a refusal in Odoo.
        put: The flag by which Pardot learns of a refusal in Odoo; None when it does not.
        lift: Whether what one side took back is lifted on the other.
    """

    flags: frozenset[str]
    enough: frozenset[str]
    put: str | None
    lift: bool = True


@dataclass(frozen=True)
class Holder:
    """One prospect with the address.

    Attributes:
        key: Its id.
        on: The flags that refuse now. A flag that was not read stands as it was remembered.
        was: The flags that refused when it was last looked at; None before the first time.
        put: Those that we put there because of Odoo.
    """

    key: str
    on: frozenset[str]
    was: frozenset[str] | None = None
    put: frozenset[str] = frozenset()

    @property
    def own(self) -> frozenset[str]:
        """What Pardot itself says."""
        return self.on - self.put


@dataclass(frozen=True)
class Cell:
    """One place in Odoo that shows the refusal.

    Attributes:
        key: Its name.
        on: Whether it refuses now; None when it was not read.
        was: What it was left at; None when it is seen for the first time.
        writable: Whether we can change it.
    """

    key: str
    on: bool | None
    was: bool | None = None
    writable: bool = True

    @property
    def shows(self) -> bool:
        """What it refuses as far as is known."""
        return bool(self.was) if self.on is None else self.on


@dataclass(frozen=True)
class ChannelMemory:
    """What is kept of one channel between two looks.

    Attributes:
        because: The sides that refuse.
        refused: The prospects that refuse in Pardot by themselves.
        cells: What each cell in Odoo was left at.
        holders: Prospect to (flags that are on, flags of these that we put there).
    """

    because: frozenset[Side] = frozenset()
    refused: frozenset[str] = frozenset()
    cells: Mapping[str, bool] = field(default_factory=dict)
    holders: Mapping[str, tuple[frozenset[str], frozenset[str]]] = field(default_factory=dict)


@dataclass(frozen=True)
class Overruled:
    """Somebody took back what only the other side can take back.

    Attributes:
        where: The cell in Odoo, or the prospect in Pardot, that is put back.
        by: The side whose refusal stands.
    """

    where: str
    by: Side


@dataclass(frozen=True)
class ChannelDecision:
    """What each side must show.

    Attributes:
        odoo: Cell to what it becomes; only cells that change.
        pardot: Prospect to the flags that change.
        memory: To be stored before anything is sent: with what will be put, and still with what
            will be lifted. A write that then gets lost is repeated, and never taken for a wish.
        settled: To be stored once everything was written.
        overruled: What was taken back on the wrong side, and is put back.
    """

    odoo: Mapping[str, bool]
    pardot: Mapping[str, Mapping[str, bool]]
    memory: ChannelMemory
    settled: ChannelMemory
    overruled: tuple[Overruled, ...] = ()


def decide_channel(
    channel: Channel,
    holders: Sequence[Holder],
    cells: Sequence[Cell],
    because: frozenset[Side] = frozenset(),
    refused: frozenset[str] = frozenset(),
) -> ChannelDecision:
    """Decide one channel for everybody with one address.

    Args:
        channel: Its rules.
        holders: All prospects with the address, those that were not read as they are remembered.
        cells: The places in Odoo that are there.
        because: Who refused when this was last decided.
        refused: The prospects that refused then.
    """
    refusing = frozenset(holder.key for holder in holders if holder.own & channel.flags)
    # Whoever refused and has another address by now took nothing back, nor did those whose flag
    # counts no more by a change of the rules.
    gone = refused - {holder.key for holder in holders if not holder.own}
    by_odoo = _odoo_refuses(cells, because)
    says = {Side.PARDOT: bool(refusing), Side.ODOO: by_odoo}
    sides = frozenset(side for side in Side if says[side])
    lifts = channel.lift and not gone
    odoo = {
        cell.key: bool(sides)
        for cell in cells
        if cell.writable and cell.shows != bool(sides) and (sides or lifts)
    }
    after = {cell.key: odoo.get(cell.key, cell.shows) for cell in cells}
    flags = {holder.key: _flags(channel, holder, by_odoo=by_odoo) for holder in holders}
    settled = ChannelMemory(
        sides,
        refusing | (gone if any(after.values()) else frozenset()),
        after,
        {h.key: (_after(h.on, flags[h.key][0]), flags[h.key][1]) for h in holders},
    )
    memory = replace(
        settled,
        cells={cell.key: after[cell.key] or cell.shows for cell in cells},
        holders={h.key: _before(h, *settled.holders[h.key]) for h in holders},
    )
    overruled = tuple(_overruled(channel, holders, cells, odoo, flags, by_odoo=by_odoo))
    pardot = {key: changed for key, (changed, _) in flags.items() if changed}
    return ChannelDecision(odoo, pardot, memory, settled, overruled)


def _odoo_refuses(cells: Sequence[Cell], because: frozenset[Side]) -> bool:
    """Whether a person in Odoo refuses, as far as Odoo can be read."""
    for cell in cells:
        # A cell that was not there before may have come with what Pardot says.
        if cell.on and (cell.was is False or (cell.was is None and Side.PARDOT not in because)):
            return True
    if any(cell.was and cell.on is False for cell in cells):
        return False
    return Side.ODOO in because


def _flags(
    channel: Channel, holder: Holder, *, by_odoo: bool
) -> tuple[dict[str, bool], frozenset[str]]:
    """The flags of one prospect that change, and those that are there because of Odoo after it."""
    ours = holder.put & holder.on
    if by_odoo:
        if channel.put is None or holder.on & channel.enough:
            return {}, ours
        return {channel.put: True}, ours | {channel.put}
    if not channel.lift:
        return {}, ours
    return dict.fromkeys(sorted(ours), False), frozenset()


def _after(flags: frozenset[str], changes: Mapping[str, bool]) -> frozenset[str]:
    return (flags - set(changes)) | {name for name, value in changes.items() if value}


def _before(
    holder: Holder, on: frozenset[str], put: frozenset[str]
) -> tuple[frozenset[str], frozenset[str]]:
    return holder.on | on, (holder.put & holder.on) | put


def _overruled(
    channel: Channel,
    holders: Sequence[Holder],
    cells: Sequence[Cell],
    odoo: Mapping[str, bool],
    flags: Mapping[str, tuple[Mapping[str, bool], frozenset[str]]],
    *,
    by_odoo: bool,
) -> Iterable[Overruled]:
    for cell in cells:
        if cell.was and cell.on is False and odoo.get(cell.key):
            yield Overruled(cell.key, Side.ODOO if by_odoo else Side.PARDOT)
    for holder in holders:
        taken_back = holder.was is not None and (holder.was - holder.on) & channel.enough
        if taken_back and any(flags[holder.key][0].values()):
            yield Overruled(holder.key, Side.ODOO)
