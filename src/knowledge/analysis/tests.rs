//! Forms of words in many languages, questions against texts, and what holds
//! for any text.

use super::*;
use proptest::prelude::*;

fn list(text: &str, language: &str) -> Vec<String> {
    prepared(text, language).split(' ').map(str::to_owned).collect()
}

/// Whether a question of one word finds a text by full text, in a collection
/// of the text alone.
fn finds(question: &str, text: &str) -> bool {
    let language = detect(text);
    let terms = Terms::of(text, language);
    let mut stats = TermStats::default();
    stats.add_terms(&terms, language);
    let found = Query::of(question, &stats).full_text(question);
    found.groups.iter().any(|(group, _)| group.split(' ').any(|term| terms.contains(term)))
}

#[test]
fn words_are_found_by_their_forms_in_many_languages() {
    for (question, text) in [
        ("installed", "They are installing the pump in the cellar."),
        ("Strassensperrung", "Die Straßensperrung dauert bis März."),
        ("Fahrraeder", "Fahrräder stehen im Kellerraum."),
        ("fahrräder", "Das Fahrrad ist im Keller."),
        ("Keller", "Fahrräder stehen im Kellerraum."),
        ("Raum", "Fahrräder stehen im Kellerraum."),
        ("Urlaub", "Der Urlaubsantrag ist vier Wochen vorher einzureichen."),
        ("Antrag", "Der Urlaubsantrag ist vier Wochen vorher einzureichen."),
        ("cafe", "Le café ferme à dix-huit heures."),
        ("école", "Les écoles ouvrent à huit heures dans la ville."),
        ("dix-huit", "Le café ferme à dix-huit heures."),
        ("autobuses", "El autobús sale de la plaza."),
        ("estacao", "A estação fica perto do mar e da praia."),
        ("ragazze", "La ragazza non è in casa con il cane."),
        ("vergadering", "De vergaderingen zijn op de tweede verdieping van het gebouw."),
        ("båt", "Båtarna ligger vid bryggan och nycklarna finns på kontoret."),
        ("ключ", "Ключи от склада лежат в ящике стола."),
        ("ёлка", "Елка стоит в углу, и она не упадет."),
        ("lodka", "Łódka stoi przy brzegu."),
        ("회의실", "회의실은 3층에 있습니다."),
        ("카드를", "출입카드는 경비실에서 받습니다."),
        ("図書館", "図書館は午前九時に開きます。"),
        ("ガ", "ガは夜に飛ぶ。"),
        ("停车场", "停车场周末免费。"),
        ("กาแฟ", "ร้านกาแฟเปิดเจ็ดโมงเช้า"),
        ("ธนาคาร", "ธนาคารปิดสี่โมงเย็น"),
        ("ຕະຫຼາດ", "ຕະຫຼາດເປີດຫົກໂມງເຊົ້າ"),
        ("ផ្សារ", "ផ្សារបើកម៉ោងប្រាំមួយព្រឹក"),
        ("ဈေး", "ဈေးသည်မနက်ခြောက်နာရီတွင်ဖွင့်သည်"),
        ("ABC", "ＡＢＣ装置"),
        ("office", "The oﬃce is closed."),
        ("E2207", "E-2207 means that the lid is open."),
        ("e-2207", "Error E2207."),
        ("2207", "Error E-2207."),
        ("4.2", "Since v4.2 it is so."),
        ("v4.2", "In 4.2 it was so."),
        ("1482", "It has 1,482 parts."),
        ("compute tax rate", "computeTaxRate"),
        ("computeTaxRate", "def compute_tax_rate(region)"),
        ("user profile", "load_user_profile(name)"),
        ("os.path.join", "Call os.path.join for it."),
        ("HTTPServer", "an http server"),
        ("sha256", "A SHA-256 sum."),
        ("c++", "Written in C++."),
        ("dog", "The dog's bone."),
        ("don't", "They dont care."),
        ("to be or not to be", "to be or not to be"),
    ] {
        assert!(finds(question, text), "{question}: {:?}", list(text, detect(text)));
    }
}

