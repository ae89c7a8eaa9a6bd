"""Free text: job titles, comments, company spellings; clean, or spoilt in a known way.

Every function returns what is typed, what it must become, and the finding codes that it must
raise. The clean text comes first and is spoilt afterwards, so the right answer is never computed
from the typed one.
"""

from __future__ import annotations

from pardot_odoo_pipeline.sandbox.population import rates
from pardot_odoo_pipeline.sandbox.population.companies import pick_company
from pardot_odoo_pipeline.sandbox.population.job_titles import titles_of
from pardot_odoo_pipeline.sandbox.population.long_companies import long_company
from pardot_odoo_pipeline.sandbox.population.streams import ONE_HUNDRED_PERCENT, Draw

Planted = tuple[str | None, str | None, tuple[str, ...]]  # typed, expected, finding codes

TEXT_LIMIT = 128
COMMENTS_LIMIT = 5_000

TEXT_CUT = "text_cut"
HTML_REMOVED = "html_removed"
FORMULA_NEUTRALISED = "formula_neutralised"

NOTHING: Planted = (None, None, ())

_LONG_TITLES = (
    "Deputy Regional Coordinator for Warehouse Safety, Packaging Standards and Returns",
    "Stellvertretende Gruppenleiterin für Qualitätssicherung und Lieferantenentwicklung",
    "Responsable adjoint de la coordination des achats et de la sécurité des entrepôts",
    "Заместитель руководителя отдела закупок и контроля качества упаковки",
)
_FORMULAS = (
    "=1+1",
    "=SUM(A1:A9)",
    '=HYPERLINK("http://old-harbour.example","open")',
    "+cmd|' /C calc'!A0",
    "-2+3",
    "@SUM(1,2)",
    "=2*(3+4) units",
)
_HTML = (
    ("<b>{0}</b>", "{0}"),
    ("<p>{0}</p>", "{0}"),
    ('<a href="https://old-harbour.example/?a=1&amp;b=2">{0}</a>', "{0}"),
    ('<span style="color:#c00">{0}</span> &amp; partner', "{0} & partner"),
    ("<i>{0}</i> &lt;draft&gt;", "{0} <draft>"),
    ('{0} <img src="x" onerror="alert(1)">', "{0}"),
    ("{0} <br/>", "{0}"),
    ("<strong>{0}</strong> &eacute;t&eacute;", "{0} été"),
)
_SENTENCES = (
    "Asked for a price list.",
    "Met at the trade fair, wants a demo in spring.",
    "Prefers e-mail to telephone.",
    "Budget is decided in October; 5 < 7 people involved.",
    "Interessiert an Ersatzteilen für die alte Anlage.",
    "Souhaite être rappelée après les congés.",
    "Pide el catálogo en español.",
    "Хочет получить образцы до конца месяца.",
    "来月もう一度連絡する。",
    "I <3 clean data",
    "Said: “call me in two weeks” – did so.",
    "Renewal due, see ticket #4711 (100 % sure).",
    "🙂 very friendly on the phone",
)

SOURCES = (
    "Webinar",
    "Trade fair",
    "Website form",
    "Search ad",
    "Newsletter",
    "Referral",
    "Cold call",
    "List import",
    "Partner",
    "Empfehlung",
)
INDUSTRIES = (
    "Administrative/Utilities",
    "Agriculture",
    "Construction",
    "Education",
    "Energy supply",
    "Entertainment",
    "Finance/Insurance",
    "Food/Hospitality",
    "Health/Social",
    "IT/Communication",
    "Manufacturing",
    "Mining",
    "Other Services",
    "Public Administration",
    "Real Estate",
    "Scientific",
    "Transportation/Logistics",
    "Water supply",
    "Wholesale/Retail",
)
UNKNOWN_INDUSTRIES = ("Space Elevators", "Alchemy", "Cloud Shepherding", "Sundial Repair")
GRADES = ("A+", "A", "A-", "B+", "B", "B-", "C+", "C", "C-", "D+", "D", "D-", "F")
UNKNOWN_GRADES = ("A++", "Z", "7", "E", "Gold")
DEPARTMENTS = ("Sales", "Einkauf", "IT", "Production", "Marketing", "Finance", None, None)


def job_title(language: str, draw: Draw) -> Planted:
    """Plant a job title."""
    choice = draw() % ONE_HUNDRED_PERCENT - rates.JOB_TITLE_MISSING
    number = draw()
    if choice < 0:
        return (None, None, ()) if number % 3 else ("", None, ())
    titles = titles_of(language)
    title = titles[number % len(titles)]
    if choice >= _TITLE_MESS:
        return title, title, ()
    if choice < rates.JOB_TITLE_OVERLONG:
        return _over_long(_LONG_TITLES[number % len(_LONG_TITLES)], TEXT_LIMIT, number)
    choice -= rates.JOB_TITLE_OVERLONG
    if choice < rates.JOB_TITLE_EXACT:
        text = _of_length(_LONG_TITLES[number % len(_LONG_TITLES)], TEXT_LIMIT)
        return text, text, ()
    choice -= rates.JOB_TITLE_EXACT
    if choice < rates.JOB_TITLE_HTML:
        return _with_html("Buyer", number)
    choice -= rates.JOB_TITLE_HTML
    if choice < rates.JOB_TITLE_FORMULA:
        return _formula(_FORMULAS[number % len(_FORMULAS)])
    return f"  {title.replace(' ', '   ')}\t", title, ()


