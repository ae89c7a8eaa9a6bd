"""Company names: two or three words of a language, with a legal form of the country.

Never a real firm: the words are everyday ones. Names beyond the limit are in `long_companies.py`.
"""

from __future__ import annotations

from functools import cache

from pardot_odoo_pipeline.sandbox.population.streams import Draw

# language -> "first words / last words"; joined by a blank unless the language has none.
_WORDS: dict[str, tuple[str, str]] = {
    "en": (
        "Amber,Birchwood,Bluestone,Cloverfield,Copper Kettle,Driftwood,Fernhill,Granite,Hilltop,"
        "Juniper,Larkspur,Meadow,Old Harbour,Pebble,Quarry,Riverside,Saltmarsh,Thistle,Willow",
        "Analytics,Bearings,Biscuits,Data,Engineering,Foods,Freight,Instruments,Lighting,"
        "Logistics,Packaging,Printing,Robotics,Software,Textiles,Timber,Valves",
    ),
    "de": (
        "Alpenblick,Bergmann & Söhne,Eichenhof,Grünwald,Hafenkante,Kühlborn,Lindenthal,Möwe,"
        "Nordstern,Rheinufer,Schwarzbach,Tannengrund,Überland",
        "Antriebstechnik,Backwaren,Druckerei,Fördertechnik,Gerätebau,Holzbau,Kältetechnik,"
        "Maschinenbau,Möbel,Spedition,Werkzeuge",
    ),
    "fr": (
        "Bois Joli,Clairefontaine,Coteaux,Étoile,Grand Large,Hêtre,Marée,Pont Neuf,Val d'Or",
        "Alimentation,Bâtiment,Conseil,Énergie,Imprimerie,Mécanique,Mobilier,Transports",
    ),
    "nl": (
        "De Molen,Duinzicht,Groenveld,IJsvogel,Kanaal,Polder,Waterland,Zonnehof",
        "Bloemen,Bouw,Kaas,Machines,Scheepvaart,Techniek,Transport",
    ),
    "es": (
        "Almendro,Costa Clara,El Olivo,La Peña,Mirador,Río Verde,Sierra,Viñedo",
        "Alimentos,Cerámica,Construcción,Diseño,Logística,Maquinaria,Tecnología",
    ),
    "pt": (
        "Boa Vista,Coração,Lagoa,Maçã Verde,Pinhal,Sertão,Três Irmãos,Vale",
        "Alimentos,Cortiça,Construção,Informática,Logística,Móveis,Têxteis",
    ),
    "it": (
        "Belvedere,Colle,Due Ponti,Fiordaliso,Lanterna,Oliveto,Quercia,Tre Torri",
        "Alimentari,Arredi,Ceramiche,Edilizia,Macchine,Meccanica,Tessuti,Trasporti",
    ),
    "pl": ("Dębowy,Jasny,Srebrny,Złoty,Zielony", "Młyn,Most,Ogród,Warsztat,Źródło"),
    "cs": ("Dubový,Modrý,Řeka,Stříbrný,Žlutý", "Mlýn,Pramen,Strojírna,Tiskárna,Dílna"),
    "hu": ("Arany,Ezüst,Kék,Tölgyfa,Zöld", "Gépgyár,Malom,Műhely,Nyomda,Pékség"),
    "ro": ("Izvorul,Livada,Pădurea,Râul,Stejarul", "Alb,Argintiu,Înalt,Liniștit,Verde"),
    "bg": ("Бял,Зелена,Сребърна,Червена,Ясна", "Гора,Долина,Мелница,Работилница,Река"),
    "el": ("Ασημένια,Γαλάζια,Λευκή,Πράσινη,Χρυσή", "Ακτή,Γη,Ελιά,Θάλασσα,Πηγή"),
    "sv": ("Björk,Fjäll,Granö,Norrsken,Sjö", "Bageri,Mekanik,Möbler,Såg,Trä"),
    "nb": ("Bjørk,Fjord,Høyland,Måke,Nordlys", "Bakeri,Fisk,Maskin,Møbler,Verksted"),
    "da": ("Bøge,Fjord,Grønne,Højbjerg,Sø", "Bageri,Maskiner,Møbler,Transport,Værft"),
    "fi": ("Koivu,Järvi,Pohjoinen,Sininen,Tähti", "Kone,Leipomo,Puu,Sähkö,Työ"),
    "tr": ("Altın,Çınar,Gümüş,Mavi,Yeşil", "Gıda,Makina,Mobilya,Tekstil,Yazılım"),
    "uk": ("Біла,Зелена,Ясна,Срібна,Тиха", "Долина,Криниця,Майстерня,Річка,Хвиля"),
    "ru": ("Белый,Северный,Синий,Тихий,Ясный", "Берег,Ветер,Завод,Мост,Причал"),
    "he": ("אורן,ברוש,הגל,זית,שקד", "טכנולוגיות,מזון,מכונות,תוכנה,תעשיות"),
    "ar": ("الأفق,الزيتون,السنابل,النخيل,الواحة", "للتجارة,للتقنية,للصناعة,للغذاء,للنقل"),
    "hi": ("गंगा,नीलकमल,प्रगति,सूर्य,हिमालय", "उद्योग,ट्रेडर्स,तकनीक,वस्त्र,सेवा"),
    "ja": ("青空,桜,緑川,若葉,北星", "工業,商事,食品,製作所,電機"),
    "zh": ("长青,春风,金石,蓝天,远山", "电子,机械,贸易,食品,科技"),
    "ko": ("가람,나래,누리,푸른솔,한빛", "기계,무역,산업,식품,전자"),
    "th": ("ดอกบัว,ต้นไทร,ทะเลใส,ภูเขา,รุ่งอรุณ", "การค้า,ขนส่ง,เครื่องจักร,เทคโนโลยี,อาหาร"),
}

