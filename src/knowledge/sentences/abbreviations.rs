//! Abbreviations of six languages and of Russian, and what a full stop behind
//! each of them may mean.
//!
//! A word in small letters counts however it is written, one with a capital
//! only with it ("Mar. 5", but "he lost a gem."). `~` marks what is a word of
//! its own in another language: it counts in its own language only.

use super::language::Language;
use std::collections::HashMap;
use std::sync::LazyLock;

/// What the full stop of an abbreviation may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Never the end of a sentence: something always follows ("Dr.", "e.g.").
    Never,
    /// Part of a number's name ("no. 12"); before a word it ends a sentence.
    Number,
    /// An end only before a word that usually begins a sentence ("Inc. The").
    End,
    /// An end before any capital ("etc.").
    Loose,
    /// A time of day: an end unless a day, a month or a zone follows.
    Time,
}

/// The abbreviations of a language by what their full stops mean, separated
/// by white space. Those of several words are written without spaces.
struct Words {
    never: &'static str,
    number: &'static str,
    end: &'static str,
    loose: &'static str,
}

/// What is written alike in most languages.
const COMMON: Words = Words {
    never: "dr drs prof cf vs ca e.g i.e op.cit Mr Mrs Ms Messrs Mme Mlle approx डॉ श्री प्रो",
    number: "no nr nos fig figs p pp vol vols tab cap art ch par",
    end: "inc ltd corp Co jr al ed eds ibid max min tel ph.d b.sc m.sc s.a s.l s.p.a s.r.l St",
    loose: "etc",
};

const ENGLISH: Words = Words {
    never: "appr Gen Gov Sen Rep Lt Col Sgt Capt Cmdr Maj Adm Rev Hon Pres Supt Mt Ft esp incl excl \
            resp viz misc",
    number: "arts sec secs eq eqs ref refs chap chaps para paras subsec sect pt pts ver app \
             Jan Feb Mar Apr Jun Jul Aug Sep Sept Oct Nov Dec",
    end: "Sr bros dept depts est assn assoc univ govt intl natl Ave Blvd Rd Hwy Bldg ext apt mfg \
          hr hrs mins lbs oz qty ret id",
    loose: "",
};

const GERMAN: Words = Words {
    never: "hr hrn fr frl dipl dipl.-ing ing Mag vgl bzw bspw z.b d.h i.d.r d.i evtl ggf ggfs ~gem \
            lt inkl exkl einschl zzgl abzgl sog insb insbes rd bes entspr gez geb gest hl kgl nachf \
            s.o s.u u.u z.t z.zt z.hd m.e o.g i.s.d i.s.v i.v.m i.a i.v i.h.v v.a bzgl betr ausschl \
            ausg bearb hrsg hg übers versch urspr Urt Beschl allg zw wg jew ehem v.d b.d h.c \
            m.w.n med phil jur rer habil Fa Aufl vors stellv zit",
    number: "kap abb nrn abs ziff rn rdnr Bd Bde Bl anm anl pkt Jg \
             Jan Feb Mär Apr Jun Jul Aug Sep Sept Okt Nov Dez Mo Di Mi Do Sa",
    end: "mio mrd tsd std sek jh jhd jhdt str v.chr n.chr e.v mwst a.a.o abt u.a a.d a.m Az \
          Bhf gmbh",
    loose: "usw usf u.ä o.ä u.v.m u.a.m u.dgl dgl",
};

const FRENCH: Words = Words {
    never: "mm mgr ~Me Pr Ste Mmes Mlles p.ex par.ex c.-à-d c.à.d env av bd boul notam rép",
    number: "chap fig éd tabl réf sect ann janv févr avr juil sept oct nov déc",
    end: "cie av.j.-c apr.j.-c j.-c p.-d.g rév trad hab ss app bât dir suiv sq ex Pl",
    loose: "",
};

const SPANISH: Words = Words {
    never: "sra srta sres sras Sr dra dres Dña gral cnel tte Sto Sta Stos Stas ing lic lcdo arq \
            mons p.ej v.gr aprox avda Av excmo excma ilmo ilma fdo pza ctra Fr hno profa",
    number: "núm núms arts pág págs párr párrs apdo ~mar ~set ~ago",
    end: "cía cia tfno ee.uu a.c d.c máx mín ud uds Vd Vds izq dcha dpto depto pdte hab seg \
          ene feb abr may jun jul sept oct nov dic",
    loose: "",
};

const ITALIAN: Words = Words {
    never: "sig sigg sig.ra sig.na dott dott.ssa prof.ssa ing avv geom ~rag ~arch On mons spett egr \
            ~gent f.lli ad.es p.es ~es cfr p.za p.zza v.le c.so l.go sent cass Gen Rev",
    number: "capp nn artt pag pagg ~co voll tav lett sez ~all sec ~mar",
    end: "s.n.c s.a.s a.c d.c segg sgg ss genn gen febbr apr magg giu ~lug ~ag sett ott nov dic",
    loose: "ecc",
};

const PORTUGUESE: Words = Words {
    never: "sra srs sras srta Sr dra dras Dna eng engª profa profª Gen Cel Sto Sta mons p.ex aprox \
            Av pça trav exmo exma ilmo ilma arq v.ex v.ex.ª v.s.ª tb",
    number: "caps arts núm pág págs séc sécs jan fev ~mar abr mai jun jul ~ago ~set ~out nov dez",
    end: "cia ltda e.u.a a.c d.c máx mín seg depto obs ss",
    loose: "",
};

