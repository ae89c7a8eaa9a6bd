"""Company names beyond the limit, with what each must be cut to.

The answer comes from the words that the name was made of: the legal form stays, words that say
nothing go from the last to the first, and only then is the rest cut between words.
"""

from __future__ import annotations

from pardot_odoo_pipeline.sandbox.population.streams import Draw

COMPANY_LIMIT = 100


def _listed(words: str) -> tuple[str, ...]:
    return tuple(words.split(","))


LONG_FORMS = _listed(
    "GmbH,AG,SE,KG,GmbH & Co. KG,Ltd,Limited,LLC,Inc,Corp,S.A.,SAS,SARL,S.p.A.,S.r.l.,B.V.,AB,"
    "ApS,A/S,Oy,s.r.o.,Sp. z o.o.,d.o.o.,S.L.,Lda,Ltda,Pty Ltd,Pvt Ltd"
)
_LONG_PROPER = _listed(
    "Hollow,Brindle,Marlstone,Fennimore,Cobbleford,Ashgrove,Thornwick,Quillon,Ravenmoor,"
    "Sandbeck,Larchmere,Dunholm,Oakhampstead,Fallowfield,Greyfriars,Winterbourne,Kestrelby,"
    "Mossbridge"
)
_LONG_TRADE = _listed(
    "Precision,Refrigeration,Bookbinding,Agricultural,Machinery,Hydraulics,Upholstery,"
    "Ceramics,Shipbuilding,Measurement,Instrumentation,Horticulture,Locksmithing,Cartography"
)
_EMPTY_WORDS = _listed(
    "International,Group,Holding,Holdings,Services,Solutions,Global,Worldwide,Systems,"
    "Technologies,Consulting,Management,Industries,Enterprises,Partners,Associates"
)


def long_company(draw: Draw, *, with_form: bool) -> tuple[str, str]:
    """Return a name beyond the limit and what it has to be cut to."""
    form = LONG_FORMS[draw() % len(LONG_FORMS)] if with_form else ""
    words: list[tuple[str, bool]] = []  # (word, says nothing)
    length = 0
    target = COMPANY_LIMIT + 5 + draw() % 90
    while length < target:
        number = draw()
        kind = number % 5
        number //= 5
        if not words:
            word, empty = ("The", True) if kind == 0 else (_one_of(_LONG_PROPER, number), False)
        elif kind < 2:
            word, empty = _one_of(_EMPTY_WORDS, number), True
        elif kind == 2 and not words[-1][1]:
            word, empty = ("and", "&", "of", "for")[number % 4], True
        elif kind == 3:
            word, empty = _one_of(_LONG_PROPER, number), False
        else:
            word, empty = _one_of(_LONG_TRADE, number), False
        words.append((word, empty))
        length += len(word) + 1
    if words[-1][0] in {"and", "&", "of", "for"}:
        words.append((_one_of(_LONG_TRADE, length), False))
    name = " ".join(word for word, _ in words)
    return (f"{name} {form}" if form else name), _cut(words, form)


def _cut(words: list[tuple[str, bool]], form: str) -> str:
    """Cut a name by the stated rule, knowing which of its words say nothing."""
    ending = f" {form}" if form else ""
    kept = list(words)
    for position in range(len(words) - 1, -1, -1):
        if len(" ".join(w for w, _ in kept) + ending) <= COMPANY_LIMIT:
            break
        if words[position][1]:
            del kept[position]  # later words that say nothing are gone already
    plain = [word for word, _ in kept]
    if len(" ".join(plain) + ending) <= COMPANY_LIMIT:
        return " ".join(plain) + ending
    while len(" ".join(plain) + "…" + ending) > COMPANY_LIMIT:
        plain.pop()
    return " ".join(plain) + "…" + ending


def _one_of(table: tuple[str, ...], number: int) -> str:
    return table[number % len(table)]


__all__ = ["COMPANY_LIMIT", "LONG_FORMS", "long_company"]
