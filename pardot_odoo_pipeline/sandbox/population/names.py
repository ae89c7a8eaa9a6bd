"""First and last names by language, in their own script.

Names are common ones picked by hand; people are random pairs of them. Non-Latin names carry their
Latin spelling after `=`; `~` is a blank inside a name. Word lists only.
"""

from __future__ import annotations

# language -> (women's first names, men's first names, last names[, men's last names])
NAMES: dict[str, tuple[str, ...]] = {
    "en": (
        "Alice Amelia Beth Carol Charlotte Chloe Dana Edith Ellen Emily Fiona Grace Hannah Hazel "
        "Holly Imogen Ivy Jane Joan Judith Karen Laura Lucy Maggie Megan Nora Olive Paula Rachel "
        "Rose Ruth Sally Sarah Tessa Violet Wendy",
        "Adam Alan Arthur Barry Ben Brian Callum Colin Daniel Dean Derek Edward Ewan Frank Gavin "
        "George Glen Harry Ian Jack James Keith Liam Luke Martin Neil Oliver Owen Paul Peter Ralph "
        "Robert Scott Simon Thomas Walter",
        "Abbott Ashby Baker Barlow Bennett Birch Carter Clarke Cooper Crane Dalton Dawson Ellis "
        "Farmer Fletcher Foster Gardner Gibbs Hale Harper Hughes Ingram Jarvis Kent Lambert Lowe "
        "Mason Mercer Moss Newton Norris O'Brien O'Connor Osborne Palmer Parsons Quinn Reed Rowe "
        "Sawyer Shaw Slater Spencer Stone Tanner Thorne Tucker Turner Vaughan Walsh Webb Whitaker "
        "Wood Wyatt Yates Smith-Jones Barnes-Lee",
    ),
    "de": (
        "Anja Anke Antje Birgit Britta Claudia Dörte Elke Franziska Gisela Hannelore Heike Ilse "
        "Jana Jutta Käthe Katrin Kerstin Lena Liesel Marlene Nadine Petra Regine Sabine Sigrid "
        "Silke Svenja Tanja Ulrike Ursula Waltraud",
        "Achim Andreas Bernd Björn Christoph Detlef Dieter Emil Ernst Florian Georg Götz Günter "
        "Hans-Peter Heiko Holger Ingo Jens Jörg Jürgen Karl-Heinz Klaus Lutz Markus Norbert Olaf "
        "Rainer Rolf Rüdiger Steffen Thorsten Uwe Volker Wolfgang",
        "Ackermann Bachmeier Bäcker Baumgärtner Böhm Brandt Büttner Dietrich Eberle Fröhlich "
        "Gärtner Großmann Haas Hübner Jäger Kästner Köhler Krüger Kühn Lindner Löffler Maßmann "
        "Möller Mühlbauer Nägele Oßwald Pfeiffer Rößler Sänger Schäfer Schröder Schütz Süß "
        "Tischler Überall Vogel Wächter Weiß Würth Zöllner",
    ),
    "fr": (
        "Adèle Agnès Anaïs Aurélie Béatrice Camille Cécile Chloé Clémence Élise Élodie Françoise "
        "Geneviève Hélène Inès Jeanne Léa Louise Maëlle Mélanie Noémie Océane Pénélope Solène "
        "Thérèse Zoé",
        "Aurélien Benoît Cédric Clément Émile Étienne Fabrice François Gaël Grégoire Guillaume "
        "Hervé Jean-Luc Jérôme Joël Loïc Mathieu Maël Noël Olivier Raphaël Rémi Sébastien Théo "
        "Thibault Yves",
        "Aubert Barbier Béranger Boulanger Brûlé Charpentier Chevalier Côté Delacroix Deschamps "
        "Dufrêne Fauré Forêt Gauthier Guérin Hébert Lefèvre Lemaître Maréchal Mercier Meunier "
        "Noël Pâquet Pelletier Prévost Renaud Rivière Sénéchal Tessier Thévenot Vallée Vérité",
    ),
    "nl": (
        "Anouk Annelies Eline Femke Floor Greetje Hanneke Ilse Jacoba Lieke Lotte Maaike Marijke "
        "Mieke Nienke Renée Roos Saskia Sanne Tineke Willemijn",
        "Bas Bram Cornelis Daan Dirk Floris Gijs Hendrik Jaap Jeroen Joost Kees Koen Lars Maarten "
        "Pieter Ruud Sander Sjoerd Teun Thijs Wouter",
        "Aalbers Bakker de~Boer de~Bruin Dekker van~Dijk Hendriks Hoekstra Jansen de~Jong Kuipers "
        "van~der~Linden Meijer Mulder Prins Scholten Smit van~den~Berg van~Vliet Visser de~Vries "
        "de~Wit Zijlstra 't~Hoen",
    ),
    "es": (
        "Alba Ángela Begoña Belén Carmen Dolores Elena Fátima Inés Isabel Jimena Lucía María~José "
        "Mónica Nuria Paloma Pilar Rocío Sofía Úrsula Verónica Ximena",
        "Adrián Álvaro Andrés Ángel Benjamín César Damián Emilio Fermín Germán Gonzalo Íñigo "
        "Javier Joaquín José~Luis Julián Martín Matías Óscar Raúl Ramón Sebastián Tomás",
        "Acosta Aguilar~Peña Álvarez Arroyo Benítez Bermúdez Castaño Cortés~Núñez Domínguez "
        "Espinosa Fernández Gálvez García~Ruiz Gómez Hernández Ibáñez Jiménez López~Vega "
        "Márquez Muñoz Núñez Ordóñez Peña Quiñones Ramírez Sáez Suárez Torres~Gil Valdés Yáñez",
    ),
    "pt": (
        "Ana~Lúcia Beatriz Bruna Catarina Conceição Débora Eduarda Flávia Gabriela Inês Joana "
        "Júlia Letícia Luísa Mafalda Mariana Patrícia Raquel Sónia Tânia Vitória",
        "Afonso André Antônio Bernardo Caio Diogo Duarte Estêvão Fábio Gonçalo Heitor João "
        "João~Pedro José Lourenço Márcio Otávio Rogério Simão Tomé Vinícius",
        "Almeida Araújo Assunção Barbosa Brandão Cardoso Carvalho~e~Sá Conceição Correia "
        "da~Silva~Mota dos~Santos~Lima Falcão Figueiredo Galvão Gonçalves Magalhães Marçal Moção "
        "Negrão Paixão Queirós Rezende São~João Simões Teixeira Vasconcelos",
    ),
    "it": (
        "Agnese Alessia Beatrice Benedetta Chiara Donatella Elisa Federica Giada Giulia Ilaria "
        "Ludovica Marta Noemi Ornella Paola Rosalba Serena Silvia Viola",
        "Alessandro Antonio Bruno Carlo Davide Dario Elio Enzo Fabio Filippo Gianluca Giorgio "
        "Lorenzo Luigi Matteo Niccolò Pietro Renato Stefano Tommaso",
        "Abate Barbieri Bianchi Caruso Colombo D'Amico D'Angelo De~Luca Di~Stefano Esposito "
        "Fabbri Ferri Fontana Gallo Greco Lombardi Mancini Marchetti Nicolò Orlando Pellegrini "
        "Ricci Rizzo Sala Sartori Testa Vitale Zanetti",
    ),
    "pl": (
        "Agnieszka Alicja Bożena Danuta Elżbieta Ewa Grażyna Halina Jadwiga Joanna Justyna "
        "Łucja Małgorzata Zofia Żaneta",
        "Bartłomiej Błażej Dariusz Grzegorz Jacek Jędrzej Józef Krzysztof Łukasz Michał Paweł "
        "Rafał Sławomir Stanisław Wojciech Zbigniew",
        "Brzezińska Dąbrowska Gołębiewska Jabłońska Kamińska Krawczyk Łukasik Majewska "
        "Nowak Ostrowska Piątek Śliwińska Świątek Wójcik Wróblewska Zając Zielińska Żak",
        "Brzeziński Dąbrowski Gołębiewski Jabłoński Kamiński Krawczyk Łukasik Majewski "
        "Nowak Ostrowski Piątek Śliwiński Świątek Wójcik Wróblewski Zając Zieliński Żak",
    ),
    "cs": (
        "Alena Božena Dagmar Hana Ivana Jiřina Kateřina Květa Ludmila Markéta Růžena Šárka "
        "Vendula Zdeňka Žaneta",
        "Aleš Bořivoj Čeněk Dušan František Jiří Jindřich Luboš Matěj Miloš Ondřej Přemysl "
        "Radek Štěpán Vojtěch Zdeněk",
        "Bílková Černá Dvořáčková Fialová Havelková Hrušková Kadlecová Konečná Křížová Málková "
        "Němcová Říhová Sedláčková Šimková Vávrová Žáková",
        "Bílek Černý Dvořáček Fiala Havelka Hruška Kadlec Konečný Kříž Málek Němec Říha "
        "Sedláček Šimek Vávra Žák",
    ),
    "hu": (
        "Ágnes Anikó Boglárka Csilla Dóra Erzsébet Eszter Gyöngyi Ildikó Judit Katalin Márta "
        "Nóra Orsolya Réka Tünde Zsófia Zsuzsanna",
        "Ádám Balázs Bence Csaba Dezső Ernő Gábor György Imre István József László Lőrinc Máté "
        "Miklós Sándor Szabolcs Zoltán",
        "Antal Bíró Csonka Deák Erdős Fehér Fodor Gőz Hegedűs Juhász Kántor Kőműves Lukács "
        "Mészáros Molnár Ördög Pintér Sipos Szűcs Takács Török Vörös Zöld",
    ),
    "ro": (
        "Adina Alina Anca Bianca Corina Crenguța Doina Florentina Georgiana Ileana Ioana "
        "Lăcrămioara Mălina Mihaela Oana Raluca Ruxandra Sânziana Ștefania Viorica",
        "Bogdan Călin Cătălin Cosmin Dănuț Dragoș Emilian Florin Ionuț Laurențiu Marius Mircea "
        "Octavian Răzvan Sorin Ștefan Tiberiu Țurcan Vlăduț",
        "Albu Bălan Brânză Ciobanu Cojocaru Dobrescu Fieraru Grădinaru Lăzărescu Măcelaru "
        "Morărescu Munteanu Negoiță Păun Pășcan Rotaru Săndulescu Șerban Țăranu Ungureanu Vlădescu",
    ),
    "sv": (
        "Annika Åsa Birgitta Elsa Frida Gunilla Ingrid Kerstin Linnéa Märta Pernilla Sigrid Signe "
        "Tove Ulla Ylva",
        "Anders Åke Björn Göran Gösta Håkan Jörgen Kjell Lennart Mårten Nils Örjan Ragnar Sören "
        "Torbjörn Östen",
        "Åberg Ahlström Bäckman Björklund Dahlgren Ekström Engström Forsberg Gröndahl Hägglund "
        "Höglund Lindqvist Löfgren Nordström Öberg Sjögren Söderlund Strömberg Wållberg Ängman",
    ),
    "nb": (
        "Anne~Marte Åshild Bjørg Gunn Hedda Ingeborg Jorunn Kjersti Ragnhild Sølvi Solfrid Synnøve "
        "Tone Turid Unni",
        "Arne Asbjørn Bård Børge Eirik Geir Håkon Jøran Kåre Leif Odd Øystein Øyvind Sindre "
        "Snorre Tormod",
        "Bakken Bjørnstad Brekke Dahl Eide Fjeld Grønli Haugen Hægeland Kråkmo Lund Løken Moen "
        "Myhre Næss Østby Rønning Sæther Tveit Ødegård Ås",
    ),
    "da": (
        "Anne-Mette Birgitte Bodil Dorthe Grethe Inger Jytte Karen Kirsten Lærke Maj-Britt Merete "
        "Pernille Signe Søs Tove",
        "Aksel Asger Bjarne Bo Flemming Henning Jørgen Kaj Keld Mogens Niels Ole Palle Preben "
        "Søren Troels",
        "Bæk Bang Bjerregård Dam Fisker Frøslev Gade Hauge Højgård Iversen Kjær Krøyer Lund "
        "Mølgaard Nørgaard Overgård Ravn Skov Søndergaard Toft Vestergård Ørsted~Lund Aagaard",
    ),
    "fi": (
        "Aino Anneli Eeva Hilkka Irmeli Kaarina Kerttu Kyllikki Maarit Merja Päivi Ritva Säde "
        "Sirkka Tyyne Ülle",
        "Aarne Antero Eino Esko Heikki Ilmari Jouko Jyrki Kalevi Matti Olavi Pentti Seppo Timo "
        "Väinö Yrjö",
        "Aalto~Mäki Hakkarainen Hämäläinen Heinonen Jokinen Järvinen Kinnunen Koskela Lähteenmäki "
        "Lehtonen Mäkelä Mäntylä Nieminen Pöyhönen Räsänen Salmela Seppälä Tähtinen Väisänen",
    ),
    "tr": (
        "Ayşe Aylin Betül Çiğdem Deniz Elif Feride Gökçe Gülşah Hülya İpek Leyla Müge Nurşen Özge "
        "Pınar Şebnem Tuğba Ümran Yağmur",
        "Ahmet Barış Burak Çağrı Cem Emre Ertuğrul Fırat Gökhan Hakan İbrahim İsmail Kağan Mert "
        "Oğuz Ömer Rıza Şükrü Tunç Ümit Yiğit",
        "Akgün Arıkan Aydın Bağcı Çelik Çınar Dağdelen Demirci Doğan Ekşi Güneş Işık Karagöz "
        "Kılıç Koçak Öztürk Özgür Şahin Taşçı Türkmen Uğurlu Ünal Yıldırım",
    ),
    "el": (
        "Αγγελική=angeliki Βασιλική=vasiliki Γεωργία=georgia Δήμητρα=dimitra Ειρήνη=eirini "
        "Ζωή=zoi Ελένη=eleni Κατερίνα=katerina Μαρία=maria Σοφία=sofia Χριστίνα=christina",
        "Αλέξανδρος=alexandros Βασίλης=vasilis Γιώργος=giorgos Δημήτρης=dimitris "
        "Ηλίας=ilias Θανάσης=thanasis Κώστας=kostas Νίκος=nikos Παναγιώτης=panagiotis "
        "Σπύρος=spyros Χρήστος=christos",
        "Αγγέλου=angelou Βλάχου=vlachou Γεωργίου=georgiou Δημητρίου=dimitriou "
        "Ιωάννου=ioannou Καραγιάννη=karagianni Λαμπροπούλου=lambropoulou "
        "Μακρή=makri Νικολάου=nikolaou Οικονόμου=oikonomou Παππά=pappa",
        "Αγγέλου=angelou Βλάχος=vlachos Γεωργίου=georgiou Δημητρίου=dimitriou "
        "Ιωάννου=ioannou Καραγιάννης=karagiannis Λαμπρόπουλος=lambropoulos "
        "Μακρής=makris Νικολάου=nikolaou Οικονόμου=oikonomou Παππάς=pappas",
    ),
    "bg": (
        "Антоанета=antoaneta Боряна=boryana Велина=velina Гергана=gergana Десислава=desislava "
        "Елица=elitsa Златка=zlatka Йорданка=yordanka Мила=mila Цветелина=tsvetelina",
        "Ангел=angel Божидар=bozhidar Васил=vasil Георги=georgi Добромир=dobromir "
        "Емил=emil Живко=zhivko Красимир=krasimir Пламен=plamen Стоян=stoyan",
        "Ангелова=angelova Бонева=boneva Великова=velikova Грозева=grozeva Димова=dimova "
        "Желева=zheleva Кирилова=kirilova Манолова=manolova Тонева=toneva Цонева=tsoneva",
        "Ангелов=angelov Бонев=bonev Великов=velikov Грозев=grozev Димов=dimov "
        "Желев=zhelev Кирилов=kirilov Манолов=manolov Тонев=tonev Цонев=tsonev",
    ),
    "uk": (
        "Богдана=bohdana Валентина=valentyna Галина=halyna Ганна=hanna Євгенія=yevheniia "
        "Зоряна=zoriana Ірина=iryna Катерина=kateryna Леся=lesia Наталія=nataliia "
        "Оксана=oksana Юлія=yuliia",
        "Андрій=andrii Богдан=bohdan Василь=vasyl Григорій=hryhorii Євген=yevhen Ігор=ihor "
        "Мирослав=myroslav Назар=nazar Олексій=oleksii Остап=ostap Тарас=taras Юрій=yurii",
        "Бондар=bondar Вовк=vovk Гончар=honchar Дячук=diachuk Зінченко=zinchenko "
        "Коваль=koval Кравець=kravets Лисенко=lysenko Мельник=melnyk Ткаченко=tkachenko "
        "Шевчук=shevchuk Яремчук=yaremchuk",
    ),
    "ru": (
        "Алёна=alyona Анастасия=anastasiya Вера=vera Галина=galina Дарья=darya Евгения=evgeniya "
        "Ксения=kseniya Людмила=lyudmila Надежда=nadezhda Полина=polina Татьяна=tatyana",
        "Алексей=aleksey Борис=boris Валерий=valeriy Геннадий=gennadiy Дмитрий=dmitriy "
        "Егор=egor Кирилл=kirill Леонид=leonid Пётр=pyotr Семён=semyon Фёдор=fyodor",
        "Белова=belova Воробьёва=vorobyova Громова=gromova Журавлёва=zhuravlyova "
        "Зайцева=zaytseva Киселёва=kiselyova Лебедева=lebedeva Морозова=morozova "
        "Орлова=orlova Щербакова=shcherbakova",
        "Белов=belov Воробьёв=vorobyov Громов=gromov Журавлёв=zhuravlyov "
        "Зайцев=zaytsev Киселёв=kiselyov Лебедев=lebedev Морозов=morozov "
        "Орлов=orlov Щербаков=shcherbakov",
    ),
    "he": (
        "אביגיל=avigail דנה=dana הדס=hadas חנה=hana יעל=yael מיכל=michal נועה=noa "
        "רבקה=rivka רחל=rachel שירה=shira תמר=tamar",
        "אבי=avi אורי=ori גיא=guy דוד=david יוסף=yosef יעקב=yaakov מאיר=meir "
        "משה=moshe עומר=omer רון=ron שלמה=shlomo",
        "אברהמי=avrahami ביטון=biton גולן=golan דהן=dahan זהבי=zehavi חדד=hadad כהן=cohen "
        "לוי=levi מזרחי=mizrahi פרץ=peretz שרון=sharon תורג'מן=turgeman",
    ),
    "ar": (
        "آمنة=amna إيمان=iman بسمة=basma حنان=hanan خديجة=khadija رانيا=rania زينب=zainab "
        "سارة=sara عائشة=aisha فاطمة=fatima ليلى=layla مريم=maryam نور=nour هدى=huda",
        "أحمد=ahmed إبراهيم=ibrahim بلال=bilal جمال=jamal حسن=hassan خالد=khaled سعيد=saeed "
        "طارق=tariq عمر=omar فيصل=faisal كريم=karim محمود=mahmoud ياسر=yasser يوسف=yousef",
        "البناء=albanna التاجر=altajer الحداد=alhaddad الخباز=alkhabbaz الخياط=alkhayat "
        "الزهراني=alzahrani الشامي=alshami الصباغ=alsabbagh العطار=alattar القاضي=alqadi "
        "المصري=almasri النجار=alnajjar الهاشمي=alhashimi حمدان=hamdan منصور=mansour",
    ),
    "hi": (
        "अंजलि=anjali अनीता=anita कविता=kavita गीता=geeta दिव्या=divya नेहा=neha पूजा=pooja "
        "मीना=meena रेखा=rekha लक्ष्मी=lakshmi सीमा=seema सुनीता=sunita",
        "अजय=ajay अमित=amit अरुण=arun गोपाल=gopal दीपक=deepak प्रकाश=prakash मोहन=mohan "
        "राजेश=rajesh विजय=vijay संजय=sanjay सुरेश=suresh हरीश=harish",
        "अग्रवाल=agrawal कुलकर्णी=kulkarni गुप्ता=gupta चौधरी=chaudhary जोशी=joshi देसाई=desai "
        "पाटिल=patil मिश्रा=mishra यादव=yadav वर्मा=verma शर्मा=sharma सिंह=singh",
    ),
    "ja": (
        "愛子=aiko 恵子=keiko 幸子=sachiko 咲=saki 千夏=chinatsu 直美=naomi 真由美=mayumi "
        "美咲=misaki 裕子=yuko 陽菜=hina 由美=yumi 涼子=ryoko",
        "一郎=ichiro 健太=kenta 三郎=saburo 翔=sho 誠=makoto 大輔=daisuke 拓也=takuya "
        "直樹=naoki 浩=hiroshi 博之=hiroyuki 雄太=yuta 亮=ryo",
        "青木=aoki 石田=ishida 井上=inoue 上野=ueno 大塚=otsuka 小川=ogawa 加藤=kato "
        "斎藤=saito 髙橋=takahashi 田中=tanaka 中村=nakamura 橋本=hashimoto 松本=matsumoto "
        "森=mori 山口=yamaguchi 渡邊=watanabe",
    ),
    "zh": (
        "芳=fang 桂英=guiying 红=hong 佳怡=jiayi 静=jing 丽娜=lina 敏=min 婷婷=tingting "
        "秀兰=xiulan 雪=xue 燕=yan 玉兰=yulan",
        "斌=bin 超=chao 刚=gang 国强=guoqiang 浩然=haoran 建华=jianhua 军=jun 磊=lei "
        "明=ming 伟=wei 小龙=xiaolong 志强=zhiqiang",
        "陈=chen 邓=deng 冯=feng 高=gao 郭=guo 何=he 黄=huang 李=li 梁=liang 林=lin 刘=liu "
        "罗=luo 宋=song 孙=sun 王=wang 吴=wu 谢=xie 徐=xu 杨=yang 张=zhang 赵=zhao 欧阳=ouyang",
    ),
    "ko": (
        "민지=minji 서연=seoyeon 수빈=subin 영희=younghee 유진=yujin 은주=eunju 지영=jiyoung "
        "지우=jiwoo 하은=haeun 현정=hyunjung",
        "건우=gunwoo 도윤=doyun 동현=donghyun 민수=minsu 성호=sungho 영수=youngsoo 우진=woojin "
        "정훈=junghoon 준호=junho 지훈=jihoon",
        "강=kang 권=kwon 김=kim 류=ryu 박=park 배=bae 서=seo 신=shin 안=ahn 오=oh 윤=yoon "
        "이=lee 장=jang 정=jung 조=cho 최=choi 한=han 황보=hwangbo",
    ),
    "th": (
        "กนกวรรณ=kanokwan จิราพร=jiraporn ดวงใจ=duangjai นภา=napa ปราณี=pranee มาลี=malee "
        "รัตนา=rattana วันดี=wandee ศิริพร=siriporn สุดา=suda",
        "กิตติ=kitti ชัยวัฒน์=chaiwat ธนา=thana นพดล=noppadon ประเสริฐ=prasert พิชัย=pichai "
        "วิชัย=wichai สมชาย=somchai สุรชัย=surachai อนุชา=anucha",
        "แก้วมณี=kaewmanee จันทร์ดี=chandee ชัยชนะ=chaichana ทองคำ=thongkham บุญมา=boonma "
        "พงษ์ไพร=pongprai รุ่งเรือง=rungrueang วงศ์ใหญ่=wongyai ศรีสุข=srisuk สุขใจ=sukjai",
    ),
}

__all__ = ["NAMES"]
