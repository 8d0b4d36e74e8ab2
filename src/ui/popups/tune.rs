//! Training: what lies before it, the curves of its loss, its rate and time
//! left, and the same questions answered by the latest adapter and without it.

use super::super::text;
use super::super::theme::{Role, Theme};
use super::canvas::{Canvas, role_style};
use super::frame::{Frame, hints, inner};
use crate::app::effect::{ScrollBy, TuneFrom};
use crate::app::keymap::Layer;
use crate::app::state::{Training, TrainingPhase, Tune};
use crate::app::{Action, State};
use crate::domain::{TrainingPlan, TrainingPoint, visible};
use ratatui::buffer::Buffer;
use ratatui::layout::{Constraint, Layout, Margin, Rect};
use ratatui::style::Style;
use ratatui::symbols::Marker;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Axis, Chart, Dataset, GraphType, Widget};

/// Rows of the state above the curves.
const HEAD: u16 = 3;
/// Least rows of the curves; without them there are none.
const CURVES: u16 = 6;

/// Draws training.
pub(super) fn render(open: &Tune, canvas: &Canvas<'_>, buffer: &mut Buffer) {
    let area = whole(canvas.screen);
    let Some(training) = &canvas.state.training else {
        Frame { title: "Train an adapter".to_owned(), ..Frame::default() }
            .render(canvas, area, buffer);
        return;
    };
    let [head, curves, below] = parts(area, training);
    let lines = below_lines(training, below.width, canvas.theme);
    let frame = Frame {
        title: format!("Train {}", visible(&training.name)),
        count: count(training),
        hints: hints(&canvas.state.keymap, Layer::Tune, &keys(&training.phase)),
        more_below: open.scroll + usize::from(below.height) < lines.len(),
        ..Frame::default()
    };
    frame.render(canvas, area, buffer);
    for (row, line) in head.rows().zip(head_lines(training, canvas.theme)) {
        buffer.set_line(row.x, row.y, &line, row.width);
    }
    if curves.height >= CURVES {
        chart(&training.curve, training.step.steps, canvas.theme, curves, buffer);
    }
    for (row, line) in below.rows().zip(lines.iter().skip(open.scroll)) {
        buffer.set_line(row.x, row.y, line, row.width);
    }
}

/// The topmost row of the answers after a movement; `None` where nothing changes.
pub(super) fn scroll(open: &Tune, state: &State, screen: Rect, by: ScrollBy) -> Option<usize> {
    let training = state.training.as_ref()?;
    let [_, _, below] = parts(whole(screen), training);
    let lines = below_lines(training, below.width, &Theme::default()).len();
    let last = lines.saturating_sub(usize::from(below.height));
    let now = open.scroll.min(last);
    let page = isize::from(below.height.max(3) as i16) - 2;
    let next = match by {
        ScrollBy::Lines(lines) => now.saturating_add_signed(lines as isize).min(last),
        ScrollBy::Pages(pages) => now.saturating_add_signed(pages as isize * page).min(last),
        ScrollBy::Top => 0,
        ScrollBy::Bottom => last,
        ScrollBy::Turn(_) | ScrollBy::Byte(..) | ScrollBy::Line(_) => return None,
    };
    (next != open.scroll).then_some(next)
}

/// All of the screen but the status line.
fn whole(screen: Rect) -> Rect {
    Rect { height: screen.height.saturating_sub(1), ..screen }
}

/// Where the state, the curves, and the answers stand.
fn parts(area: Rect, training: &Training) -> [Rect; 3] {
    let inside = inner(area).inner(Margin::new(1, 0));
    let curves = if training.curve.is_empty() {
        0
    } else {
        // Half of what is left, so that answers have room.
        (inside.height.saturating_sub(HEAD) / 2).max(CURVES).min(inside.height)
    };
    Layout::vertical([Constraint::Length(HEAD), Constraint::Length(curves), Constraint::Fill(1)])
        .areas(inside)
}

fn keys(phase: &TrainingPhase) -> Vec<(Action, &'static str)> {
    let mut keys = match phase {
        TrainingPhase::Planned => vec![(Action::Accept, "begin")],
        TrainingPhase::Stopped(_) => vec![(Action::Accept, "go on")],
        TrainingPhase::Done => {
            vec![(Action::Accept, "answer with it"), (Action::Compare, "compare")]
        }
        TrainingPhase::Preparing | TrainingPhase::Running => vec![(Action::StopWork, "stop")],
        TrainingPhase::Failed(_) => Vec::new(),
    };
    keys.push((Action::Close, "close"));
    keys.push((Action::Down, "scroll"));
    keys
}

fn count(training: &Training) -> String {
    let step = &training.step;
    match (&training.phase, training.judged) {
        (TrainingPhase::Preparing, _) => "preparing".to_owned(),
        (TrainingPhase::Planned, _) => "ready".to_owned(),
        (TrainingPhase::Running, Some((done, all)))
            if step.step == 0 || step.step >= step.steps =>
        {
            format!("measuring {done}/{all}")
        }
        (TrainingPhase::Running, _) => format!("step {}/{}", step.step, step.steps),
        (TrainingPhase::Done, _) => "done".to_owned(),
        (TrainingPhase::Stopped(step), _) => format!("stopped at step {step}"),
        (TrainingPhase::Failed(_), _) => "failed".to_owned(),
    }
}

