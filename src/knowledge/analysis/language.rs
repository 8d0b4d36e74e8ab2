//! Languages: which one a document is in, its stems, its common words.

use frostem::{Algorithm, Stemmer};
use std::collections::HashMap;
use std::sync::LazyLock;

/// Characters of a document that tell its language.
const SAMPLE: usize = 3000;
/// Fewest letters from which trigrams tell a language.
const ENOUGH: usize = 60;

/// Common words by language: they tell a text's language, and weigh little in
/// a question.
const COMMON: &[(&str, &str)] = &[
    (
        "en",
        "a an the of in on at to for from by with and or but if is are was were be been being am do does did done has have had having it its this that these those as than then so such not no nor can could may might must shall should will would i you he she we they them him her his their our your my me us who whom whose which what when where why how there here into onto about over under between during after before because while also any some all each every both few more most other own same too very just only much many get gets got let tell please",
    ),
    (
        "de",
        "der die das den dem des ein eine einen einem einer eines und oder aber nicht kein keine ist sind war waren wird werden wurde wurden hat haben hatte bei mit nach von vom zu zum zur aus auf für an am im in ins als auch noch nur schon sehr so wie was wer wo wann warum welche welcher welches wieviel viele man sich er sie es wir ihr ich du mein dein sein unser durch über unter vor zwischen ohne gegen um bis dass wenn weil kann können muss müssen darf soll sollte gibt jede jeder jedes diese dieser dieses",
    ),
    (
        "fr",
        "le la les un une des du de et ou mais ne pas est sont était étaient être a ont avait à au aux en dans sur sous avec pour par sans ce cet cette ces son sa ses leur leurs il elle ils elles on nous vous je tu qui que quoi quel quelle quels quelles où quand comment pourquoi combien se plus très aussi comme si peut doit faut tout tous toute toutes l d qu c s n m j",
    ),
    (
        "es",
        "el la los las un una unos unas de del y o pero no es son era eran ser está están ha han había al en con por para sin sobre entre que quien quién cual cuál qué dónde cuándo cómo cuánto cuántos se su sus este esta estos estas ese esa lo le les me te nos yo él ella ellos más muy también como si puede debe todo todos",
    ),
    (
        "it",
        "il lo la i gli le un uno una di del della dei delle dello e o ma non è sono era erano essere ha hanno aveva al alla ai alle in nel nella con per da dal dalla su sul sulla tra fra che chi cui quale quali dove quando come perché quanto quanti si suo sua loro questo questa questi queste più molto anche se può deve tutto tutti",
    ),
    (
        "pt",
        "o a os as um uma uns umas de do da dos das e ou mas não é são era eram ser está estão tem têm tinha ao à aos às em no na nos nas com por para pelo pela sem sobre entre que quem qual quais onde quando como quanto quantos se seu sua seus suas este esta isso mais muito também pode deve todo todos fica",
    ),
    (
        "nl",
        "de het een en of maar niet geen is zijn was waren wordt worden werd heeft hebben had bij met naar van voor tot uit op in aan als ook nog maar heel zo hoe wat wie waar wanneer waarom welke hoeveel men zich hij zij ze wij jullie ik je mijn jouw hun door over onder tussen zonder tegen om dat die deze dit er kan kunnen moet moeten mag",
    ),
    (
        "sv",
        "och eller men inte är var blir ett en den det de som på i av till från med för om vid hos ut upp ner hur vad vem vilken vilka när varför har hade kan ska skall måste får sig han hon vi ni jag du min din sin deras under över mellan utan mot detta denna dessa finns också",
    ),
    (
        "da",
        "og eller men ikke er var bliver et en den det de som på i af til fra med for om ved hos ud op ned hvordan hvad hvem hvilken hvilke hvornår hvorfor har havde kan skal må få sig han hun vi jeg du min din sin deres under over mellem uden mod dette denne disse findes også",
    ),
    (
        "no",
        "og eller men ikke er var blir et en ei den det de som på i av til fra med for om ved hos ut opp ned hvordan hva hvem hvilken hvilke når hvorfor har hadde kan skal må få seg han hun vi jeg du min din sin deres under over mellom uten mot dette denne disse finnes også",
    ),
    (
        "fi",
        "ja tai mutta ei on ovat oli olivat olla se ne tämä nämä että joka jotka kun jos niin kuin myös vain mikä mitä kuka missä milloin miksi miten kuinka hän he me te minä sinä sen niiden mukaan kanssa ilman ennen jälkeen voi pitää",
    ),
    (
        "ro",
        "și sau dar nu este sunt era erau fi are au avea un o unei unui al a ai ale de din la pe în cu pentru prin fără care cine ce unde când cum câți se său sa lor acest această acești mai foarte poate trebuie",
    ),
    (
        "ru",
        "и или но не в во на с со к ко у о об от до из за по под над при для без через между это этот эта эти тот та те что кто где когда как почему который которая которые сколько какой какая какие был была были быть есть он она они мы вы я ты его её их свой же ли бы так также если может нужно все весь",
    ),
    (
        "pl",
        "i lub ale nie jest są był była były być w we na z ze do od po pod nad przy dla bez przez o u co kto gdzie kiedy jak dlaczego który która które ile się jego jej ich ten ta to te tym oraz też także może musi",
    ),
    (
        "ja",
        "の は が を に で と も へ や か から まで より です ます ました ません する して いる ある この その あの これ それ なに 何 いつ どこ だれ 誰 どう なぜ",
    ),
    (
        "zh",
        "的 了 是 在 吗 呢 和 与 也 都 就 有 我 你 他 她 它 们 这 那 这个 那个 什么 谁 哪里 怎么 为什么 多少 几 一个 请 把 被 对",
    ),
    (
        "ko",
        "그 이 저 무엇 누구 어디 언제 왜 어떻게 몇 그리고 있습니다 있습니까 있나요 합니다 합니까 하나요 됩니다",
    ),
    (
        "th",
        "ที่ และ ของ ใน เป็น มี ได้ ไม่ จะ ให้ กับ แต่ หรือ ว่า นี้ นั้น อะไร ใคร ไหน เมื่อไร อย่างไร ทำไม ครับ ค่ะ",
    ),
];

