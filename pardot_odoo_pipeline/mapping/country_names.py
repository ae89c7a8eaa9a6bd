"""What people call countries, beside the names in ISO 3166-1.

What lives here: data only: per ISO2 code the variants, abbreviations and native names seen in web
forms. What does not: the ISO names and codes themselves (``places.py`` takes them from pycountry).
"""

from __future__ import annotations

__all__ = ["COUNTRY_ALIASES"]

_LINES = """
AE: UAE | Emirates | United Arab Emirates | الإمارات | الإمارات العربية المتحدة
AF: افغانستان
AL: Shqipëria
AM: Հայաստան | Hayastan
AR: República Argentina
AT: Österreich | Oesterreich | Autriche
AU: Commonwealth of Australia
AZ: Azərbaycan
BA: Bosnia | Bosnia & Herzegovina | Bosna i Hercegovina | Bosnia-Herzegovina
BD: বাংলাদেশ
BE: België | Belgique | Belgien | Belgie
BG: България | Bulgariya
BH: البحرين
BN: Brunei
BO: Bolivia
BR: Brasil | Brésil | Brasilien
BY: Беларусь | Белоруссия | Belorussia
CA: Kanada
CD: DR Congo | DRC | Congo Kinshasa | Democratic Republic of Congo | Zaire
CG: Congo Brazzaville | Republic of Congo
CH: Schweiz | Suisse | Svizzera | Svizra
CI: Ivory Coast
CL: Republic of Chile
CN: PRC | PR China | P.R. China | Mainland China | People's Republic of China | 中国 | 中國
  | 中华人民共和国 | Chine
CV: Cape Verde
CY: Κύπρος | Kıbrıs
CZ: Czech Republic | Česko | Česká republika | Cesko | Ceska republika | Tschechien
DE: Deutschland | Allemagne | Alemania | Germania | Bundesrepublik Deutschland | BRD
  | Federal Republic of Germany
DK: Danmark | Dänemark
DO: Dominican Rep. | República Dominicana
DZ: الجزائر | Algérie
EE: Eesti
EG: مصر | Arab Republic of Egypt
ES: España | Espagne | Spanien | Espana | Kingdom of Spain
ET: ኢትዮጵያ
FI: Suomi | Finnland | Finlande
FM: Micronesia
FR: Frankreich | République française | Republique francaise | Francia | France métropolitaine
GB: UK | U.K. | Great Britain | Britain | England | Scotland | Wales | Northern Ireland
  | United Kingdom of Great Britain | Vereinigtes Königreich | Royaume-Uni | Reino Unido
GE: საქართველო | Sakartvelo
GR: Ελλάδα | Ελλάς | Hellas | Ellada | Hellenic Republic | EL | Griechenland | Grèce
HK: Hong Kong SAR | Hongkong | 香港
HR: Hrvatska | Kroatien
HU: Magyarország | Magyarorszag | Ungarn
ID: Republik Indonesia
IE: Éire | Eire | Republic of Ireland | Irland | Southern Ireland
IL: ישראל | إسرائيل | State of Israel
IN: भारत | Bharat | Indien | Republic of India | Hindustan
IQ: العراق
IR: Iran | ایران | Persia
IS: Ísland
IT: Italia | Italien | Italie | Repubblica Italiana
JO: الأردن
JP: 日本 | 日本国 | Nippon | Nihon
KE: Republic of Kenya
KH: កម្ពុជា | Kampuchea
KP: North Korea | DPRK
KR: South Korea | Korea | Republic of Korea | Korea Republic of | Korea South | 대한민국 | 한국
  | Südkorea | Corea del Sur | ROK
KW: الكويت
KZ: Қазақстан | Казахстан
LA: Laos | ລາວ
LB: لبنان | Liban
LI: Fürstentum Liechtenstein
LK: ශ්‍රී ලංකාව | இலங்கை | Ceylon
LT: Lietuva | Litauen
LU: Lëtzebuerg | Luxemburg
LV: Latvija | Lettland
LY: ليبيا
MA: المغرب | Maroc | Marokko
MD: Moldova | Republic of Moldova
ME: Crna Gora | Црна Гора
MK: Macedonia | FYROM | Македонија | Северна Македонија
MM: Burma | မြန်မာ
MN: Монгол Улс | Монгол
MO: Macau | Macao SAR | 澳門 | 澳门
MX: México | Mejico | Méjico | Mexiko | Estados Unidos Mexicanos
MY: Federation of Malaysia
NG: Federal Republic of Nigeria
NL: Nederland | Holland | The Netherlands | Niederlande | Pays-Bas | Países Bajos
NO: Norge | Noreg | Norwegen
NP: नेपाल
NZ: Aotearoa | N.Z. | Neuseeland
OM: عمان
PE: Perú
PG: PNG
PH: Pilipinas | The Philippines | Republic of the Philippines
PK: پاکستان
PL: Polska | Polen | Pologne | Rzeczpospolita Polska
PS: Palestine | فلسطين
PT: República Portuguesa
PY: Paraguái
QA: قطر
RO: România | Rumänien | Roumanie
RS: Srbija | Србија | Serbien
RU: Russia | Россия | Rossiya | Российская Федерация | РФ | Russland
SA: KSA | Saudi | Kingdom of Saudi Arabia | السعودية | المملكة العربية السعودية
SE: Sverige | Schweden | Suède
SG: 新加坡 | Singapur | Republic of Singapore
SI: Slovenija | Slowenien
SK: Slovensko | Slovak Republic | Slowakei
SN: Sénégal
SY: Syria | سوريا
SZ: Swaziland
TH: ไทย | ประเทศไทย | Prathet Thai
TN: تونس | Tunisie
TR: Turkey | Türkiye | Turkiye | Türkei | Türkiye Cumhuriyeti
TT: Trinidad | Trinidad & Tobago
TW: Taiwan | 台灣 | 臺灣 | 台湾 | Chinese Taipei | Taiwan ROC | Republic of China
TZ: Tanzania
UA: Україна | Ukraina | Украина
US: USA | U.S.A. | U.S. | United States of America | America | US of A | The States
  | Estados Unidos | EEUU | EE.UU. | États-Unis | Vereinigte Staaten
  | Vereinigte Staaten von Amerika | Stati Uniti | Etats Unis
UY: República Oriental del Uruguay
UZ: Oʻzbekiston | Ozbekiston | Узбекистан
VA: Vatican | Vatican City
VE: Venezuela
VN: Vietnam | Việt Nam | Viet-Nam
XK: Kosovo
YE: اليمن
ZA: RSA | Suid-Afrika | Republic of South Africa | Südafrika
"""

COUNTRY_ALIASES: dict[str, tuple[str, ...]] = {
    code: tuple(name.strip() for name in names.split("|"))
    for code, _, names in (
        line.partition(": ") for line in _LINES.replace("\n  |", " |").strip().splitlines()
    )
}
"""ISO2 code to the names that people use for it."""
