//! Reading the content of a page: what is shown, and where.

use super::font::Font;
use super::stream::{contents, decoded};
use hayro_syntax::content::UntypedIter;
use hayro_syntax::object::{Array, Dict, Number, Object, Stream};
use hayro_syntax::page::{Page, Resources};
use std::collections::HashMap;
use std::rc::Rc;

/// Most glyphs of a page.
const MOST_GLYPHS: usize = 400_000;
/// Most operators of a page, those of its forms included.
const MOST_OPERATORS: usize = 4_000_000;
/// How deep forms may lie in each other.
const DEEPEST: usize = 12;

/// A character or ligature, where it stands and how large.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Glyph {
    pub(super) text: String,
    /// Where its base line begins, and where it ends.
    pub(super) start: (f32, f32),
    pub(super) end: (f32, f32),
    pub(super) size: f32,
    pub(super) is_bold: bool,
}

/// What a page shows.
#[derive(Debug, Default)]
pub(super) struct Shown {
    pub(super) glyphs: Vec<Glyph>,
    /// Whether it has a picture.
    pub(super) has_image: bool,
}

/// Fonts of a document by the place of their dictionary, each read once.
pub(super) type Fonts = HashMap<(u32, i32), Rc<Font>>;

/// A matrix, as PDF writes it.
#[derive(Clone, Copy, Debug)]
struct Matrix([f32; 6]);

impl Matrix {
    const SAME: Self = Self([1.0, 0.0, 0.0, 1.0, 0.0, 0.0]);

    /// First this one, then `next`.
    fn then(self, next: Self) -> Self {
        let ([a, b, c, d, e, f], [u, v, w, x, y, z]) = (self.0, next.0);
        Self([
            a * u + b * w,
            a * v + b * x,
            c * u + d * w,
            c * v + d * x,
            e * u + f * w + y,
            e * v + f * x + z,
        ])
    }

    fn apply(self, x: f32, y: f32) -> (f32, f32) {
        let [a, b, c, d, e, f] = self.0;
        (a * x + c * y + e, b * x + d * y + f)
    }
}

#[derive(Clone)]
struct State {
    matrix: Matrix,
    font: Option<Rc<Font>>,
    size: f32,
    spacing: f32,
    word_spacing: f32,
    scale: f32,
    leading: f32,
    rise: f32,
}

struct Reader<'f> {
    out: Shown,
    fonts: &'f mut Fonts,
    operators: usize,
}

/// Reads a page.
pub(super) fn read(page: &Page<'_>, fonts: &mut Fonts) -> Shown {
    let state = State {
        matrix: Matrix::SAME,
        font: None,
        size: 0.0,
        spacing: 0.0,
        word_spacing: 0.0,
        scale: 1.0,
        leading: 0.0,
        rise: 0.0,
    };
    let mut reader = Reader { out: Shown::default(), fonts, operators: 0 };
    reader.run(&contents(page.raw()), page.resources(), state, 0);
    reader.out
}

