//! What the key-value cache holds, by its tokens.
//!
//! The cache holds a few sequences side by side, each read under one stack of
//! adapters. A prompt goes on with the sequence that begins like it; it never
//! goes on with one that was read under other adapters.

use super::ffi::Token;

/// Fewer tokens than this are read again rather than shared.
const WORTH: usize = 32;

/// One sequence of the cache.
#[derive(Clone, Debug, Default)]
struct Slot {
    /// The hash of the adapters; empty without any.
    adapters: String,
    tokens: Vec<Token>,
    used: u64,
}

/// The sequences of a cache.
#[derive(Debug)]
pub(super) struct Slots {
    slots: Vec<Slot>,
    /// Tokens that all of them may hold.
    room: usize,
    clock: u64,
}

/// How a prompt gets its place.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Plan {
    /// Sequences to empty first.
    pub clear: Vec<usize>,
    /// A sequence whose first tokens are shared, and how many.
    pub share: Option<(usize, usize)>,
    /// The sequence to go on with.
    pub slot: usize,
    /// How many of its tokens stay.
    pub keep: usize,
}

impl Slots {
    /// Empty ones.
    pub fn new(count: usize, room: usize) -> Self {
        Self { slots: vec![Slot::default(); count], room, clock: 0 }
    }

    /// Finds a place for a prompt that an answer of up to `limit` tokens
    /// follows. `divisible` where a part of a sequence can be kept.
    pub fn plan(
        &mut self,
        adapters: &str,
        prompt: &[Token],
        limit: usize,
        divisible: bool,
    ) -> Plan {
        self.clock += 1;
        // The last token is read in any case, for what follows it.
        let most = prompt.len().saturating_sub(1);
        let common = |slot: &Slot| {
            let same = slot.tokens.iter().zip(prompt).take_while(|(a, b)| a == b).count();
            let keep = same.min(most);
            if divisible || keep == slot.tokens.len() { keep } else { 0 }
        };
        let best = (0..self.slots.len())
            .filter(|index| {
                let slot = &self.slots[*index];
                slot.adapters == adapters && !slot.tokens.is_empty()
            })
            .map(|index| (common(&self.slots[index]), index))
            .max_by_key(|(keep, index)| (*keep, self.slots[*index].used));
        let mut plan = Plan::default();
        match best {
            Some((keep, index)) if 2 * keep >= self.slots[index].tokens.len() => {
                plan.slot = index;
                plan.keep = keep;
            }
            _ => {
                let spared = best.filter(|(keep, _)| divisible && *keep >= WORTH);
                let oldest = (0..self.slots.len())
                    .filter(|index| Some(*index) != spared.map(|(_, index)| index))
                    .min_by_key(|index| {
                        (self.slots[*index].tokens.len().min(1), self.slots[*index].used)
                    });
                match (oldest, spared) {
                    (Some(slot), Some((keep, from))) => {
                        plan.slot = slot;
                        plan.keep = keep;
                        plan.share = Some((from, keep));
                    }
                    (Some(slot), None) => plan.slot = slot,
                    (None, Some((keep, slot))) => {
                        plan.slot = slot;
                        plan.keep = keep;
                    }
                    (None, None) => {}
                }
            }
        }
        self.make_room(&mut plan, prompt.len() + limit);
        plan
    }

    /// Empties the sequences used longest ago, until `need` tokens fit.
    fn make_room(&self, plan: &mut Plan, need: usize) {
        if plan.keep == 0 || plan.share.is_some() {
            plan.clear.push(plan.slot);
        }
        let mut others: Vec<usize> = (0..self.slots.len())
            .filter(|index| *index != plan.slot && !self.slots[*index].tokens.is_empty())
            .collect();
        others.sort_by_key(|index| self.slots[*index].used);
        let mut sum: usize = others.iter().map(|index| self.slots[*index].tokens.len()).sum();
        let shared = plan.share.map(|(from, _)| from);
        for index in others {
            if sum + need <= self.room {
                return;
            }
            if Some(index) == shared {
                continue;
            }
            sum -= self.slots[index].tokens.len();
            plan.clear.push(index);
        }
        // The one that was to be shared must go, too: what it begins with is
        // taken over with its place.
        if let Some((from, keep)) = plan.share
            && sum + need > self.room
        {
            plan.share = None;
            plan.slot = from;
            plan.keep = keep;
        }
    }

