//! Words that begin sentences more often than names, by language: what stands
//! behind an abbreviation shows whether it ended the sentence.

use super::language::Language;

/// In the order of [`Language`]. Written as they begin a sentence.
const STARTERS: [&str; 7] = [
    "The A An It Its He She They We You I His Her Their Our Your My This That These Those There Here \
     In On At By For From With Without After Before During Since Until While When Where Why Who What \
     Which How If Unless Although Though Because As But And Or So Yet However Therefore Thus Then Also \
     No Not Nobody Nothing All Any Some Many Most Each Every Both Several Few One Two Three Another \
     Other Others Is Are Was Were Do Does Did Can Could Should Would Must Has Have Had To Under Over \
     Into Between Only Even Still Now Today Soon Later Once Never Always Use See Press Set Turn Remove \
     Read Note Make Choose Select Run Click Keep Let Make Please Meanwhile Instead Moreover Furthermore \
     Finally First Next Last Despite Upon Within Such More Less Nor Just Perhaps",
    "Der Die Das Den Dem Des Ein Eine Einen Einem Einer Es Er Sie Wir Ich Ihr Ihre Sein Seine Unser \
     Unsere Mein Meine Dieser Diese Dieses Diesen Diesem Jeder Jede Jedes Alle Alles Manche Viele Einige \
     Beide Kein Keine Keiner Niemand Man In Im Am An Auf Aus Bei Beim Bis Durch Für Gegen Hinter Mit \
     Nach Neben Ohne Seit Über Um Unter Vom Von Vor Während Wegen Zu Zum Zur Zwischen Ab Laut Trotz Und \
     Aber Oder Denn Sondern Doch Jedoch Wenn Als Da Dass Daß Weil Ob Obwohl Falls Sobald Solange Damit \
     Danach Dann Dabei Dafür Dagegen Daher Darum Deshalb Deswegen Dort Hier Heute Jetzt Nun So Sonst \
     Schon Noch Nur Auch Nicht Nie Was Wer Wie Wo Wann Warum Welche Welcher Welches Ist Sind War Waren \
     Hat Haben Hatte Wird Werden Wurde Wurden Kann Können Muss Müssen Soll Darf Dazu Davon Darauf \
     Außerdem Allerdings Zudem Ferner Anschließend Später Zuerst Schließlich Nachdem Bevor Unsre Ihren \
     Ihm Ihn Uns Mir Dich Mich Etwa Rund Insgesamt Bitte Beachten Weitere Andere",
    "Le La Les L Un Une Des Du De D Il Elle Ils Elles On Nous Vous Je J Tu Ce C Cet Cette Ces Ça Cela \
     Ceci Son Sa Ses Leur Leurs Notre Nos Votre Vos Mon Ma Mes En Dans Sur Sous Avec Sans Pour Par Chez \
     Vers Depuis Pendant Avant Après Entre Selon Au Aux À Et Mais Ou Où Donc Or Ni Car Si Quand Lorsque \
     Comme Que Qu Qui Quoi Quel Quelle Pourquoi Comment Combien Ainsi Alors Puis Ensuite Enfin Aussi \
     Toutefois Cependant Pourtant Tout Tous Toute Toutes Chaque Plusieurs Certains Aucun Aucune Personne \
     Rien Ne N Pas Plus Voir S Y Est Sont Dès Bien Malgré Quelques Deux Même Aujourd Ici Là",
    "El La Los Las Lo Un Una Unos Unas Él Ella Ellos Ellas Yo Tú Nosotros Usted Ustedes Este Esta Estos \
     Estas Ese Esa Eso Esto Aquel Aquella Su Sus Mi Mis Nuestro Nuestra En De Del Al A Con Sin Por Para \
     Sobre Entre Hasta Desde Hacia Según Durante Tras Ante Y E O Pero Sino Aunque Porque Pues Si Cuando \
     Donde Como Que Quien Quién Qué Cuál Cómo Cuándo Dónde Así Entonces Luego Después Además También \
     Tampoco Sin Ya No Ni Nadie Nada Ningún Ninguna Todo Todos Toda Todas Cada Muchos Algunos Otro Otra \
     Otros Otras Ambos Es Son Era Fue Está Hay Se Le Les Nos Me Más Solo Sólo Hoy Ahora Aquí Allí Véase \
     Mientras Finalmente",
    "Il Lo La L I Gli Le Un Una Uno Egli Lui Lei Essi Loro Noi Voi Io Tu Questo Questa Questi Queste \
     Quest Quello Quella Quel Quei Suo Sua Suoi Nostro In Nel Nella Nei Nelle Nell Di Del Della Dei Degli \
     Delle Dell A Al Alla Ai Agli Alle All Da Dal Dalla Dai Dall Con Su Sul Sulla Sui Sull Per Tra Fra \
     Senza Dopo Prima Durante Secondo Verso E Ed Ma O Oppure Però Quindi Dunque Perché Se Quando Dove \
     Come Che Chi Cosa Quale Quali Quanto Così Allora Poi Infine Inoltre Anche Non Né Nessuno Nessuna \
     Niente Nulla Tutto Tutti Tutte Ogni Molti Alcuni Alcune Altri Altre Ambedue È Sono Era Fu C Ci Si \
     Vi Più Solo Oggi Ora Qui Là Vedi Mentre Un",
    "O A Os As Um Uma Uns Umas Ele Ela Eles Elas Eu Tu Nós Você Vocês Este Esta Estes Estas Esse Essa \
     Isso Isto Aquele Aquela Seu Sua Seus Suas Meu Minha Nosso Nossa Em No Na Nos Nas De Do Da Dos Das Ao \
     À Aos Às Com Sem Por Pelo Pela Para Sobre Entre Até Desde Segundo Durante Após Perante E Ou Mas Nem \
     Porém Pois Portanto Porque Se Quando Onde Como Que Quem Qual Quais Quanto Assim Então Depois Além \
     Também Já Não Ninguém Nada Nenhum Nenhuma Todo Todos Toda Todas Cada Muitos Alguns Outro Outra \
     Outros Outras Ambos É São Era Foi Está Há Mais Só Hoje Agora Aqui Ali Ver Enquanto Num Numa",
    "Он Она Оно Они Мы Вы Я Ты Это Этот Эта Эти Тот Та Те В Во На С Со К Ко По За Из От До Для При Без \
     Под Над Между После Перед Через Около И А Но Или Да Если Когда Где Как Что Кто Почему Который Так \
     Тогда Затем Потом Поэтому Однако Также Ещё Уже Не Ни Никто Ничего Все Всё Каждый Многие Некоторые \
     Его Её Их Теперь Сейчас Здесь Там Сегодня Есть Был Была Было Были",
];

