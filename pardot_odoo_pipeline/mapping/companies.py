"""Company names: shortened so that people still recognise them.

What lives here: which words of a long name go first (generic ones) and which never (the legal
form). What does not: matching companies to each other.
"""

from __future__ import annotations

import re
from functools import lru_cache

from pardot_odoo_pipeline.mapping.conversion import BLANK, Converted
from pardot_odoo_pipeline.mapping.reasons import FindingCode
from pardot_odoo_pipeline.mapping.texts import cut_text, starts_formula, tidy_text

__all__ = ["GENERIC_WORDS", "LEGAL_FORMS", "clean_company", "shorten_company", "split_legal_form"]

LEGAL_FORMS: tuple[str, ...] = tuple(
    form.strip()
    for form in """
    GmbH & Co. KGaA | GmbH & Co. KG | GmbH & Co. OHG | AG & Co. KGaA | AG & Co. KG | SE & Co. KG
    | SE & Co. KGaA | UG (haftungsbeschränkt) & Co. KG | UG (haftungsbeschränkt) | UG | gGmbH
    | mbH | GmbH | KGaA | KG | OHG | GbR | AG | SE | e.V. | e.K. | eG | Ges.m.b.H.
    | Ltd | Limited | PLC | LLP | LP | LLC | L.L.C. | PLLC | CIC | Inc | Incorporated | Corp
    | Corporation | Co | Company | Co., Ltd | Co. Ltd | Co. Inc | Co., Inc | P.C. | N.A.
    | S.A. | SA | SAS | S.A.S. | SASU | SARL | S.A.R.L. | Sàrl | EURL | SNC | S.C.A. | S.C.
    | S.p.A. | SpA | S.r.l. | Srl | S.r.l.s. | S.a.s. | S.n.c. | S.c.a.r.l.
    | B.V. | BV | N.V. | NV | V.O.F. | BVBA | CVBA
    | AB | HB | ApS | A/S | P/S | I/S | K/S | AS | ASA | ANS | DA | Oy | Oyj | Ky | ehf. | hf.
    | Kft. | Zrt. | Nyrt. | Bt. | s.r.o. | spol. s r.o. | a.s. | v.o.s. | k.s. | j.s.a.
    | Sp. z o.o. | Sp. z o.o. sp. k. | sp. k. | sp. j. | S.K.A.
    | d.o.o. | d.d. | j.d.o.o. | EOOD | OOD | EAD | AD | SIA | UAB | OÜ
    | S.L. | SL | S.L.U. | S.A.U. | S.L.L. | S.Coop. | Lda | Unipessoal Lda | Ltda | EIRELI | ME
    | S.A. de C.V. | S.A.P.I. de C.V. | S. de R.L. de C.V. | S. de R.L. | C.A. | S.A.C.
    | S.A.S. de C.V. | E.I.R.L.
    | Pty Ltd | Pty. Ltd | Proprietary Limited | Pty | (Pty) Ltd | Pvt Ltd | Pvt. Ltd
    | Private Limited | Pte Ltd | Pte. Ltd | Sdn Bhd | Sdn. Bhd. | Bhd | Tbk | PT | JSC | PJSC
    | FZE | FZCO | FZ-LLC | WLL | W.L.L. | K.S.C. | A.Ş. | AŞ | Ltd. Şti. | Ltd Şti
    | A.E. | E.P.E. | Α.Ε. | Ε.Π.Ε. | K.K. | KK | G.K. | Y.K.
    | 株式会社 | 有限会社 | 合同会社 | 合資会社 | (株) | ㈱ | 有限公司 | 有限责任公司 | 股份有限公司
    | 集团有限公司 | 股份公司 | 有限責任公司 | 주식회사 | (주) | 유한회사
    | ООО | ОАО | ЗАО | ПАО | АО | ИП | ТОО | ТОВ | ПрАТ | ПАТ | ЕООД | ООД | ЕАД | АД
    | ش.م.م | ש.ב.ע.מ | בע"מ | บจก. | จำกัด | Công ty TNHH | TNHH
    """.replace("\n", " ").split("|")
)
"""Legal forms that end a company's name, with or without their dots and in any case."""

GENERIC_WORDS = frozenset(
    (
        *("international", "group", "holding", "holdings", "services", "solutions", "global"),
        *("worldwide", "systems", "technologies", "consulting", "management", "industries"),
        *("enterprises", "partners", "associates", "the", "and", "of", "for", "&"),
    )
)
"""Words that tell no company from another; they go first."""

_LOOSE_END = " ,;-–/"
_CUT = (FindingCode.TEXT_CUT,)
# Scripts without spaces glue the legal form to the name.
_GLUED = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af㈱]")


def _end_pattern() -> re.Pattern[str]:
    spaced: list[str] = []
    glued: list[str] = []
    for form in sorted(set(LEGAL_FORMS), key=len, reverse=True):
        text = re.escape(form.rstrip(".")).replace(r"\ ", r"\s+") + r"\.?"
        (glued if _GLUED.search(form) else spaced).append(text)
    return re.compile(
        rf"(?:(?<=[\s,])(?:{'|'.join(spaced)})|(?:{'|'.join(glued)}))$", re.IGNORECASE
    )


_AT_END = _end_pattern()


def clean_company(value: str | None, limit: int = 100) -> Converted[str]:
    """Normalise a company name.

    Args:
        value: The name as the source has it.
        limit: The longest result, in characters.
    """
    if value is None:
        return BLANK
    return _clean(value, limit)


@lru_cache(maxsize=20_000)
def _clean(value: str, limit: int) -> Converted[str]:
    text, findings = tidy_text(value)
    if not text:
        return BLANK if not findings else Converted(None, findings)
    if len(text) <= limit:
        return Converted(text, findings)
    short = shorten_company(text, limit)
    if starts_formula(short):
        # A generic word that went first had hidden the sign.
        short = "'" + shorten_company(text, limit - 1)
        findings = tuple(dict.fromkeys((*findings, FindingCode.FORMULA_NEUTRALISED)))
    return Converted(short, findings + _CUT)


def split_legal_form(name: str) -> tuple[str, str]:
    """The name without its legal form, and the legal form as written ("" without one)."""
    found = _AT_END.search(name)
    if found is None or not name[: found.start()].strip(_LOOSE_END):
        return name, ""
    return name[: found.start()].rstrip(), found.group()


def shorten_company(name: str, limit: int) -> str:
    """Shorten a name to the limit.

    Generic words go first, from the last to the first, one at a time, until it fits. If it still
    does not, whole words are cut from the end of the rest. The legal form stays: it tells two
    companies of one family apart.
    """
    body, form = split_legal_form(name)
    if len(form) + 3 > limit:
        body, form = name, ""
    tail = f" {form}" if form else ""
    words = body.split()
    for at in range(len(words) - 1, -1, -1):
        if words[at].strip(",;.").casefold() not in GENERIC_WORDS or len(words) == 1:
            continue
        del words[at]
        shorter = " ".join(words).rstrip(_LOOSE_END) + tail
        if len(shorter) <= limit:
            return shorter
    return _cut_words(" ".join(words).rstrip(_LOOSE_END), limit - len(tail)) + tail


def _cut_words(text: str, limit: int) -> str:
    if len(text) <= limit:
        return text
    head = text[: limit - 1]
    if text[limit - 1] != " ":
        head = head.rpartition(" ")[0]
    head = head.rstrip(_LOOSE_END)
    # One word longer than the limit, or a script without spaces.
    return head + "…" if head else cut_text(text, limit)