    /// Notes what a plan did: the sequence holds the first `keep` tokens of
    /// the prompt.
    pub fn settle(&mut self, plan: &Plan, adapters: &str, prompt: &[Token]) {
        for index in &plan.clear {
            self.clear(*index);
        }
        if let Some(slot) = self.slots.get_mut(plan.slot) {
            adapters.clone_into(&mut slot.adapters);
            slot.tokens = prompt[..plan.keep.min(prompt.len())].to_vec();
            slot.used = self.clock;
        }
    }

    /// Tokens that a sequence holds.
    pub fn length(&self, index: usize) -> usize {
        self.slots.get(index).map_or(0, |slot| slot.tokens.len())
    }

    /// Notes what was read.
    pub fn extend(&mut self, index: usize, tokens: &[Token]) {
        if let Some(slot) = self.slots.get_mut(index) {
            slot.tokens.extend_from_slice(tokens);
        }
    }

    /// Notes that a sequence is empty.
    pub fn clear(&mut self, index: usize) {
        if let Some(slot) = self.slots.get_mut(index) {
            slot.tokens.clear();
        }
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.slots.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(slots: &mut Slots, adapters: &str, prompt: &[Token]) -> Plan {
        let plan = slots.plan(adapters, prompt, 10, true);
        slots.settle(&plan, adapters, prompt);
        slots.extend(plan.slot, &prompt[plan.keep..]);
        plan
    }

    fn tokens(from: Token, count: usize) -> Vec<Token> {
        (from..).take(count).collect()
    }

    #[test]
    fn a_prompt_goes_on_where_one_begins_like_it() {
        let mut slots = Slots::new(3, 1000);
        let first = tokens(0, 100);
        assert_eq!(read(&mut slots, "", &first).keep, 0);
        // The same again: all but the last token is there.
        let again = read(&mut slots, "", &first);
        assert_eq!((again.slot, again.keep, again.share), (0, 99, None));
        let longer = [first.clone(), tokens(500, 50)].concat();
        assert_eq!(read(&mut slots, "", &longer).keep, 100);
        // Another prompt with the same beginning gets a place of its own.
        let other = [tokens(0, 40), tokens(900, 60)].concat();
        let plan = read(&mut slots, "", &other);
        assert_eq!((plan.slot, plan.keep, plan.share), (1, 40, Some((0, 40))));
        assert_eq!(slots.length(0), 150);
    }

    #[test]
    fn nothing_is_used_under_other_adapters() {
        let mut slots = Slots::new(2, 1000);
        let prompt = tokens(0, 100);
        read(&mut slots, "a", &prompt);
        let plan = read(&mut slots, "b", &prompt);
        assert_eq!((plan.slot, plan.keep, plan.share), (1, 0, None));
        // Back to the first, whose sequence is still there.
        assert_eq!(read(&mut slots, "a", &prompt).keep, 99);
        // A third takes the place of the one used longest ago.
        let plan = read(&mut slots, "", &prompt);
        assert_eq!((plan.slot, plan.keep, plan.clear.as_slice()), (1, 0, [1].as_slice()));
        assert_eq!(read(&mut slots, "b", &prompt).keep, 0);
    }

    #[test]
    fn the_oldest_leave_when_the_cache_is_full() {
        let mut slots = Slots::new(3, 300);
        read(&mut slots, "", &tokens(0, 100));
        read(&mut slots, "", &tokens(1000, 100));
        let plan = read(&mut slots, "", &tokens(2000, 150));
        assert_eq!((plan.slot, plan.clear.as_slice()), (2, [2, 0].as_slice()));
        // What begins like the only one that could leave takes its place.
        let begun = [tokens(2000, 60), tokens(5000, 210)].concat();
        let plan = read(&mut slots, "", &begun);
        assert_eq!((plan.slot, plan.keep, plan.share), (2, 60, None));
        assert!(slots.length(2) == 270 && slots.length(1) == 0);
    }

    #[test]
    fn what_cannot_be_divided_is_kept_whole_or_not() {
        let mut slots = Slots::new(1, 1000);
        let first = tokens(0, 100);
        let plan = slots.plan("", &first, 10, false);
        slots.settle(&plan, "", &first);
        slots.extend(plan.slot, &first);
        let longer = [first.clone(), tokens(500, 5)].concat();
        assert_eq!(slots.plan("", &longer, 10, false).keep, 100);
        let other = [tokens(0, 80), tokens(500, 5)].concat();
        assert_eq!(slots.plan("", &other, 10, false).keep, 0);
    }
}
