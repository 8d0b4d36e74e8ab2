//! Training as it looks on small and large screens.

use super::*;
use crate::app::effect::TuneFrom;
use crate::app::state::Popup;
use crate::domain::{TrainingSample, TrainingScore, TrainingStep};
use crate::ui::fixtures;
use crate::ui::popups::{self, Cache};

fn training(phase: TrainingPhase) -> Training {
    let mut training = Training::new(3, "handbook".into(), "builtin".into(), TuneFrom::Documents);
    training.plan = Some(TrainingPlan {
        rows: 240,
        held_out: 24,
        too_long: 2,
        tokens: 52_000,
        steps: 90,
        memory: 410_000_000,
        free: 9_200_000_000,
    });
    training.phase = phase;
    training
}

fn running() -> Training {
    let mut training = training(TrainingPhase::Running);
    training.curve = (1..=40)
        .map(|step| TrainingPoint {
            step,
            loss: Some(1.0 + 2.0 / step as f64),
            held_out: (step % 10 == 0).then(|| 1.2 + 1.5 / step as f64),
        })
        .collect();
    training.step = TrainingStep {
        step: 40,
        steps: 90,
        loss: Some(1.05),
        held_out: None,
        tokens_per_s: 1834.2,
        left_s: Some(83.0),
        resident: 512_000_000,
    };
    training.samples = vec![TrainingSample {
        question: "How do I skip a folder?".into(),
        plain: "QuQu".into(),
        tuned: "Write its name into .loragignore. [2]".into(),
        step: 30,
    }];
    training
}

fn draw(training: Training, size: (u16, u16)) -> String {
    let mut state = fixtures::state();
    state.training = Some(training);
    state.popups.push(Popup::from(Tune::default()));
    let mut buffer = Buffer::empty(Rect::new(0, 0, size.0, size.1));
    let area = buffer.area;
    popups::render(&state, &Theme::default(), area, &mut buffer, &mut Cache::default());
    fixtures::text(&buffer)
}

#[test]
fn curves_and_answers_fit_a_plain_terminal() {
    insta::assert_snapshot!("tune_80x24", draw(running(), (80, 24)));
    insta::assert_snapshot!("tune_120x36", draw(running(), (120, 36)));
}

#[test]
fn the_smallest_screens_are_no_crash() {
    for size in [(1, 1), (3, 2), (12, 5), (20, 8), (40, 12)] {
        let text = draw(running(), size);
        assert_eq!(text.lines().count(), usize::from(size.1), "{size:?}");
    }
    assert!(draw(running(), (40, 12)).contains("loss 1.050"));
}

#[test]
fn a_plan_waits_for_enter() {
    let text = draw(training(TrainingPhase::Planned), (80, 24));
    for part in ["240 rows", "24 held out", "2 too long", "90 steps", "Enter begins", "ready"] {
        assert!(text.contains(part), "{part}: {text}");
    }
}

#[test]
fn what_it_was_worth_is_told() {
    let mut done = running();
    done.phase = TrainingPhase::Done;
    done.scores = vec![TrainingScore {
        mode: "hybrid".into(),
        n: 24,
        before: 0.31,
        after: 0.52,
        gain: 0.21,
        low: 0.12,
        high: 0.3,
        ..TrainingScore::default()
    }];
    let text = draw(done, (100, 30));
    assert!(text.contains("hybrid: F1 0.310 → 0.520") && text.contains("better"), "{text}");
    assert!(text.contains("answer with it"), "{text}");
}

#[test]
fn a_curve_of_one_value_is_drawn() {
    let mut flat = running();
    flat.curve.iter_mut().for_each(|point| point.loss = Some(1.0));
    flat.curve[0].loss = Some(f64::NAN);
    assert!(draw(flat, (80, 24)).contains("steps"));
}

#[test]
fn the_status_bar_says_that_it_goes_on() {
    use crate::domain::{JobKind, Progress};
    let mut state = fixtures::state();
    state.jobs.begin(JobKind::Tune, "handbook".into(), "steps", 3, 0);
    let progress = Progress { done: 40, total: Some(80) };
    state.jobs.of(JobKind::Tune, 3).unwrap().advance(progress, 1);
    let text = fixtures::draw(&state, 120, 36);
    assert!(text.contains("training 50 %"), "{text}");
}