const RUSSIAN: Words = Words {
    never: "см ср напр т.е т.к т.н им ул пр просп пер пл д кв корп г-н г-жа проф акад доц ок св \
            англ нем фр лат греч род гл тов обл р-н пос дер оз",
    number: "рис табл стр п пп ст ч вып том разд илл",
    end: "г гг в вв руб коп тыс млн млрд час мин сек чел экз н.э тел ред изд и.о",
    loose: "т.д т.п др пр",
};

/// What an entry of a table says: its kind, whether it needs its capital, and
/// whether it counts in its own language only.
#[derive(Debug, Clone, Copy)]
struct Entry {
    kind: Kind,
    capital: bool,
    own: bool,
}

type Table = HashMap<String, Entry>;

fn table(words: &Words) -> Table {
    let mut out = Table::new();
    for (list, kind) in [
        (words.never, Kind::Never),
        (words.number, Kind::Number),
        (words.end, Kind::End),
        (words.loose, Kind::Loose),
    ] {
        for word in list.split_whitespace() {
            let own = word.starts_with('~');
            let word = word.trim_start_matches('~');
            let capital = word.starts_with(char::is_uppercase);
            out.insert(word.to_lowercase(), Entry { kind, capital, own });
        }
    }
    for time in ["a.m", "p.m"] {
        out.insert(time.to_owned(), Entry { kind: Kind::Time, capital: false, own: false });
    }
    out
}

static COMMON_TABLE: LazyLock<Table> = LazyLock::new(|| table(&COMMON));

/// In the order of [`Language`].
static TABLES: LazyLock<[Table; 7]> = LazyLock::new(|| {
    [ENGLISH, GERMAN, FRENCH, SPANISH, ITALIAN, PORTUGUESE, RUSSIAN].map(|words| table(&words))
});

/// What the full stop behind `word` may be, where that is an abbreviation: one
/// that is known, or one by its form (letters with full stops between).
pub(super) fn kind(word: &str, language: Option<Language>) -> Option<Kind> {
    known(word, language).or_else(|| is_acronym(word).then_some(Kind::End))
}

/// What the full stop behind `word` may be where a table has it: that of the
/// language, the common one, or that of another language.
pub(super) fn known(word: &str, language: Option<Language>) -> Option<Kind> {
    if word.len() > 24 {
        return None;
    }
    let low = word.to_lowercase();
    let capital = word.starts_with(char::is_uppercase);
    let fits = |entry: &&Entry| capital || !entry.capital;
    let own = language.and_then(|language| TABLES.get(language as usize));
    let own = own.and_then(|table| table.get(&low)).filter(fits);
    let common = || COMMON_TABLE.get(&low).filter(fits);
    let other = || {
        let others = TABLES.iter().filter_map(|table| table.get(&low));
        // "DNA" is no Portuguese lady.
        others.filter(fits).find(|entry| !entry.own && !is_shouted(word))
    };
    if let Some(entry) = own.or_else(common).or_else(other) {
        return Some(entry.kind);
    }
    let street = language == Some(Language::German) && low.len() > 5 && low.ends_with("str");
    street.then_some(Kind::End)
}

/// Whether a word in small letters looks like the beginning of a longer one:
/// it holds no vowel or ends as no word does ("jährl", "transl").
pub(super) fn looks_cut(word: &str) -> bool {
    const CUT: [&str; 30] = [
        "spez", "hist", "kath", "evang", "wiss", "gesch", "ling", "phys", "biol", "philos", "temp",
        "spec", "conf", "cont", "suppl", "diss", "attn", "cert", "prov", "vorm", "nachm", "insg",
        "gegr", "östl", "reg", "orig", "trad", "comp", "fasc", "ibid",
    ];
    const ENDS: &str = "nd st rt ng ht ck tz ll nn ss tt lt nt rk ld rd rn ns ts rs ls ds ks ps ms th sh ch \
        ct pt ft xt lf lp rm lm rf ph gh gs bs ws ys wn wl mp lk nk sk rp mb gn sm ff zz dd gg nz lz rz pf";
    let is_vowel = |c: char| !c.is_ascii_alphabetic() || "aeiouy".contains(c);
    let mut last = word.chars().rev();
    let cluster = match (last.next(), last.next()) {
        (Some(one), Some(before)) if !is_vowel(one) && !is_vowel(before) => {
            let end: String = [before, one].iter().collect();
            !ENDS.split_whitespace().any(|known| known == end)
        }
        _ => false,
    };
    cluster || !word.contains(is_vowel) || CUT.contains(&word)
}

/// Whether a word is written in capitals only.
fn is_shouted(word: &str) -> bool {
    word.chars().nth(1).is_some() && word.chars().all(char::is_uppercase)
}

/// Whether a word is made of single letters or pairs with full stops between
/// ("U.S", "M.Sc", "J.-P").
fn is_acronym(word: &str) -> bool {
    word.contains('.')
        && word.replace(".-", ".").split('.').all(|part| {
            (1..=2).contains(&part.chars().count()) && part.chars().all(char::is_alphabetic)
        })
}
