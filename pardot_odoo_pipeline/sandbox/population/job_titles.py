"""Job titles by language; in every language some people write theirs in English."""

from __future__ import annotations

from functools import cache

_ENGLISH = (
    "Head of Sales|Marketing Manager|Chief Executive|Buyer|Plant Manager|IT Administrator|"
    "Office Manager|Product Owner|Data Analyst|Sales Representative|Purchasing & Logistics|"
    "Research Engineer|VP, Operations (EMEA)|-"
)
_IN_ALL_LANGUAGES = "Head of Sales|Marketing Manager|Product Owner"

_TITLES = {
    "de": "Geschäftsführerin|Leiter Einkauf|Vertriebsassistenz (m/w/d)|Werksleiter|Prokuristin",
    "fr": "Directrice générale|Responsable des achats|Chef d'équipe|Ingénieur méthodes",
    "nl": "Inkoper|Hoofd verkoop|Bedrijfsleider|Financieel directeur",
    "es": "Jefe de compras|Directora de logística|Técnico de ventas|Dueño",
    "pt": "Gerente de Operações|Diretora comercial|Técnico de manutenção|Sócio",
    "it": "Responsabile acquisti|Direttrice vendite|Capo officina|Titolare",
    "pl": "Kierownik sprzedaży|Główna księgowa|Specjalista ds. zakupów",
    "cs": "Vedoucí výroby|Obchodní ředitelka|Nákupčí",
    "hu": "Értékesítési vezető|Ügyvezető igazgató|Beszerző",
    "ro": "Director vânzări|Șef de producție|Responsabilă achiziții",
    "bg": "Търговски директор|Управител|Счетоводител",
    "el": "Υπεύθυνος πωλήσεων|Διευθύντρια|Λογιστής",
    "sv": "Inköpschef|Försäljningschef|Verkställande direktör",
    "nb": "Daglig leder|Innkjøpssjef|Økonomisjef",
    "da": "Indkøbschef|Salgsdirektør|Værkfører",
    "fi": "Toimitusjohtaja|Myyntipäällikkö|Ostaja",
    "tr": "Satın Alma Müdürü|Genel Müdür|İhracat Sorumlusu",
    "uk": "Керівник відділу|Головний бухгалтер|Менеджер із закупівель",
    "ru": "Директор по закупкам|Начальник отдела|Инженер-технолог",
    "he": "מנהלת רכש|סמנכ״ל מכירות|מהנדס ייצור",
    "ar": "مدير المبيعات|مهندس الإنتاج|مديرة المشتريات",
    "hi": "बिक्री प्रबंधक|महाप्रबंधक|लेखाकार",
    "ja": "営業部長|代表取締役|購買担当",
    "zh": "采购经理|总经理|销售主管",
    "ko": "영업 부장|대표이사|구매 담당",
    "th": "ผู้จัดการฝ่ายขาย|กรรมการผู้จัดการ|เจ้าหน้าที่จัดซื้อ",
}


@cache
def titles_of(language: str) -> tuple[str, ...]:
    """Return the job titles of a language."""
    if language not in _TITLES:
        return tuple(_ENGLISH.split("|"))
    return tuple(f"{_TITLES[language]}|{_IN_ALL_LANGUAGES}".split("|"))


__all__ = ["titles_of"]
