"""The countries people come from: how often, in which languages, and how forms spell them.

The spellings are what people and import files write into Pardot's free-text country; every one of
them means the country beyond doubt. No drawing here.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Country:
    """One country of origin."""

    code: str  # ISO 3166-1 alpha-2
    weight: int  # people of a thousand, roughly
    languages: tuple[str, ...]
    english: str
    spellings: tuple[str, ...]  # other ways to write it: codes, variants, its own name


def _country(line: str) -> Country:
    code, weight, languages, english, *spellings = (part.strip() for part in line.split("|"))
    return Country(code, int(weight), tuple(languages.split()), english, tuple(spellings))


COUNTRIES: tuple[Country, ...] = tuple(
    _country(line)
    for line in """
US|170|en en en es|United States|USA|US|United States of America|U.S.A.
GB|80|en|United Kingdom|UK|GB|GBR|Great Britain
CA|35|en en fr|Canada|CA|CAN
AU|30|en|Australia|AU|AUS
IE|15|en|Ireland|IE|IRL|Éire
NZ|12|en|New Zealand|NZ|NZL
ZA|12|en|South Africa|ZA|ZAF
DE|90|de de de de de tr|Germany|Deutschland|DE|DEU
AT|20|de|Austria|Österreich|AT|AUT
CH|22|de fr it|Switzerland|Schweiz|Suisse|CH|CHE
FR|60|fr|France|FR|FRA
BE|18|nl fr|Belgium|België|Belgique|BE|BEL
NL|35|nl|Netherlands|The Netherlands|Nederland|NL|NLD
ES|35|es|Spain|España|ES|ESP
PT|14|pt|Portugal|PT|PRT
IT|40|it|Italy|Italia|IT|ITA
PL|25|pl|Poland|Polska|PL|POL
CZ|14|cs|Czech Republic|Czechia|CZ|CZE|Česko
HU|12|hu|Hungary|Magyarország|HU|HUN
RO|12|ro|Romania|România|RO|ROU
BG|8|bg|Bulgaria|България|BG|BGR
GR|10|el|Greece|Ελλάδα|GR|GRC
SE|20|sv|Sweden|Sverige|SE|SWE
NO|12|nb|Norway|Norge|NO|NOR
DK|14|da|Denmark|Danmark|DK|DNK
FI|12|fi|Finland|Suomi|FI|FIN
UA|10|uk|Ukraine|Україна|UA|UKR
RU|8|ru|Russia|Russian Federation|Россия|RU|RUS
TR|14|tr|Turkey|Türkiye|TR|TUR
IL|12|he|Israel|ישראל|IL|ISR
AE|12|ar en|United Arab Emirates|UAE|AE|ARE|الإمارات العربية المتحدة
SA|8|ar|Saudi Arabia|المملكة العربية السعودية|SA|SAU
EG|8|ar|Egypt|مصر|EG|EGY
IN|45|hi en hi|India|भारत|IN|IND
JP|30|ja|Japan|日本|JP|JPN
CN|28|zh|China|中国|CN|CHN
KR|14|ko|South Korea|대한민국|Korea, Republic of|KR|KOR
TH|8|th|Thailand|ประเทศไทย|TH|THA
BR|30|pt|Brazil|Brasil|BR|BRA
MX|18|es|Mexico|México|MX|MEX
AR|12|es|Argentina|AR|ARG
""".strip().splitlines()
)

# Countries that exist on no map: nothing can resolve them.
UNKNOWN_COUNTRIES = ("Atlantis", "Lilliput", "El Dorado", "Ruritania", "Brobdingnag", "Freedonia")

# One entry per weight, so that a weighted pick is one modulo.
COUNTRY_WHEEL: tuple[Country, ...] = tuple(c for c in COUNTRIES for _ in range(c.weight))

__all__ = ["COUNTRIES", "COUNTRY_WHEEL", "UNKNOWN_COUNTRIES", "Country"]
