//! Forms of verbs: enough of English to turn a statement into a question.

use std::collections::HashMap;
use std::sync::LazyLock;

/// Regular verbs, by their base form.
const REGULAR: &str = "accept access achieve act add address adopt advise affect agree aim allow announce answer \
    appear apply appoint approach approve argue arrange arrive ask assign assume attach attack \
    attempt attend attract avoid award base belong cache call cancel capture carry cause \
    change charge check cite claim clean clear close collect combine compare complete compose \
    compress compute conduct confirm connect conquer consider consist consume contain continue \
    contribute control convert cool copy correct count cover create cross cure damage date \
    decide declare decode decrease defeat define delay delete deliver demand depend deploy \
    derive describe design destroy detect determine develop die differ direct disable discard \
    discover discuss display distribute divide document double download draft drop dominate \
    edit elect embed emerge employ empty enable encode encourage end ensure enter escape \
    establish estimate evaluate evolve examine exceed exclude execute exist expand expect \
    expire explain explore export express extend face fail favour favor feature fetch fill \
    filter finish fit fix focus follow force form format found function gain gather generate \
    govern guide handle happen heat help host identify ignore implement import improve include \
    incorporate increase index indicate infect influence inhibit initiate insert inspire \
    install intend interrupt introduce invade invent invite involve isolate issue join jump \
    kill label lack last launch limit link list load locate lock log look lower maintain \
    manage mark match matter measure mention merge move monitor multiply name need note notice \
    number observe obtain occupy occur offer open operate order organise organize own pack \
    pass perform place plan play point possess pour predict prefer prepare present preserve \
    press prevent print process produce promote propose protect provide publish pull push \
    question quote raise rank reach receive recognise recognize recommend record recover \
    reduce refer reflect refuse regulate reject relate release rely remain remember remove \
    rename render repair repeat replace replicate report represent request require rescue \
    resemble reserve resolve respond rest restore restrict result resume retain retire \
    retrieve return reveal review reward rotate rule save scan score scroll search select \
    separate serve settle share sign skip solve sort specify sponsor stain start state stay \
    stem stop store stream stretch study succeed suffer suggest suit summarise summarize \
    supply support surround suspend switch talk target tend term test touch trace track trade \
    train transfer transform translate transmit travel treat trigger trim try turn type update \
    upgrade use utilise utilize validate vary verify view visit vote wait walk want warn watch \
    water wash weigh wish wonder work wrap yield";

/// Irregular verbs: base, past, participle.
const IRREGULAR: &str = "be was been; begin began begun; become became become; break broke broken; \
    bring brought brought; build built built; buy bought bought; choose chose chosen; come came come; \
    cost cost cost; cut cut cut; deal dealt dealt; draw drew drawn; drive drove driven; eat ate eaten; \
    fall fell fallen; feed fed fed; find found found; forget forgot forgotten; get got got; \
    give gave given; go went gone; grow grew grown; hold held held; keep kept kept; know knew known; \
    lead led led; learn learned learned; leave left left; lend lent lent; let let let; lie lay lain; \
    lose lost lost; make made made; mean meant meant; meet met met; pay paid paid; put put put; \
    read read read; rise rose risen; run ran run; say said said; see saw seen; sell sold sold; \
    send sent sent; set set set; show showed shown; shut shut shut; speak spoke spoken; \
    spend spent spent; split split split; spread spread spread; stand stood stood; take took taken; \
    teach taught taught; tell told told; think thought thought; understand understood understood; \
    wear wore worn; win won won; write wrote written; bear bore born";

/// Verbs that need no object, so that a time may stand right behind them.
const INTRANSITIVE: &str = "die begin open end happen occur live start close move arrive return \
    appear emerge expire work run stop fail go come fall rise disappear retire";

struct Forms {
    third: HashMap<String, &'static str>,
    past: HashMap<String, &'static str>,
    participle: HashMap<String, &'static str>,
    gerund: HashMap<String, &'static str>,
    base: HashMap<&'static str, &'static str>,
}

static FORMS: LazyLock<Forms> = LazyLock::new(|| {
    let mut forms = Forms {
        third: HashMap::new(),
        past: HashMap::new(),
        participle: HashMap::new(),
        gerund: HashMap::new(),
        base: HashMap::new(),
    };
    let mut add = |base: &'static str, past: String, participle: String| {
        forms.third.insert(third_of(base), base);
        forms.gerund.insert(with_suffix(base, "ing"), base);
        forms.base.insert(base, base);
        forms.past.entry(past).or_insert(base);
        forms.participle.entry(participle).or_insert(base);
    };
    // Irregular ones first: "found" is the past of "find" more often than the
    // base of "found" is meant.
    for verb in IRREGULAR.split(';') {
        let mut parts = verb.split_whitespace();
        if let (Some(base), Some(past), Some(participle)) =
            (parts.next(), parts.next(), parts.next())
        {
            add(base, past.to_owned(), participle.to_owned());
        }
    }
    for base in REGULAR.split_whitespace() {
        let past = with_suffix(base, "ed");
        add(base, past.clone(), past);
    }
    forms
});