#[test]
fn what_differs_is_not_found() {
    for (question, text) in [
        ("42", "Since 4.2 it is so."),
        ("E2207", "E-2270 means that the belt is loose."),
        ("v4.2", "Since v4.3 it is so."),
        ("P-140", "P-14 and P-41 are here."),
        ("C++", "The C compiler."),
        ("停车场", "健身房每天早上六点开门。"),
        ("Keller", "Der Kellner bringt das Essen."),
    ] {
        assert!(!finds(question, text), "{question}: {:?}", list(text, detect(text)));
    }
}

#[test]
fn a_word_gives_itself_its_stem_and_its_parts() {
    assert_eq!(list("Installed", "en"), ["installed", "instal"]);
    assert_eq!(list("Fahrräder", "de"), ["fahrrader", "fahrraeder", "fahrrad"]);
    assert_eq!(list("computeTaxRate", ""), ["computetaxrate", "compute", "comput", "tax", "rate"]);
    assert_eq!(list("E-2207", ""), ["e2207", "2207"]);
    assert_eq!(list("v4.2.1", ""), ["v4.2.1", "4.2.1"]);
    assert_eq!(list("2028-05-01", ""), ["2028-05-01", "2028", "05", "01"]);
    assert_eq!(list("vitamin A", "en"), ["vitamin", "A", "a"]);
    assert_eq!(list("회의실은", "ko"), ["회의실은", "회의실"]);
    let hash = "9f2c4e61b7a80d35f1c2e4b6a8d0917355aa0be1c2d3f4a5b6978812340fedcb";
    assert_eq!(list(hash, ""), [hash]);
    let long = "ab".repeat(5000);
    assert_eq!(list(&long, "").len(), 1);
    assert!(list(&long, "")[0].len() < 200);
    assert_ne!(list(&long, ""), list(&format!("{long}c"), ""));
}

#[test]
fn languages_are_told_from_a_sentence() {
    for (language, text) in [
        ("en", "The tax office is closed on Fridays."),
        ("de", "Der Urlaubsantrag ist vier Wochen vorher einzureichen."),
        ("de", "Die Straßensperrung dauert bis März."),
        ("fr", "Le café ferme à dix-huit heures."),
        ("es", "El camión llega el miércoles por la mañana."),
        ("it", "La chiave è nella cassetta della posta."),
        ("pt", "A chave está na caixa do correio."),
        ("nl", "De sleutel ligt in de la van het bureau."),
        ("sv", "Nycklarna finns på kontoret och båten är vid bryggan."),
        ("ru", "Ключи от склада лежат в ящике стола."),
        ("ja", "図書館は午前九時に開きます。"),
        ("zh", "停车场周末免费。"),
        ("ko", "회의실은 3층에 있습니다."),
        ("th", "ร้านกาแฟเปิดเจ็ดโมงเช้า"),
        ("", "x = 1"),
        ("", ""),
    ] {
        assert_eq!(detect(text), language, "{text}");
    }
}

#[test]
fn a_word_counts_once_however_many_forms_are_found() {
    let mut stats = TermStats::default();
    for text in ["The pumps were installed.", "The lid is red.", "The belt is new."] {
        stats.add(text);
    }
    let query = Query::of("Who installed the pump?", &stats);
    let share = |text: &str| query.share(&Terms::of(text, "en"));
    let pump = share("A pump.");
    assert!((0.3..0.7).contains(&pump), "{pump}");
    assert!(share("They installed the pump, it was installed.") <= 1.0);
    assert!(share("Installing a pump") > 0.8);
    // The question's small words weigh little.
    assert!(share("Who the?") < 0.2);
    assert_eq!(Query::of("", &stats).share(&Terms::default()), 0.0);
}

