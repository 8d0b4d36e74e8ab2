//! Sentence ends of scripts that put no full stop and little space: Thai and
//! Lao, whose sentences end at some of the spaces, and what follows the wide
//! marks of Chinese, Japanese and Korean where a quotation is only a part of
//! its sentence.

/// Fewest letters of a Thai or Lao sentence.
const FEWEST_LETTERS: usize = 15;
/// Fewest letters of what follows its end, up to the next space.
const FEWEST_AHEAD: usize = 10;

/// Words that go on with a Thai or Lao sentence behind a space.
const GOES_ON: [&str; 34] = [
    "และ",
    "หรือ",
    "แต่",
    "ที่",
    "ซึ่ง",
    "โดย",
    "เพราะ",
    "เพื่อ",
    "ว่า",
    "กับ",
    "ของ",
    "ใน",
    "จาก",
    "จึง",
    "แล้ว",
    "ก็",
    "ได้แก่",
    "เช่น",
    "คือ",
    "รวม",
    "ถึง",
    "อัน",
    "เมื่อ",
    "ตาม",
    "พร้อม",
    "จน",
    "ๆ",
    "ฯ",
    "ແລະ",
    "ຫຼື",
    "ແຕ່",
    "ທີ່",
    "ຊຶ່ງ",
    "ໂດຍ",
];

/// Words behind which a Thai or Lao sentence goes on.
const LEADS_ON: [&str; 14] =
    ["และ", "หรือ", "แต่", "ที่", "ซึ่ง", "โดย", "ว่า", "คือ", "เช่น", "ได้แก่", "กับ", "ของ", "ແລະ", "ຫຼື"];

/// Polite words that end a Thai sentence.
const FINAL: [&str; 4] = ["ครับ", "ค่ะ", "คะ", "นะคะ"];

/// Whether a character is written in Thai or Lao.
pub(super) fn is_thai_or_lao(c: char) -> bool {
    ('\u{0e01}'..='\u{0eff}').contains(&c)
}

/// Whether a character is of a script that puts no spaces between words.
pub(super) fn is_unspaced(c: char) -> bool {
    is_thai_or_lao(c)
        || matches!(c, '\u{1000}'..='\u{109f}' | '\u{1780}'..='\u{17ff}' | '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}' | '\u{20000}'..='\u{2ffff}')
}

/// Whether a Thai or Lao sentence of so many letters ends at the space between
/// `before` and `behind`.
pub(super) fn ends_at_space(before: &str, letters: usize, behind: &str) -> bool {
    let borders = before.ends_with(is_thai_or_lao) && behind.starts_with(is_thai_or_lao);
    if !borders || GOES_ON.iter().any(|word| behind.starts_with(word)) {
        return false;
    }
    if FINAL.iter().any(|word| before.ends_with(word)) {
        return true;
    }
    letters >= FEWEST_LETTERS
        && !LEADS_ON.iter().any(|word| before.ends_with(word))
        && behind.chars().take_while(|c| !c.is_whitespace()).take(FEWEST_AHEAD).count()
            >= FEWEST_AHEAD
}

/// Whether the sentence goes on behind a wide mark: with a comma, or with what
/// ties a quotation to the words around it.
pub(super) fn goes_on(closed: &str, behind: &str) -> bool {
    let next = behind.trim_start();
    if next.starts_with(['，', '、', '；', '：', ',', ';', ':', '،']) {
        return true;
    }
    let quoted = closed.contains(super::marks::is_quote);
    quoted && (japanese_particle(behind) || tells_in_chinese(next) || tells_in_korean(next))
}

/// Whether a Japanese particle ties what was quoted to the sentence.
fn japanese_particle(behind: &str) -> bool {
    const PARTICLES: [(&str, &[&str]); 8] = [
        ("と", &["とても", "ところ", "とにかく", "とりあえず"]),
        ("って", &[]),
        ("など", &[]),
        ("は", &["はい", "はじ", "はっ", "はや"]),
        ("が", &["がん"]),
        ("を", &[]),
        ("に", &["にわ"]),
        ("も", &["もう", "もし", "もっと", "もちろん"]),
    ];
    PARTICLES.iter().any(|(particle, words)| {
        behind.starts_with(particle) && !words.iter().any(|word| behind.starts_with(word))
    })
}

/// Whether a Chinese clause that tells who spoke follows.
fn tells_in_chinese(behind: &str) -> bool {
    let clause = behind.chars().take_while(|c| !c.is_whitespace() && !c.is_ascii_punctuation());
    clause
        .take(7)
        .take_while(|c| !matches!(c, '。' | '，' | '！' | '？' | '“' | '「' | '：'))
        .take_while(|c| !matches!(c, '没' | '沒' | '不'))
        .any(|c| matches!(c, '说' | '說' | '道' | '问' | '問' | '答' | '喊' | '叫' | '写' | '寫'))
}

/// Whether a Korean word that tells of a quotation follows.
pub(super) fn tells_in_korean(behind: &str) -> bool {
    ["하고", "라고", "라며", "이라고", "이라며", "하며", "라는", "고 "]
        .iter()
        .any(|word| behind.starts_with(word))
}