/// What it is about, what lies before it, and how it goes.
fn head_lines(training: &Training, theme: &Theme) -> Vec<Line<'static>> {
    let dim = theme.style(Role::Dim);
    let from = match &training.from {
        TuneFrom::Documents => "the documents".to_owned(),
        TuneFrom::Sessions => "turns marked good".to_owned(),
        TuneFrom::File(path) => visible(&path.display().to_string()).into_owned(),
    };
    let mut lines = vec![Line::styled(
        format!("for {}, on {from}", visible(&training.model)),
        role_style(theme, Role::Text),
    )];
    lines.push(Line::styled(training.plan.as_ref().map(planned).unwrap_or_default(), dim));
    let now = match &training.phase {
        TrainingPhase::Preparing | TrainingPhase::Running if !training.stage.is_empty() => {
            format!("{}…", training.stage)
        }
        _ if training.step.step > 0 => stepped(training),
        _ => String::new(),
    };
    lines.push(Line::styled(now, role_style(theme, Role::Text)));
    lines
}

fn planned(plan: &TrainingPlan) -> String {
    let long = match plan.too_long {
        0 => String::new(),
        many => format!(", {many} too long"),
    };
    let free = match plan.free {
        0 => String::new(),
        free => format!(" of {}", free / 1_000_000),
    };
    format!(
        "{} rows, {} held out{long} · {} tokens · {} steps · {}{free} MB",
        plan.rows,
        plan.held_out,
        plan.tokens,
        plan.steps,
        plan.memory / 1_000_000,
    )
}

fn stepped(training: &Training) -> String {
    let step = &training.step;
    let held_out = training.curve.iter().rev().find_map(|point| point.held_out);
    let mut parts: Vec<String> = step.loss.iter().map(|loss| format!("loss {loss:.3}")).collect();
    parts.extend(held_out.map(|loss| format!("held out {loss:.3}")));
    parts.push(format!("{:.0} tokens/s", step.tokens_per_s));
    if let Some(left) = step.left_s.filter(|_| training.runs()) {
        let left = left.max(0.0) as u64;
        parts.push(format!("{}:{:02} left", left / 60, left % 60));
    }
    if step.resident > 0 {
        parts.push(format!("{} MB", step.resident / 1_000_000));
    }
    parts.join(" · ")
}

/// Loss by step: the rows trained on as a line, the rows held out as marks.
fn chart(curve: &[TrainingPoint], steps: usize, theme: &Theme, area: Rect, buffer: &mut Buffer) {
    let trained: Vec<(f64, f64)> =
        curve.iter().filter_map(|p| Some((p.step as f64, p.loss?))).collect();
    let held_out: Vec<(f64, f64)> =
        curve.iter().filter_map(|p| Some((p.step as f64, p.held_out?))).collect();
    let all = || trained.iter().chain(&held_out).map(|(_, loss)| *loss).filter(|l| l.is_finite());
    let (low, high) = all().fold((f64::MAX, f64::MIN), |(low, high), x| (low.min(x), high.max(x)));
    if low > high {
        return;
    }
    let room = ((high - low) * 0.05).max(0.01);
    let (low, high) = ((low - room).max(0.0), high + room);
    let last = steps.max(curve.last().map_or(1, |point| point.step)).max(2) as f64;
    let dim = theme.style(Role::Dim);
    let label = |value: f64| Span::styled(format!("{value:.2}"), dim);
    let legend = Line::from(vec![
        Span::styled("── ", theme.style(Role::Sparkline)),
        Span::styled("loss   ", dim),
        Span::styled("● ", theme.style(Role::Supported)),
        Span::styled("held out", dim),
    ]);
    let [top, area] = Layout::vertical([Constraint::Length(1), Constraint::Fill(1)]).areas(area);
    buffer.set_line(top.x, top.y, &legend, top.width);
    let data = |points, marker, kind, style: Style| {
        Dataset::default().data(points).marker(marker).graph_type(kind).style(style)
    };
    let datasets = vec![
        data(&trained, Marker::Braille, GraphType::Line, theme.style(Role::Sparkline)),
        data(&held_out, Marker::Dot, GraphType::Scatter, theme.style(Role::Supported)),
    ];
    let x = Axis::default()
        .bounds([0.0, last])
        .style(theme.style(Role::Faint))
        .labels([Span::styled("0", dim), Span::styled(format!("{last:.0} steps"), dim)]);
    let y = Axis::default().bounds([low, high]).style(theme.style(Role::Faint)).labels([
        label(low),
        label((low + high) / 2.0),
        label(high),
    ]);
    Chart::new(datasets).x_axis(x).y_axis(y).legend_position(None).render(area, buffer);
}

/// Scores, errors, and the questions that are answered while it runs.
fn below_lines(training: &Training, width: u16, theme: &Theme) -> Vec<Line<'static>> {
    let mut lines = Vec::new();
    let mut put = |text: &str, role: Role| {
        let text = text.replace('\n', " ");
        let span = Span::styled(visible(&text).into_owned(), role_style(theme, role));
        lines.extend(text::wrap_spans(vec![span], width, "", "    "));
    };
    if let TrainingPhase::Failed(message) = &training.phase {
        put(message, Role::Unsupported);
    }
    if training.phase == TrainingPhase::Planned {
        put("Enter begins. The chat goes on meanwhile, and /tune shows how far it is.", Role::Text);
    }
    for score in &training.scores {
        put(&score.text(), if score.better() { Role::Supported } else { Role::Text });
    }
    for sample in &training.samples {
        put(&sample.question, Role::Question);
        put(&format!("  plain: {}", sample.plain.trim()), Role::Dim);
        if !sample.tuned.is_empty() {
            put(&format!("  step {}: {}", sample.step, sample.tuned.trim()), Role::Text);
        }
    }
    lines
}

#[cfg(test)]
mod tests;
