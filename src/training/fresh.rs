//! Whether an adapter that was trained here still fits what it is used with.

use super::examples::form;
use super::record::Record;
use crate::domain::Stack;
use crate::setup::{Model, Setup};

/// What is to be said of the adapters of a model that was just loaded: that it
/// is asked in another form than they were trained in, or that its weights are
/// others. `None` where there is nothing to say, or nothing is known.
#[must_use]
pub fn changed(setup: &Setup, name: &str, stack: &Stack, model: &Model) -> Option<String> {
    let mut said = Vec::new();
    for applied in &stack.0 {
        let place = setup.adapter(&applied.name).ok()?;
        let Some(record) = Record::of(&place.folder) else { continue };
        let mut what = Vec::new();
        if setup.weights_stamp(name).is_ok_and(|now| now != record.base) {
            what.push("other weights");
        }
        let asked = form(model.engine.as_ref(), &model.manner);
        if asked.is_ok_and(|now| now != record.form) {
            what.push("another form of prompt");
        }
        if !what.is_empty() {
            said.push(format!(
                "{} was trained with {}; its scores may not hold",
                applied.name,
                what.join(" and ")
            ));
        }
    }
    (!said.is_empty()).then(|| said.join(". "))
}