#[test]
fn codes_and_capitals_part_what_looks_alike() {
    let stats = TermStats::default();
    let share =
        |question: &str, text: &str| Query::of(question, &stats).share(&Terms::of(text, "en"));
    let code = "What does E2207 mean?";
    assert!(
        share(code, "E-2207 means the lid is open.") > share(code, "E-2270 means a belt.") + 0.3
    );
    let vitamin = "What is the dosage of vitamin A?";
    assert!(
        share(vitamin, "The dosage of vitamin A is 3 mg.")
            > share(vitamin, "The dosage of a vitamin is 5 mg.") + 0.1
    );
}

#[test]
fn compounds_are_asked_for_by_their_parts_and_the_other_way_round() {
    let mut stats = TermStats::default();
    for text in ["Der Antrag auf eine Karte ist frei.", "Der Mietvertrag wird im Herbst erneuert."]
    {
        stats.add_terms(&Terms::of(text, "de"), "de");
    }
    let query = Query::of("Kartenantrag", &stats);
    let share = query.share(&Terms::of("Der Antrag auf eine Karte ist frei.", "de"));
    assert!(share > 0.5, "{share}");
    let query = Query::of("Vertrag", &stats);
    assert!(query.share(&Terms::of("Der Mietvertrag wird erneuert.", "de")) > 0.5);
    // English words are not taken apart.
    let mut english = TermStats::default();
    english.add_terms(&Terms::of("The artificial article.", "en"), "en");
    assert_eq!(Query::of("artic", &english).words[0].forms.len(), 1);
}

#[test]
fn rare_terms_weigh_more_and_the_file_reads_back() {
    let mut stats = TermStats::default();
    for text in ["alpha beta", "alpha gamma", "alpha beta"] {
        stats.add_terms(&Terms::of(text, "en"), "en");
    }
    stats.add_terms(&Terms::of("Kellerraum", "de"), "de");
    assert!(stats.idf("gamma") > stats.idf("beta"));
    assert!(stats.idf("beta") > stats.idf("alpha"));
    let mut file = Vec::new();
    stats.write(&mut file).unwrap();
    assert_eq!(TermStats::read(file.as_slice()), Some(stats.clone()));
    assert_eq!(stats.languages(), ["en", "de"]);
    assert_eq!(stats.compounds_of("keller"), ["kellerraum"]);
    let old = TermStats::read("lorag-terms-1\t3\n2\tbeta\n".as_bytes()).unwrap();
    assert_eq!(old.count("beta"), 2);
    assert!(TermStats::read("rubbish".as_bytes()).is_none());
}

#[test]
fn monstrous_texts_take_linear_time() {
    for text in [
        "word ".repeat(200_000),
        "a.b_c-d'".repeat(120_000),
        "日本語".repeat(100_000),
        "aB1".repeat(300_000),
        "é".repeat(500_000),
        "กาแฟ".repeat(80_000),
    ] {
        let started = std::time::Instant::now();
        let length = prepared(&text, "de").len();
        assert!(length < text.len() * 4);
        assert!(started.elapsed().as_secs() < 20, "{:?}", started.elapsed());
    }
}

proptest! {
    #[test]
    fn no_text_breaks_it(text in "\\PC{0,200}", language in "(en|de|ru|ja|xx|)") {
        let all = prepared(&text, &language);
        prop_assert!(all.split(' ').all(|term| !term.contains(char::is_whitespace)));
        let terms = Terms::of(&text, &language);
        prop_assert!(all.is_empty() || all.split(' ').all(|term| terms.contains(term)));
        let query = Query::of(&text, &TermStats::default());
        let share = query.share(&terms);
        prop_assert!((0.0..=1.001).contains(&share));
        // A text holds what it asks for.
        prop_assert!(query.words.is_empty() || share > 0.5, "{} of {:?}", share, query);
        let _ = detect(&text);
    }
}