_TITLE_MESS = (
    rates.JOB_TITLE_OVERLONG
    + rates.JOB_TITLE_EXACT
    + rates.JOB_TITLE_HTML
    + rates.JOB_TITLE_FORMULA
    + rates.JOB_TITLE_WHITESPACE
)


def comments(draw: Draw) -> Planted:
    """Plant comments; newlines inside are kept."""
    choice = draw() % ONE_HUNDRED_PERCENT
    if choice >= rates.COMMENTS:
        return NOTHING
    number = draw()
    count = len(_SENTENCES)
    if choice < rates.COMMENTS_OVERLONG:
        return _over_long(_SENTENCES[number % count], COMMENTS_LIMIT, number)
    choice -= rates.COMMENTS_OVERLONG
    if choice < rates.COMMENTS_HTML:
        return _with_html(_SENTENCES[number % 3], number)
    choice -= rates.COMMENTS_HTML
    if choice < rates.COMMENTS_FORMULA:
        return _formula("- called twice" if number % 2 else _FORMULAS[number % len(_FORMULAS)])
    lines = [_SENTENCES[number // count**i % count] for i in range(1 + number % 3)]
    typed = ("\r\n" if number % 2 else "\n").join(lines)
    return typed, "\n".join(lines), ()


def company(country: str, language: str, identity: Draw, draw: Draw) -> Planted:
    """Plant a company name; the clean name belongs to the identity, its spelling to the record."""
    if identity() % ONE_HUNDRED_PERCENT < rates.COMPANY_MISSING:
        return NOTHING
    name = pick_company(country, language, identity)
    choice = draw() % ONE_HUNDRED_PERCENT
    if choice >= _COMPANY_MESS:
        return name, name, ()
    if choice < rates.COMPANY_OVERLONG:
        typed, expected = long_company(draw, with_form=True)
        return typed, expected, (TEXT_CUT,)
    choice -= rates.COMPANY_OVERLONG
    if choice < rates.COMPANY_OVERLONG_WITHOUT_FORM:
        typed, expected = long_company(draw, with_form=False)
        return typed, expected, (TEXT_CUT,)
    choice -= rates.COMPANY_OVERLONG_WITHOUT_FORM
    if choice < rates.COMPANY_HTML:
        return _with_html(name, draw() % 3)
    choice -= rates.COMPANY_HTML
    if choice < rates.COMPANY_FORMULA:
        return _formula(f"{'=+@'[draw() % 3]}{name}")
    choice -= rates.COMPANY_FORMULA
    if choice < rates.COMPANY_CONTROL_CHARACTER:
        return f"{name[:2]}\x07{name[2:]}\x00", name, ()
    blanks = ("  ", " \t ", "\u00a0", "\u3000")[draw() % 4]
    return f" {name.replace(' ', blanks)} ", name, ()


_COMPANY_MESS = (
    rates.COMPANY_OVERLONG
    + rates.COMPANY_OVERLONG_WITHOUT_FORM
    + rates.COMPANY_HTML
    + rates.COMPANY_FORMULA
    + rates.COMPANY_CONTROL_CHARACTER
    + rates.COMPANY_WHITESPACE
)


def personal_name(name: str | None, draw: Draw) -> tuple[str | None, str | None]:
    """Spoil a name a little: what is typed and what it must become."""
    choice = draw() % ONE_HUNDRED_PERCENT
    if name is None or choice >= _NAME_MESS:
        return name, name
    if choice < rates.NAME_PADDED:
        return f" {name}  ", name
    choice -= rates.NAME_PADDED
    if choice < rates.NAME_UPPER:
        upper = name.upper() if name.isascii() else name
        return upper, upper
    return f"{name[:1]}\x1b{name[1:]}", name


_NAME_MESS = rates.NAME_PADDED + rates.NAME_UPPER + rates.NAME_CONTROL_CHARACTER


def _with_html(text: str, number: int) -> Planted:
    typed, expected = _HTML[number % len(_HTML)]
    return typed.format(text), expected.format(text), (HTML_REMOVED,)


def _formula(text: str) -> Planted:
    return text, f"'{text}", (FORMULA_NEUTRALISED,)


def _over_long(text: str, limit: int, number: int) -> Planted:
    typed = _of_length(text, limit + 1 + number % limit)
    if typed[limit - 2].isspace():
        typed = f"X{typed}"
    return typed, f"{typed[: limit - 1]}…", (TEXT_CUT,)


def _of_length(text: str, length: int) -> str:
    repeated = f"{text} / " * (length // (len(text) + 3) + 1)
    return f"{repeated[: length - 1]}."


__all__ = [
    "COMMENTS_LIMIT",
    "DEPARTMENTS",
    "FORMULA_NEUTRALISED",
    "GRADES",
    "HTML_REMOVED",
    "INDUSTRIES",
    "NOTHING",
    "SOURCES",
    "TEXT_CUT",
    "TEXT_LIMIT",
    "UNKNOWN_GRADES",
    "UNKNOWN_INDUSTRIES",
    "Planted",
    "comments",
    "company",
    "job_title",
    "personal_name",
]
