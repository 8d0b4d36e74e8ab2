//! Which page, slide or row a text belongs to, where its document has such.

use super::super::Place;
use super::OffsetMap;
use super::mark::Mark;

impl OffsetMap {
    /// Notes that what follows from byte `text` on is of `place`. Marks come in
    /// the order of the text; one for the same byte or the same place as the
    /// last replaces it or is left out.
    pub fn mark(&mut self, text: usize, place: Place) {
        match self.marks.last_mut() {
            Some(last) if last.place == place => {}
            Some(last) if last.text == text => last.place = place,
            _ => self.marks.push(Mark { text, place }),
        }
    }

    /// The same map with these marks, which come in the order of the text.
    #[must_use]
    pub fn with_marks(mut self, marks: impl IntoIterator<Item = Mark>) -> Self {
        self.marks = marks.into_iter().collect();
        self
    }

    /// The marks, in the order of the text; none for a text file.
    #[must_use]
    pub fn marks(&self) -> &[Mark] {
        &self.marks
    }

    /// Whether the text was taken out of a document that has places.
    #[must_use]
    pub fn is_extracted(&self) -> bool {
        !self.marks.is_empty()
    }

    /// The place that the byte `text` belongs to; what stands before the first
    /// mark belongs to that.
    #[must_use]
    pub fn place_at(&self, text: usize) -> Option<&Place> {
        let behind = self.marks.partition_point(|mark| mark.text <= text);
        self.marks.get(behind.saturating_sub(1)).map(|mark| &mark.place)
    }

    /// The marks of `start..end` of the text, counted from 0 again.
    pub(super) fn marks_within(&self, start: usize, end: usize) -> Vec<Mark> {
        let first = self.marks.partition_point(|mark| mark.text <= start).saturating_sub(1);
        let marks = self.marks.get(first..).unwrap_or_default().iter();
        marks
            .enumerate()
            .take_while(|(at, mark)| *at == 0 || mark.text < end)
            .map(|(_, mark)| Mark {
                text: mark.text.saturating_sub(start),
                place: mark.place.clone(),
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::PlaceKind;
    use super::*;

    fn page(number: u32) -> Place {
        Place::new(PlaceKind::Page, number)
    }

    fn three() -> OffsetMap {
        let mut map = OffsetMap::verbatim(0, 30);
        for (text, number) in [(0, 1), (10, 2), (20, 3)] {
            map.mark(text, page(number));
        }
        map
    }

    #[test]
    fn a_byte_belongs_to_the_mark_before_it() {
        let map = three();
        assert!(map.is_extracted() && map.is_verbatim());
        let at = [0, 9, 10, 25, 99].map(|text| map.place_at(text).unwrap().number);
        assert_eq!(at, [1, 1, 2, 3, 3]);
        assert_eq!(OffsetMap::verbatim(0, 3).place_at(1), None);
    }

    #[test]
    fn a_slice_keeps_the_place_it_begins_in() {
        let part = three().slice(12, 25);
        let marks: Vec<(usize, u32)> =
            part.marks().iter().map(|mark| (mark.text, mark.place.number)).collect();
        assert_eq!(marks, [(0, 2), (8, 3)]);
        assert_eq!(three().slice(3, 9).marks().len(), 1);
        assert_eq!(three().through(&OffsetMap::verbatim(5, 40)).marks().len(), 3);
    }

    #[test]
    fn marks_say_each_change_once() {
        let mut map = OffsetMap::verbatim(0, 30);
        for (text, number) in [(0, 1), (5, 1), (7, 2), (7, 3)] {
            map.mark(text, page(number));
        }
        let marks: Vec<(usize, u32)> =
            map.marks().iter().map(|mark| (mark.text, mark.place.number)).collect();
        assert_eq!(marks, [(0, 1), (7, 3)]);
        map.truncate(7);
        assert_eq!(map.marks().len(), 1);
    }
}