/// The base of a form of the third person: `indexes` is `index`.
pub(super) fn third(word: &str) -> Option<&'static str> {
    FORMS.third.get(word).copied()
}

/// The base of a past form.
pub(super) fn past(word: &str) -> Option<&'static str> {
    FORMS.past.get(word).copied().filter(|base| *base != "be")
}

/// The base of a participle.
pub(super) fn participle(word: &str) -> Option<&'static str> {
    FORMS.participle.get(word).copied().filter(|base| *base != "be")
}

/// The base of a gerund: `removing` is `remove`.
pub(super) fn gerund(word: &str) -> Option<&'static str> {
    FORMS.gerund.get(word).copied().filter(|base| *base != "be")
}

/// Whether a word is a base form.
pub(super) fn is_base(word: &str) -> Option<&'static str> {
    FORMS.base.get(word).copied().filter(|base| *base != "be")
}

/// The past form of a base.
pub(super) fn past_of(base: &str) -> Option<&'static str> {
    static PAST: LazyLock<HashMap<&'static str, String>> =
        LazyLock::new(|| FORMS.past.iter().map(|(past, base)| (*base, past.clone())).collect());
    PAST.get(base).map(String::as_str)
}

/// Whether a verb needs no object.
pub(super) fn intransitive(base: &str) -> bool {
    INTRANSITIVE.split_whitespace().any(|verb| verb == base)
}

/// The third person of a base.
pub(super) fn third_of(base: &str) -> String {
    match base {
        "be" => return "is".to_owned(),
        "go" => return "goes".to_owned(),
        _ => {}
    }
    if let Some(stem) = base.strip_suffix('y').filter(|stem| !ends_in_vowel(stem)) {
        return format!("{stem}ies");
    }
    let hisses = ["s", "x", "z", "ch", "sh"].iter().any(|end| base.ends_with(end));
    format!("{base}{}", if hisses { "es" } else { "s" })
}

/// A base with `ed` or `ing`.
fn with_suffix(base: &str, suffix: &str) -> String {
    if suffix == "ed" && base.ends_with('e') {
        return format!("{base}d");
    }
    if suffix == "ing" && matches!(base, "die" | "lie") {
        return format!("{}ying", base.trim_end_matches("ie"));
    }
    if suffix == "ing"
        && let Some(stem) = base.strip_suffix('e').filter(|s| base != "be" && !s.ends_with('e'))
    {
        return format!("{stem}ing");
    }
    if suffix == "ed"
        && let Some(stem) = base.strip_suffix('y').filter(|stem| !ends_in_vowel(stem))
    {
        return format!("{stem}ied");
    }
    if doubles(base) {
        let last = base.chars().last().unwrap_or_default();
        return format!("{base}{last}{suffix}");
    }
    format!("{base}{suffix}")
}

fn ends_in_vowel(text: &str) -> bool {
    text.ends_with(['a', 'e', 'i', 'o', 'u'])
}

/// Whether the last consonant is doubled: after one short vowel that is
/// stressed.
fn doubles(base: &str) -> bool {
    const STRESSED: &[&str] = &[
        "embed", "prefer", "refer", "occur", "begin", "cancel", "control", "forget", "transmit",
        "transfer", "permit", "model", "label", "travel",
    ];
    let chars: Vec<char> = base.chars().collect();
    let vowel = |c: &char| matches!(c, 'a' | 'e' | 'i' | 'o' | 'u' | 'y');
    let [.., before, middle, last] = chars.as_slice() else {
        return false;
    };
    let closed =
        !vowel(last) && !matches!(last, 'w' | 'x' | 'y') && vowel(middle) && !vowel(before);
    let syllables = chars.iter().filter(|c| vowel(c)).count();
    closed && (syllables == 1 || STRESSED.contains(&base))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_lead_to_their_base() {
        for (word, base) in
            [("indexes", "index"), ("carries", "carry"), ("keeps", "keep"), ("goes", "go")]
        {
            assert_eq!(third(word), Some(base), "{word}");
        }
        for (word, base) in [
            ("removing", "remove"),
            ("running", "run"),
            ("cutting", "cut"),
            ("embedding", "embed"),
            ("filtering", "filter"),
            ("seeing", "see"),
            ("dying", "die"),
        ] {
            assert_eq!(gerund(word), Some(base), "{word}");
        }
        for (word, base) in [("dropped", "drop"), ("emptied", "empty"), ("written", "write")] {
            assert_eq!(participle(word), Some(base), "{word}");
        }
        assert_eq!((past("wrote"), past("founded")), (Some("write"), Some("found")));
        assert_eq!(past("found"), Some("find"));
        assert_eq!((past_of("write"), past_of("use")), (Some("wrote"), Some("used")));
        assert_eq!((third("table"), gerund("string"), past("red")), (None, None, None));
    }
}