/// Whether a word with its capital begins sentences in the language, or in any
/// where it is not known.
pub(super) fn begins_sentences(word: &str, language: Option<Language>) -> bool {
    let holds = |list: &str| list.split_ascii_whitespace().any(|starter| starter == word);
    match language {
        Some(language) => STARTERS.get(language as usize).is_some_and(|list| holds(list)),
        None => STARTERS.iter().any(|list| holds(list)),
    }
}

/// Parts of names that are spelled like words that begin sentences: "J. La
/// Rue", "L. De Vries".
pub(super) fn is_name_particle(word: &str) -> bool {
    matches!(
        word,
        "De" | "La"
            | "Le"
            | "Du"
            | "Da"
            | "Di"
            | "Del"
            | "Della"
            | "Dal"
            | "Des"
            | "Das"
            | "Dos"
            | "Do"
            | "Den"
            | "Der"
            | "Van"
            | "Von"
            | "Vom"
            | "Zum"
            | "Zur"
            | "El"
            | "Al"
            | "Lo"
            | "Los"
            | "Las"
            | "Li"
            | "San"
            | "Mc"
            | "An"
            | "So"
            | "No"
            | "Man"
    )
}

/// Nouns behind which a single letter is a name of its own and no initial:
/// "vitamin C".
pub(super) fn takes_a_letter(word: &str) -> bool {
    matches!(
        word.to_lowercase().as_str(),
        "vitamin"
            | "vitamine"
            | "vitamina"
            | "type"
            | "typ"
            | "tipo"
            | "plan"
            | "piano"
            | "plano"
            | "part"
            | "teil"
            | "class"
            | "klasse"
            | "classe"
            | "clase"
            | "group"
            | "gruppe"
            | "groupe"
            | "grupo"
            | "gruppo"
            | "section"
            | "appendix"
            | "anhang"
            | "anlage"
            | "annex"
            | "annexe"
            | "anexo"
            | "allegato"
            | "option"
            | "opción"
            | "opção"
            | "opzione"
            | "punkt"
            | "point"
            | "punto"
            | "ponto"
            | "hepatitis"
            | "level"
            | "grade"
            | "exhibit"
            | "schedule"
            | "model"
            | "modell"
            | "modèle"
            | "modelo"
            | "modello"
            | "zone"
            | "zona"
            | "row"
            | "column"
            | "spalte"
            | "variante"
            | "fall"
            | "case"
            | "step"
            | "gate"
            | "platform"
            | "halle"
            | "block"
            | "bloc"
            | "side"
            | "seite"
    )
}

/// Verbs that follow a quotation of which they tell who said it: "“Why?” Smith
/// asked".
pub(super) fn tells_who_spoke(word: &str) -> bool {
    matches!(
        word,
        "said"
            | "asked"
            | "says"
            | "asks"
            | "replied"
            | "answered"
            | "shouted"
            | "cried"
            | "whispered"
            | "called"
            | "wrote"
            | "added"
            | "wondered"
            | "told"
            | "exclaimed"
            | "yelled"
            | "muttered"
            | "murmured"
            | "demanded"
            | "inquired"
            | "sagte"
            | "fragte"
            | "rief"
            | "antwortete"
            | "dijo"
            | "preguntó"
            | "disse"
            | "perguntou"
            | "chiese"
            | "demanda"
            | "dit"
            | "сказал"
            | "сказала"
            | "спросил"
            | "спросила"
    )
}
