"""Streets, cities, postcodes and states by country, in the shape that people there write them.

States are given only for countries of which Odoo ships states, under Odoo's own names and codes
(`res.country.state`). In a postcode pattern `#` is a digit and `@` a letter. Tables and the
picking of one address; what is misspelt on purpose is decided by the person, not here.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from pardot_odoo_pipeline.sandbox.population.streams import Draw

_LETTERS = "ABDEFGHJLNPQRSTUWXYZ"  # those that British and Canadian postcodes share


@dataclass(frozen=True, slots=True)
class City:
    """A city with the state it lies in (empty where not used) and its postcode pattern."""

    name: str
    state_code: str
    state_name: str
    postcode: str


# Countries where people also write the state's code; elsewhere Odoo's codes are its own.
STATE_CODES_IN_USE = frozenset({"US", "CA", "AU", "BR", "IT", "IN"})

UNKNOWN_STATES = ("Lower Nowhere", "Zz9 Plural", "Province of Fog", "Upper Mist", "Q-Land")

# country -> "street pattern / streets / city[;state code;state name];postcode pattern, ..."
_PLACES: dict[str, tuple[str, str, str]] = {
    "US": (
        "{n} {street}",
        "Maple Street,Oak Avenue,Cedar Lane,Mill Road,Lakeview Drive,N 4th Street,Harbor Boulevard",
        "Austin;TX;Texas;787##,Denver;CO;Colorado;802##,Portland;OR;Oregon;972##,"
        "Boston;MA;Massachusetts;021##,Columbus;OH;Ohio;432##,Fresno;CA;California;937##,"
        "Albany;NY;New York;122##,Tampa;FL;Florida;336##,Boise;ID;Idaho;837##,"
        "San Juan;PR;Puerto Rico;009##,Washington;DC;District of Columbia;200##-####",
    ),
    "GB": (
        "{n} {street}",
        "High Street,Station Road,Church Lane,Mill Hill,Victoria Terrace,The Green,Orchard Close",
        "London;EC#A #@@,Leeds;LS## #@@,Bristol;BS# #@@,Cardiff;CF## #@@,Glasgow;G# #@@,"
        "Norwich;NR# #@@",
    ),
    "CA": (
        "{n} {street}",
        "King Street W,Birch Crescent,Lakeshore Road,rue des Érables,Prairie Avenue,Bay View Drive",
        "Toronto;ON;Ontario;M#@ #@#,Ottawa;ON;Ontario;K#@ #@#,Calgary;AB;Alberta;T#@ #@#,"
        "Victoria;BC;British Columbia;V#@ #@#,Halifax;NS;Nova Scotia;B#@ #@#",
    ),
    "AU": (
        "{n} {street}",
        "Wattle Street,Gum Tree Road,Harbour Parade,Station Street,Banksia Avenue",
        "Sydney;NSW;New South Wales;20##,Geelong;VIC;Victoria;32##,Cairns;QLD;Queensland;48##,"
        "Perth;WA;Western Australia;60##,Hobart;TAS;Tasmania;70##",
    ),
    "IE": (
        "{n} {street}",
        "Main Street,Quay Lane,Abbey Road,Bridge Street",
        "Dublin;D0# @###,Cork;T## @###,Galway;H91 @###,Limerick;V94 @###",
    ),
    "NZ": (
        "{n} {street}",
        "Kauri Street,Rimu Road,Harbour View,Queen Street",
        "Auckland;10##,Wellington;60##,Christchurch;80##,Nelson;70##",
    ),
    "ZA": (
        "{n} {street}",
        "Protea Street,Long Road,Jacaranda Avenue,Baobab Lane",
        "Cape Town;80##,Durban;40##,Pretoria;00##,Bloemfontein;93##",
    ),
    "DE": (
        "{street} {n}",
        "Hauptstraße,Bahnhofstr.,Am Mühlbach,Lindenallee,Schillerplatz,Gartenweg,Große Gasse",
        "München;DE-BY;Bayern;803##,Köln;DE-NW;Nordrhein-Westfalen;506##,Berlin;DE-BE;Berlin;101##,"
        "Leipzig;DE-SN;Sachsen;041##,Stuttgart;DE-BW;Baden-Württemberg;701##,"
        "Hamburg;DE-HH;Hamburg;200##,Mainz;DE-RP;Rheinland-Pfalz;551##",
    ),
    "AT": (
        "{street} {n}",
        "Ringstraße,Kirchengasse,Am Graben,Donaulände",
        "Wien;10##,Graz;80##,Linz;40##,Innsbruck;60##",
    ),
    "CH": (
        "{street} {n}",
        "Seestrasse,Rue du Lac,Dorfplatz,Via Centrale,Höhenweg",
        "Zürich;80##,Genève;12##,Lugano;69##,Bern;30##",
    ),
    "FR": (
        "{n} {street}",
        "rue de la Gare,avenue des Tilleuls,place du Marché,chemin des Vignes,quai de l'Écluse",
        "Lyon;6900#,Nantes;440##,Lille;590##,Bordeaux;330##,Orléans;450##",
    ),
    "BE": (
        "{street} {n}",
        "Kerkstraat,Rue Haute,Stationsplein,Chaussée de Wavre",
        "Gent;90##,Liège;40##,Antwerpen;20##,Bruxelles;10##",
    ),
    "NL": (
        "{street} {n}",
        "Dorpsstraat,Molenweg,Keizersgracht,'s-Gravenweg,Tulpenlaan",
        "Utrecht;35## @@,'s-Hertogenbosch;52## @@,Groningen;97## @@,Eindhoven;56## @@",
    ),
    "ES": (
        "{street}, {n}",
        "Calle Mayor,Avenida de la Constitución,Plaza del Olivo,Paseo Marítimo",
        "Madrid;M;Madrid;280##,Sevilla;SE;Sevilla;410##,Zaragoza;Z;Zaragoza;500##,"
        "Málaga;MA;Málaga;290##,Barcelona;B;Barcelona;080##",
    ),
    "PT": (
        "{street}, {n}",
        "Rua das Flores,Avenida da Liberdade,Travessa do Carmo,Largo da Sé",
        "Lisboa;11##-###,Porto;40##-###,Coimbra;30##-###,Faro;80##-###",
    ),
    "IT": (
        "{street}, {n}",
        "Via Garibaldi,Corso Italia,Piazza del Popolo,Viale dei Pini,Via dell'Orto",
        "Milano;MI;Milano;201##,Torino;TO;Torino;101##,Roma;RM;Roma;001##,Napoli;NA;Napoli;801##,"
        "Bologna;BO;Bologna;401##,Firenze;FI;Firenze;501##",
    ),
    "PL": (
        "ul. {street} {n}",
        "Lipowa,Długa,Świętokrzyska,Ogrodowa,Łąkowa",
        "Kraków;30-###,Łódź;90-###,Gdańsk;80-###,Wrocław;50-###",
    ),
    "CZ": (
        "{street} {n}",
        "Nádražní,Lipová,Příční,Za Humny,Květná",
        "Praha;1## 00,Brno;6## 00,Ostrava;7## 00,Plzeň;3## 00",
    ),
    "HU": (
        "{street} {n}.",
        "Kossuth utca,Fő út,Gesztenye sor,Rózsa tér",
        "Budapest;10##,Győr;90##,Szeged;67##,Pécs;76##",
    ),
    "RO": (
        "{street} nr. {n}",
        "Strada Teiului,Bulevardul Unirii,Aleea Plopilor,Strada Morii",
        "București;01####,Cluj-Napoca;40####,Iași;70####,Timișoara;30####",
    ),
    "BG": (
        "{street} {n}",
        "ул. Липова,бул. Витоша,ул. Роза,пл. Независимост",
        "София;1###,Пловдив;40##,Варна;90##,Бургас;80##",
    ),
    "GR": (
        "{street} {n}",
        "Οδός Ερμού,Λεωφόρος Νίκης,Οδός Ελιάς,Πλατεία Ομονοίας",
        "Αθήνα;10# ##,Θεσσαλονίκη;54# ##,Πάτρα;26# ##,Ηράκλειο;71# ##",
    ),
    "SE": (
        "{street} {n}",
        "Storgatan,Björkvägen,Älvstigen,Hamngatan",
        "Göteborg;41# ##,Malmö;21# ##,Umeå;90# ##,Västerås;72# ##",
    ),
    "NO": (
        "{street} {n}",
        "Storgata,Bjørkeveien,Havnegata,Øvre Vei",
        "Oslo;01##,Bergen;50##,Tromsø;90##,Ålesund;60##",
    ),
    "DK": (
        "{street} {n}",
        "Hovedgaden,Møllevej,Søndergade,Åboulevarden",
        "København;21##,Aarhus;80##,Odense;50##,Helsingør;30##",
    ),
    "FI": (
        "{street} {n}",
        "Mäntytie,Koulukatu,Satamakatu,Käpytie",
        "Helsinki;001##,Tampere;331##,Jyväskylä;401##,Oulu;901##",
    ),
    "UA": (
        "{street}, {n}",
        "вул. Садова,просп. Миру,вул. Київська,пл. Ринок",
        "Київ;01###,Львів;79###,Одеса;65###,Дніпро;49###",
    ),
    "RU": (
        "{street}, д. {n}",
        "ул. Лесная,просп. Мира,ул. Садовая,наб. реки Тихой",
        "Москва;101###,Казань;420###,Самара;443###,Томск;634###",
    ),
    "TR": (
        "{street} No: {n}",
        "Çınar Sokak,Atatürk Caddesi,Gül Sokak,İstasyon Caddesi",
        "İstanbul;34###,İzmir;35###,Eskişehir;26###,Muğla;48###",
    ),
    "IL": (
        "{street} {n}",
        "רחוב הרצל,שדרות הים,רחוב הזית,דרך השלום",
        "תל אביב;6#####0,חיפה;3#####0,ירושלים;9#####0,באר שבע;8#####0",
    ),
    "AE": (
        "{street}, Office {n}",
        "شارع الشيخ زايد,شارع الميناء,Marina Walk,Palm Road",
        "دبي;00000,أبو ظبي;00000,Sharjah;00000",
    ),
    "SA": (
        "{n} {street}",
        "طريق الملك فهد,شارع التحلية,شارع النخيل",
        "الرياض;11###,جدة;21###,الدمام;31###",
    ),
    "EG": (
        "{n} {street}",
        "شارع النيل,شارع التحرير,شارع الجمهورية",
        "القاهرة;11###,الإسكندرية;21###,أسوان;81###",
    ),
    "IN": (
        "{n}, {street}",
        "M.G. Road,Lake View Road,गांधी मार्ग,Station Road,Neem Colony",
        "Bengaluru;KA;Karnataka;560 0##,Pune;MH;Maharashtra;411 0##,नई दिल्ली;DL;Delhi;110 0##,"
        "Chennai;TN;Tamil Nadu;600 0##,Kochi;KL;Kerala;682 0##,Jaipur;RJ;Rajasthan;302 0##",
    ),
    "JP": (
        "{street}{n}",
        "桜町1-2-,本町3-4-,緑ヶ丘5-,中央2-1-",
        "千代田区;JP-13;東京都;100-####,横浜市;JP-14;神奈川県;220-####,大阪市;JP-27;大阪府;530-####,"
        "札幌市;JP-01;北海道;060-####,福岡市;JP-40;福岡県;810-####",
    ),
    "CN": (
        "{street}{n}号",
        "中山路,人民大道,和平街,长江路",
        "北京;京;北京市;1000##,上海;沪;上海市;2000##,广州;粤;广东省;5100##,杭州;浙;浙江省;3100##",
    ),
    "KR": (
        "{street} {n}",
        "세종대로,중앙로,벚꽃길,한강로",
        "중구;KR-11;서울특별시;04###,해운대구;KR-26;부산광역시;48###,수원시;KR-41;경기도;16###",
    ),
    "TH": (
        "{n} {street}",
        "ถนนสุขุมวิท,ถนนพระราม 4,ซอยดอกไม้",
        "กรุงเทพมหานคร;10##0,เชียงใหม่;50##0,ภูเก็ต;83##0",
    ),
    "BR": (
        "{street}, {n}",
        "Rua das Acácias,Avenida Paulista,Travessa São João,Alameda dos Ipês",
        "São Paulo;SP;São Paulo;01###-###,Curitiba;PR;Paraná;80###-###,"
        "Salvador;BA;Bahia;40###-###,Niterói;RJ;Rio de Janeiro;24###-###,"
        "Goiânia;GO;Goiás;74###-###",
    ),
    "MX": (
        "{street} {n}",
        "Calle Reforma,Avenida Juárez,Calle del Árbol,Paseo de los Cedros",
        "Guadalajara;JAL;Jalisco;44###,Monterrey;NLE;Nuevo León;64###,Puebla;PUE;Puebla;72###,"
        "Mérida;YUC;Yucatán;97###",
    ),
    "AR": (
        "{street} {n}",
        "Calle San Martín,Avenida Belgrano,Pasaje Los Álamos,Calle Rivadavia",
        "Rosario;S;Santa Fe;S20##@@@,Mendoza;M;Mendoza;M55##@@@,Córdoba;X;Córdoba;X50##@@@",
    ),
}


@cache
def _places(country: str) -> tuple[str, tuple[str, ...], tuple[City, ...]]:
    pattern, streets, cities = _PLACES[country]
    parsed: list[City] = []
    for line in cities.split(","):
        parts = line.split(";")
        state_code, state_name = (parts[1], parts[2]) if len(parts) == 4 else ("", "")
        parsed.append(City(parts[0], state_code, state_name, parts[-1]))
    return pattern, tuple(streets.split(",")), tuple(parsed)


def fill_digits(pattern: str, number: int) -> str:
    """Replace every `#` by a digit and every `@` by a letter, taken from one integer."""
    out = []
    for character in pattern:
        if character == "#":
            number, digit = divmod(number, 10)
            out.append("0123456789"[digit])
        elif character == "@":
            number, index = divmod(number, 20)
            out.append(_LETTERS[index])
        else:
            out.append(character)
    return "".join(out)


def pick_place(country: str, draw: Draw) -> tuple[str, City, str]:
    """Return street, city and postcode of one address."""
    pattern, streets, cities = _places(country)
    city = cities[draw() % len(cities)]
    number = draw()
    street = pattern.format(n=1 + number % 199, street=streets[number // 199 % len(streets)])
    return street, city, fill_digits(city.postcode, draw())


__all__ = [
    "STATE_CODES_IN_USE",
    "UNKNOWN_STATES",
    "City",
    "fill_digits",
    "pick_place",
]