# country -> legal forms; "~" stands for the name where the form does not simply follow it.
_FORMS: dict[str, str] = {
    "US": "Inc,LLC,Corp,Inc.,Co.",
    "GB": "Ltd,Limited,PLC,LLP",
    "CA": "Inc,Ltd,Corp",
    "AU": "Pty Ltd",
    "IE": "Ltd,Limited,DAC",
    "NZ": "Ltd,Limited",
    "ZA": "(Pty) Ltd",
    "DE": "GmbH,AG,KG,GmbH & Co. KG,SE,e.K.",
    "AT": "GmbH,AG,OG",
    "CH": "AG,GmbH,SA",
    "FR": "SAS,SARL,S.A.",
    "BE": "NV,BV,SRL",
    "NL": "B.V.,N.V.",
    "ES": "S.L.,S.A.",
    "PT": "Lda,S.A.",
    "IT": "S.p.A.,S.r.l.",
    "PL": "Sp. z o.o.,S.A.",
    "CZ": "s.r.o.,a.s.",
    "HU": "Kft.,Zrt.",
    "RO": "S.R.L.,S.A.",
    "BG": "ООД,ЕООД,АД",
    "GR": "Α.Ε.,Ε.Π.Ε.",
    "SE": "AB",
    "NO": "AS",
    "DK": "ApS,A/S",
    "FI": "Oy,Oyj",
    "UA": "ТОВ «~»,ПП «~»",
    "RU": "ООО «~»,АО «~»",
    "TR": "A.Ş.,Ltd. Şti.",
    "IL": 'בע"מ',
    "AE": "LLC,FZE,ذ.م.م",
    "SA": "شركة ~ المحدودة",
    "EG": "ش.م.م",
    "IN": "Pvt Ltd,Ltd,LLP",
    "JP": "株式会社~,~株式会社,有限会社~",
    "CN": "~有限公司",
    "KR": "(주)~,~ 주식회사",
    "TH": "บริษัท ~ จำกัด",
    "BR": "Ltda,S.A.",
    "MX": "S.A. de C.V.",
    "AR": "S.R.L.,S.A.",
}

_WITHOUT_BLANK = frozenset({"ja", "zh", "ko"})


@cache
def _words(language: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    first, last = _WORDS[language]
    return tuple(first.split(",")), tuple(last.split(","))


@cache
def _forms(country: str) -> tuple[str, ...]:
    return tuple(_FORMS[country].split(","))


def pick_company(country: str, language: str, draw: Draw) -> str:
    """Return a company name of ordinary length, legal form included."""
    first, last = _words(language)
    number = draw()
    blank = "" if language in _WITHOUT_BLANK else " "
    name = f"{first[number % len(first)]}{blank}{last[number // 64 % len(last)]}"
    forms = _forms(country)
    form = forms[number // 4096 % len(forms)]
    return form.replace("~", name) if "~" in form else f"{name} {form}"


__all__ = ["pick_company"]
