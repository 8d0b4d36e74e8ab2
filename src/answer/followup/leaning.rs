//! Which words of a question lean on what was said before it.

use super::Asked;

impl Asked<'_> {
    /// Whether the word at `at` stands for something that was named before this
    /// question.
    pub(super) fn leans(&self, at: usize) -> bool {
        let language = self.language;
        let word = self.lower(at);
        let (before, behind) = (at.checked_sub(1).map(|at| self.lower(at)), self.lower(at + 1));
        let possessive = language.is_possessive(word) && self.names(at + 1);
        let one = language.english && word == "one" && self.is_which_one(before, behind);
        if !possessive && !one && !language.is_pronoun(word) {
            return false;
        }
        let empty = before.is_some_and(|before| language.is_empty_pair(before, word))
            || language.is_empty_pair(word, behind);
        if empty || self.has_own_antecedent(at) {
            return false;
        }
        if !language.english {
            // "Sie" within a German question is a form of address.
            let address = word == "sie" && at > 0 && self.words[at].is_capital();
            // "das" and the like are mostly articles.
            let article = language.is_article(word) || word == "questo" || word == "questa";
            return !address && (!article || behind.is_empty());
        }
        match word {
            "it" => !self.is_expletive(at),
            // "a folder that moved", "is it true that …" say nothing of before.
            "that" => {
                let relative = before.is_some_and(|before| !language.is_function(before));
                !relative && !matches!(behind, "i" | "you" | "we" | "the" | "a")
            }
            _ => true,
        }
    }

    fn is_which_one(&self, before: Option<&str>, behind: &str) -> bool {
        let which = before.is_some_and(|before| {
            matches!(before, "which" | "that" | "this" | "other" | "another" | "last" | "first")
        });
        which && (behind.is_empty() || self.language.is_function(behind))
    }

    /// Whether the "it" at `at` only keeps the place of what follows: "does it
    /// take to index a folder", "is it possible to print a page".
    fn is_expletive(&self, at: usize) -> bool {
        const PLACES: &[&str] = &[
            "take",
            "takes",
            "cost",
            "possible",
            "true",
            "safe",
            "necessary",
            "allowed",
            "ok",
            "okay",
            "better",
            "enough",
            "worth",
            "hard",
            "easy",
            "legal",
            "required",
            "matter",
        ];
        let joins = |at: &usize| matches!(self.lower(*at), "to" | "that" | "if" | "when" | "for");
        let Some(joint) = (at + 2..self.words.len().min(at + 5)).find(joins) else { return false };
        PLACES.contains(&self.lower(at + 1))
            && (joint + 1..self.words.len()).any(|at| self.names(at))
    }

    /// Whether a noun of an earlier clause of the same question is what the
    /// word at `at` stands for: "Where do logs go when they are old?"
    fn has_own_antecedent(&self, at: usize) -> bool {
        const CLAUSES: &[&str] = &[
            "and", "when", "if", "after", "before", "while", "because", "but", "once", "until",
            "unless", "though", "or", "whether", "wenn", "und", "nachdem", "bevor", "weil", "si",
            "quand", "et", "après", "cuando", "y", "e", "quando", "se",
        ];
        const ASKS: &[&str] =
            &["who", "what", "when", "where", "wer", "was", "qui", "quién", "chi"];
        let mut joined = false;
        for earlier in (0..at).rev() {
            let gap = self.words[earlier].range.end..self.words[earlier + 1].range.start;
            joined |= self.text.get(gap).unwrap_or_default().contains([',', ';']);
            if joined && self.names(earlier) {
                let verb = earlier > 0 && ASKS.contains(&self.lower(earlier - 1));
                if !verb {
                    return true;
                }
            }
            // The word that opens the question joins nothing within it.
            joined |= earlier > 0 && CLAUSES.contains(&self.lower(earlier));
        }
        false
    }
}