impl Reader<'_> {
    fn run(&mut self, data: &[u8], resources: &Resources<'_>, mut state: State, depth: usize) {
        let mut saved: Vec<State> = Vec::new();
        let (mut line, mut text) = (Matrix::SAME, Matrix::SAME);
        let mut content = UntypedIter::new(data);
        while let Some(instruction) = content.next() {
            self.operators += 1;
            if self.operators > MOST_OPERATORS || self.out.glyphs.len() > MOST_GLYPHS {
                return;
            }
            let operands: Vec<&Object<'_>> = instruction.operands().collect();
            let numbers: Vec<f32> = operands.iter().filter_map(|object| number(object)).collect();
            let one = numbers.first().copied();
            match &instruction.operator[..] {
                b"q" if saved.len() < 512 => saved.push(state.clone()),
                b"Q" => state = saved.pop().unwrap_or(state),
                b"cm" => {
                    if let Ok(matrix) = numbers.try_into() {
                        state.matrix = Matrix(matrix).then(state.matrix);
                    }
                }
                b"BT" => (line, text) = (Matrix::SAME, Matrix::SAME),
                b"Tf" => {
                    if let (Some(Object::Name(name)), Some(size)) = (operands.first(), one) {
                        state.font = self.font(resources, name);
                        state.size = size;
                    }
                }
                b"Tc" => state.spacing = one.unwrap_or(0.0),
                b"Tw" => state.word_spacing = one.unwrap_or(0.0),
                b"Tz" => state.scale = one.unwrap_or(100.0) / 100.0,
                b"TL" => state.leading = one.unwrap_or(0.0),
                b"Ts" => state.rise = one.unwrap_or(0.0),
                operator @ (b"Td" | b"TD") => {
                    if let [x, y] = numbers[..] {
                        if operator == b"TD" {
                            state.leading = -y;
                        }
                        line = Matrix([1.0, 0.0, 0.0, 1.0, x, y]).then(line);
                        text = line;
                    }
                }
                b"Tm" => {
                    if let Ok(matrix) = numbers.try_into() {
                        line = Matrix(matrix);
                        text = line;
                    }
                }
                operator @ (b"T*" | b"'" | b"\"") => {
                    if operator == b"\""
                        && let [word, letter, ..] = numbers[..]
                    {
                        (state.word_spacing, state.spacing) = (word, letter);
                    }
                    line = Matrix([1.0, 0.0, 0.0, 1.0, 0.0, -state.leading]).then(line);
                    text = line;
                    if let Some(Object::String(shown)) = operands.last() {
                        self.show(&state, &mut text, shown.as_bytes());
                    }
                }
                b"Tj" => {
                    if let Some(Object::String(shown)) = operands.first() {
                        self.show(&state, &mut text, shown.as_bytes());
                    }
                }
                b"TJ" => {
                    let Some(Object::Array(list)) = operands.first() else { continue };
                    for item in list.iter::<Object<'_>>() {
                        match item {
                            Object::String(shown) => {
                                self.show(&state, &mut text, shown.as_bytes());
                            }
                            Object::Number(by) => {
                                let by = -by.as_f32() / 1000.0 * state.size * state.scale;
                                text = Matrix([1.0, 0.0, 0.0, 1.0, by, 0.0]).then(text);
                            }
                            _ => {}
                        }
                    }
                }
                b"Do" => {
                    if let Some(Object::Name(name)) = operands.first()
                        && let Some(object) = resources.get_x_object(name)
                    {
                        self.object(&object, resources, &state, depth);
                    }
                }
                b"BI" => self.out.has_image = true,
                _ => {}
            }
        }
    }

    /// A picture, or a form with text of its own.
    fn object(&mut self, object: &Stream<'_>, outer: &Resources<'_>, state: &State, depth: usize) {
        let dict = object.dict();
        let kind = dict.get::<hayro_syntax::object::Name<'_>>("Subtype");
        if kind.as_ref().is_some_and(|kind| kind.as_str() == "Image") {
            self.out.has_image = true;
            return;
        }
        if depth >= DEEPEST {
            return;
        }
        let Some(data) = decoded(object) else { return };
        let mut state = state.clone();
        let matrix = dict.get::<Array<'_>>("Matrix").map(|list| list.iter::<Number>());
        let matrix: Option<Vec<f32>> = matrix.map(|list| list.map(|n| n.as_f32()).collect());
        if let Some(Ok(matrix)) = matrix.map(TryInto::try_into) {
            state.matrix = Matrix(matrix).then(state.matrix);
        }
        match dict.get::<Dict<'_>>("Resources") {
            Some(own) => self.run(&data, &Resources::new(own), state, depth + 1),
            None => self.run(&data, outer, state, depth + 1),
        }
    }

    fn font(
        &mut self,
        resources: &Resources<'_>,
        name: &hayro_syntax::object::Name<'_>,
    ) -> Option<Rc<Font>> {
        let dict = resources.get_font(name)?;
        let Some(id) = dict.obj_id() else { return Some(Rc::new(Font::read(&dict))) };
        let key = (id.obj_number, id.gen_number);
        if let Some(font) = self.fonts.get(&key) {
            return Some(Rc::clone(font));
        }
        let font = Rc::new(Font::read(&dict));
        self.fonts.insert(key, Rc::clone(&font));
        Some(font)
    }

    /// Shows a text string and moves behind it.
    fn show(&mut self, state: &State, text: &mut Matrix, bytes: &[u8]) {
        let Some(font) = &state.font else { return };
        for shown in font.show(bytes) {
            let spacing = state.spacing + if shown.is_space { state.word_spacing } else { 0.0 };
            let width = shown.width * state.size * state.scale;
            let whole = text.then(state.matrix);
            let start = whole.apply(0.0, state.rise);
            let end = whole.apply(width, state.rise);
            let top = whole.apply(0.0, state.rise + state.size);
            let size = (top.0 - start.0).hypot(top.1 - start.1);
            if !shown.text.is_empty()
                && [start.0, start.1, end.0, end.1, size].iter().all(|n| n.is_finite())
            {
                let is_bold = font.is_bold;
                self.out.glyphs.push(Glyph { text: shown.text, start, end, size, is_bold });
            }
            let by = width + spacing * state.scale;
            *text = Matrix([1.0, 0.0, 0.0, 1.0, by, 0.0]).then(*text);
        }
    }
}

fn number(object: &Object<'_>) -> Option<f32> {
    match object {
        Object::Number(number) => Some(number.as_f32()),
        _ => None,
    }
}