static BY_WORD: LazyLock<HashMap<&'static str, Vec<&'static str>>> = LazyLock::new(|| {
    let mut out: HashMap<&str, Vec<&str>> = HashMap::new();
    for (language, words) in COMMON {
        for word in words.split(' ') {
            out.entry(word).or_default().push(language);
        }
    }
    out
});

/// Whether a word in lower case is one of a language's common words.
#[must_use]
pub fn is_common(word: &str, language: &str) -> bool {
    BY_WORD.get(word).is_some_and(|languages| languages.contains(&language))
}

/// How often common words of each language stand in a text, the most common
/// language first, and how many words there are.
pub(super) fn votes(text: &str) -> (Vec<(&'static str, usize)>, usize) {
    let mut counts: HashMap<&'static str, usize> = HashMap::new();
    let mut total = 0;
    for word in text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()) {
        total += 1;
        let lower = word.to_lowercase();
        let languages = BY_WORD.get(lower.as_str()).map(Vec::as_slice).unwrap_or_default();
        languages.iter().for_each(|language| *counts.entry(language).or_default() += 1);
        if lower.contains('ß') {
            *counts.entry("de").or_default() += 1;
        }
    }
    let mut votes: Vec<_> = counts.into_iter().collect();
    votes.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(b.0)));
    (votes, total)
}

/// The language of a text, as an ISO 639-1 code; empty where that is uncertain.
///
/// Common words decide where they are clear, which they are in a sentence or
/// two; scripts and trigrams (whatlang) where they are not.
#[must_use]
pub fn detect(text: &str) -> &'static str {
    let sample = text.get(..text.floor_char_boundary(SAMPLE)).unwrap_or(text);
    let (votes, words) = votes(sample);
    let second = votes.get(1).map_or(0, |vote| vote.1);
    if let Some(&(language, first)) = votes.first()
        && first >= 2
        && first * 8 >= words
        && first * 3 >= second * 4
    {
        return language;
    }
    let letters = sample.chars().filter(|c| c.is_alphabetic()).take(ENOUGH).count();
    let Some(found) = whatlang::detect(sample) else { return "" };
    let latin = matches!(found.script(), whatlang::Script::Latin | whatlang::Script::Cyrillic);
    if latin && (letters < ENOUGH || !found.is_reliable()) {
        // One common word, and no other language has one.
        return votes.first().filter(|vote| vote.1 > second).map_or("", |vote| vote.0);
    }
    code(found.lang())
}

fn code(language: whatlang::Lang) -> &'static str {
    match language.code() {
        "eng" => "en",
        "deu" => "de",
        "fra" => "fr",
        "spa" => "es",
        "ita" => "it",
        "por" => "pt",
        "nld" => "nl",
        "swe" => "sv",
        "dan" => "da",
        "nob" => "no",
        "fin" => "fi",
        "ron" => "ro",
        "rus" => "ru",
        "ukr" => "uk",
        "pol" => "pl",
        "ces" => "cs",
        "tur" => "tr",
        "hun" => "hu",
        "ell" => "el",
        "heb" => "he",
        "ara" => "ar",
        "hin" => "hi",
        "jpn" => "ja",
        "cmn" => "zh",
        "kor" => "ko",
        "tha" => "th",
        "khm" => "km",
        "mya" => "my",
        "vie" => "vi",
        _ => "",
    }
}

fn algorithm(language: &str) -> Option<Algorithm> {
    Some(match language {
        "en" => Algorithm::English,
        "de" => Algorithm::German,
        "fr" => Algorithm::French,
        "es" => Algorithm::Spanish,
        "it" => Algorithm::Italian,
        "pt" => Algorithm::Portuguese,
        "nl" => Algorithm::Dutch,
        "sv" => Algorithm::Swedish,
        "da" => Algorithm::Danish,
        "no" => Algorithm::Norwegian,
        "fi" => Algorithm::Finnish,
        "ro" => Algorithm::Romanian,
        "ru" => Algorithm::Russian,
        _ => return None,
    })
}

/// Whether words of a language can be stemmed.
pub(super) fn has_stemmer(language: &str) -> bool {
    algorithm(language).is_some()
}

/// The stem of a word in lower case; none where there is no stemmer, or
/// hardly anything is left of the word.
pub(super) fn stem(word: &str, language: &str) -> Option<String> {
    let stemmer = Stemmer::new(algorithm(language)?);
    let stem = stemmer.stem(word);
    let least = if language == "en" { 2 } else { 3 };
    (stem.chars().count() >= least).then(|| stem.into_owned())
}

/// Whether words of a language are put together without a space.
pub(super) fn compounds(language: &str) -> bool {
    matches!(language, "de" | "nl" | "sv" | "da" | "no" | "fi" | "ko")
}
