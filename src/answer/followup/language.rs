//! The few words that show how a question leans on what was said before, in
//! six languages. A word may mean different things in two of them (`es` is
//! "it" in German and "is" in Spanish), so the language comes first.

use std::collections::HashSet;
use std::sync::LazyLock;

/// The words of one language.
pub(super) struct Language {
    /// Words that carry no meaning of their own: articles, auxiliaries,
    /// question words, pronouns. They tell the language, too.
    function: HashSet<&'static str>,
    /// Words of quantity and general verbs: a question of these alone ("How
    /// long does it take?", "Which is cheaper?") names nothing.
    general: HashSet<&'static str>,
    /// Words that stand for a thing or a person that was named before.
    pronouns: HashSet<&'static str>,
    /// The same before a noun: "its weight".
    possessives: HashSet<&'static str>,
    /// Words that may open a question that goes on.
    opening: HashSet<&'static str>,
    /// What opens a question that asks the same of something else, such as
    /// "what about".
    swaps: Vec<Vec<&'static str>>,
    /// Pairs that make a pronoun mean nothing: "is there", "gibt es".
    empty: Vec<[&'static str; 2]>,
    /// Articles.
    articles: HashSet<&'static str>,
    /// Whether it is English, whose word order is known well enough to put a
    /// name in the place of a pronoun.
    pub(super) english: bool,
}

fn set(words: &'static str) -> HashSet<&'static str> {
    words.split_ascii_whitespace().collect()
}

fn phrases(words: &'static str) -> Vec<Vec<&'static str>> {
    words.split(',').map(|phrase| phrase.split_ascii_whitespace().collect()).collect()
}

fn pairs(words: &'static str) -> Vec<[&'static str; 2]> {
    let pair = |phrase: Vec<&'static str>| match phrase[..] {
        [a, b] => Some([a, b]),
        _ => None,
    };
    phrases(words).into_iter().filter_map(pair).collect()
}

impl Language {
    pub(super) fn is_pronoun(&self, word: &str) -> bool {
        self.pronouns.contains(word)
    }

    pub(super) fn is_possessive(&self, word: &str) -> bool {
        self.possessives.contains(word)
    }

    pub(super) fn opens(&self, word: &str) -> bool {
        self.opening.contains(word)
    }

    pub(super) fn is_article(&self, word: &str) -> bool {
        self.articles.contains(word)
    }

    pub(super) fn is_function(&self, word: &str) -> bool {
        self.function.contains(word) || self.is_pronoun(word) || self.is_possessive(word)
    }

    /// Whether a word says what a question is about.
    pub(super) fn names(&self, word: &str) -> bool {
        !self.is_function(word) && !self.general.contains(word)
    }

    /// Whether these two words, one behind the other, say nothing.
    pub(super) fn is_empty_pair(&self, first: &str, second: &str) -> bool {
        self.empty.contains(&[first, second])
    }

    /// How many words of `words` ask the same of something else.
    pub(super) fn swap(&self, words: &[&str]) -> Option<usize> {
        let starts = |phrase: &&Vec<&str>| words.starts_with(phrase);
        self.swaps.iter().filter(starts).map(Vec::len).max()
    }
}

/// The language whose words these are; where nothing tells, that of what was
/// said before, else English.
pub(super) fn language(words: &[&str], before: Option<&'static Language>) -> &'static Language {
    let count = |language: &Language| {
        let known = |word: &&&str| !language.names(word) || language.opens(word);
        words.iter().filter(known).count()
    };
    let mut best = before.unwrap_or(&LANGUAGES[0]);
    for language in LANGUAGES.iter() {
        if count(language) > count(best) {
            best = language;
        }
    }
    best
}

static LANGUAGES: LazyLock<[Language; 6]> = LazyLock::new(|| {
    [
        Language {
            english: true,
            function: set(
                "a an the of in on at to for from by with about into over under between \
                during after before than as or if is are was were be been being am do does did done \
                has have had having can could may might must shall should will would i you we me us \
                my your our mine yours ours what which who whom whose when where why how not no any \
                some each every all both many much more most less least very just only also too \
                please tell say me explain so yes ok okay and but again still yet ever there here \
                up out off down what's how's who's where's don't doesn't isn't aren't can't",
            ),
            general: set("long far old big large small high low tall heavy wide deep fast often \
                cheap cheaper cheapest expensive larger largest smaller smallest bigger biggest \
                better best worse worst faster slower longer shorter heavier lighter cost costs \
                take takes work works mean means happen happens help need needs use used get gets \
                go goes come comes make makes made same other different possible first second last \
                next soon early late kind sort reason exactly precisely detail details example \
                else instead otherwise difference really sure true allowed ago"),
            pronouns: set("it they them he she him this that these those ones there then"),
            possessives: set("its their his her"),
            opening: set("and but or so also then"),
            swaps: phrases(
                "what about,how about,and what about,and how about,and for,but what about,\
                and with,and in,or",
            ),
            empty: pairs(
                "is there,are there,was there,were there,there is,there are,will there,\
                there was,there were,has there,if there,there a,be there,can there",
            ),
            articles: set("the a an"),
        },
        Language {
            english: false,
            function: set(
                "der die das den dem des ein eine einen einem einer eines und oder aber \
                ist sind war waren wird werden wurde wurden hat haben hatte kann können darf muss \
                müssen soll sollte was wer wen wem wessen wann wo wohin woher warum wieso wie wieviel \
                welche welcher welches welchen welchem nicht kein keine ich du wir ihr mich mir uns \
                mein meine dein unser zu zum zur von vom in im an am auf aus bei beim mit nach für \
                über unter vor durch um als auch noch nur sehr mehr man sich denn dann mal bitte \
                gibt viel viele lange",
            ),
            general: set(
                "lang groß alt hoch teuer schwer weit oft schnell günstiger größer kleiner \
                kostet kosten dauert heißt bedeutet geht macht passiert braucht funktioniert wiegt \
                möglich genau beispiel unterschied erste letzte",
            ),
            pronouns: set(
                "er sie es ihn ihm ihnen dies dieser dieses diese jener das dort dorthin \
                davon dafür damit dazu daran darauf darüber darin dabei dahin danach deren dessen",
            ),
            possessives: set("sein seine seinen seinem seiner seines ihre ihren ihrem ihrer ihres"),
            opening: set("und aber oder also"),
            swaps: phrases(
                "was ist mit,und was ist mit,wie sieht es mit,wie steht es um,\
                wie ist es mit,und bei,und beim,und für,und in,und im,und mit",
            ),
            empty: pairs("gibt es,es gibt"),
            articles: set("der die das den dem des ein eine einen einem einer"),
        },
        Language {
            english: false,
            function: set(
                "le la les l un une des du de d et ou mais est sont était étaient a ont \
                avait peut peuvent doit doivent que qu quoi qui quand où pourquoi comment combien \
                quel quelle quels quelles ne pas je tu nous vous on se s me mon ma mes ton votre \
                notre à au aux en dans sur sous par pour avec sans ce c cette ces y t est-ce plus \
                très aussi",
            ),
            general: set(
                "coûte coûtent pèse dure fait faut prend signifie arrive marche fonctionne \
                long grand cher lourd vieux haut souvent possible exactement exemple différence \
                premier dernier",
            ),
            pronouns: set("il elle ils elles lui leur celui-ci celle-ci ceci cela ça celui celle \
                là-bas"),
            possessives: set("son sa ses leurs"),
            opening: set("et mais ou alors"),
            swaps: phrases(
                "qu en est il de,qu en est il du,qu en est il pour,et pour,et dans,\
                et avec,et chez",
            ),
            empty: pairs("y il,il y,t il,faut il,il faut,est il"),
            articles: set("le la les l un une des du"),
        },
        Language {
            english: false,
            function: set(
                "el la los las un una unos unas de del y e o u pero es son era eran está \
                están fue fueron ha han había puede pueden debe deben hay qué quién quiénes cuándo \
                cuánto cuánta cuántos cuántas dónde por para cómo cuál cuáles no yo tú nosotros \
                me mi mis tu a al en con sin sobre entre que se lo le más muy también",
            ),
            general: set(
                "cuesta cuestan pesa dura tarda hace significa pasa funciona sirve largo \
                grande caro pesado viejo alto posible exactamente ejemplo diferencia primero último",
            ),
            pronouns: set(
                "él ella ellos ellas eso esto ése ésa éste ésta ese esa esos esas allí ahí",
            ),
            possessives: set("su sus"),
            opening: set("y e pero o entonces"),
            swaps: phrases(
                "qué hay de,y qué hay de,qué hay del,y qué hay del,qué tal,y qué tal,\
                qué pasa con,y qué pasa con,y para,y en,y con",
            ),
            empty: Vec::new(),
            articles: set("el la los las un una"),
        },
        Language {
            english: false,
            function: set(
                "il lo la i gli le l un uno una di del della dei delle dello e ed o ma è \
                sono era erano ha hanno aveva può possono deve devono c'è ci che cosa chi quando \
                quanto quanta quanti quante dove perché come quale quali non io tu noi mi mio mia \
                a al alla ai alle da dal dalla in nel nella con su per tra si più molto anche",
            ),
            general: set(
                "costa costano pesa dura fa significa succede funziona serve lungo grande \
                caro pesante vecchio alto possibile esattamente esempio differenza primo ultimo",
            ),
            pronouns: set("esso essa essi esse lui lei loro ciò questo questa quello quella lì là"),
            possessives: set("suo sua suoi sue"),
            opening: set("e ed ma o allora"),
            swaps: phrases(
                "che ne è di,che ne dici di,e per quanto riguarda,e per,e in,e con,\
                e che mi dici di",
            ),
            empty: Vec::new(),
            articles: set("il lo la i gli le l un uno una"),
        },
        Language {
            english: false,
            function: set(
                "o a os as um uma uns umas de do da dos das e ou mas é são era eram está \
                estão foi foram tem têm pode podem deve devem há que quem quando quanto quanta \
                quantos quantas onde por para como qual quais não eu tu você nós me meu minha ao à \
                em no na nos nas com sem sobre se mais muito também porquê",
            ),
            general: set(
                "custa custam pesa dura demora faz significa acontece funciona serve longo \
                grande caro pesado velho alto possível exatamente exemplo diferença primeiro último",
            ),
            pronouns: set(
                "ele ela eles elas isso isto esse essa aquilo dele dela deles delas lá ali",
            ),
            possessives: set("seu sua seus suas"),
            opening: set("e mas ou então"),
            swaps: phrases(
                "e quanto ao,e quanto à,quanto ao,quanto à,e para,e em,e com,\
                que tal,o que dizer de",
            ),
            empty: Vec::new(),
            articles: set("o a os as um uma"),
        },
    ]
});

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_language_is_told_by_its_small_words() {
        let is = |question: &str, word: &str| {
            let lower = question.to_lowercase();
            let words: Vec<&str> =
                lower.split(|c: char| !c.is_alphanumeric()).filter(|w| !w.is_empty()).collect();
            language(&words, None).is_function(word)
        };
        assert!(is("Und was kostet es?", "und"));
        assert!(is("¿Y cuánto cuesta?", "cuánto"));
        assert!(is("Combien coûte-t-il ?", "combien"));
        assert!(is("E quanto costa?", "quanto"));
        assert!(is("E quanto custa o Swift?", "os"));
        assert!(is("And what does it cost?", "what"));
        assert!(is("Heron?", "the"), "English where nothing tells");
    }
}
