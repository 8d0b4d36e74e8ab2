//! Each operation's fused loop against the composed one, and each derivative
//! against candle's of the composed form and against finite differences.

use super::apart;
use crate::tune::ops::rotary::{Angles, Heads, Norms};
use crate::tune::ops::{attention, composed, entropy, merge, norm, product, rotary, swiglu};
use candle_core::{Device, Result, Tensor, Var};

const SPANS: [std::ops::Range<usize>; 3] = [0..1, 1..120, 120..150];

fn random(rows: usize, columns: usize, seed: u64) -> Tensor {
    let mut random = fastrand::Rng::with_seed(seed);
    let values = (0..rows * columns).map(|_| random.f32() * 2.0 - 1.0).collect::<Vec<f32>>();
    Tensor::from_vec(values, (rows, columns), &Device::Cpu).unwrap()
}

fn flat(tensor: &Tensor) -> Vec<f32> {
    tensor.flatten_all().unwrap().to_vec1().unwrap()
}

fn close(name: &str, found: &Tensor, expected: &Tensor) {
    assert_eq!(found.dims(), expected.dims(), "{name}");
    let apart = apart(&flat(found), &flat(expected));
    assert!(apart < 2e-5, "{name} is {apart} apart");
}

/// The gradient of `x` that candle derives for the composed form.
fn derived(x: &Tensor, dy: &Tensor, form: impl Fn(&Tensor) -> Result<Tensor>) -> Tensor {
    let var = Var::from_tensor(x).unwrap();
    let loss = (form(var.as_tensor()).unwrap() * dy).unwrap().sum_all().unwrap();
    loss.backward().unwrap().get(&var).unwrap().clone()
}

/// Compares some numbers of a gradient with how much the output changes.
fn finite(
    name: &str,
    x: &Tensor,
    dy: &Tensor,
    gradient: &Tensor,
    form: impl Fn(&Tensor) -> Result<Tensor>,
) {
    let (rows, columns) = x.dims2().unwrap();
    let (values, gradient) = (flat(x), flat(gradient));
    let most = super::largest(&gradient);
    let loss = |values: Vec<f32>| -> f64 {
        let x = Tensor::from_vec(values, (rows, columns), &Device::Cpu).unwrap();
        let out = form(&x).unwrap();
        flat(&out).iter().zip(flat(dy)).map(|(a, b)| f64::from(*a) * f64::from(b)).sum()
    };
    for place in (0..values.len()).step_by(values.len() / 23) {
        let moved = |by: f32| {
            let mut values = values.clone();
            values[place] += by;
            loss(values)
        };
        let slope = (moved(0.01) - moved(-0.01)) / 0.02;
        let apart = (slope as f32 - gradient[place]).abs() / most;
        assert!(apart < 0.01, "{name} at {place}: {slope} and {}", gradient[place]);
    }
}

#[test]
fn norm_and_its_derivative() {
    let (x, dy, weight) = (random(70, 100, 1), random(70, 100, 2), random(1, 100, 3));
    let weight = weight.flatten_all().unwrap();
    let form = |x: &Tensor| composed::norm(x, &weight, 1e-5);
    close("norm", &norm::forward(&x, &weight, 1e-5).unwrap(), &form(&x).unwrap());
    let skip = random(70, 100, 4);
    let gradient = norm::backward(&x, &weight, 1e-5, &dy, &skip).unwrap();
    let expected = (derived(&x, &dy, form) + &skip).unwrap();
    close("derivative", &gradient, &expected);
    let alone = composed::norm_backward(&x, &weight, 1e-5, &dy).unwrap();
    close("composed derivative", &(&alone + &skip).unwrap(), &expected);
    finite("norm", &x, &dy, &alone, form);
    let (total, normed) = norm::add_forward(&x, &dy, &weight, 1e-5).unwrap();
    close("sum", &total, &(&x + &dy).unwrap());
    close("norm of the sum", &normed, &form(&total).unwrap());
}

#[test]
fn gated_activation_and_its_derivative() {
    let both = (random(90, 66, 1) * 12.0).unwrap();
    let dy = random(90, 33, 2);
    close("swiglu", &swiglu::forward(&both).unwrap(), &composed::swiglu(&both).unwrap());
    let gradient = swiglu::backward(&both, &dy).unwrap();
    close("derivative", &gradient, &derived(&both, &dy, composed::swiglu));
    close("composed", &composed::swiglu_backward(&both, &dy).unwrap(), &gradient);
    finite("swiglu", &both, &dy, &gradient, swiglu::forward);
}

fn angles(rows: usize, half: usize) -> Angles {
    let values: Vec<f32> = (0..rows * half).map(|i| (i as f32 * 0.37).sin() * 3.0).collect();
    let all = Tensor::from_vec(values, (rows, half), &Device::Cpu).unwrap();
    Angles { cos: all.cos().unwrap(), sin: all.sin().unwrap() }
}

#[test]
fn rotation_and_its_derivative() {
    let angles = angles(150, 10);
    let (query, key) = (random(1, 20, 8), random(1, 20, 9));
    let (query, key) = (query.flatten_all().unwrap(), key.flatten_all().unwrap());
    for normed in [false, true] {
        let norms = normed.then_some(Norms { query: &query, key: &key, epsilon: 1e-6 });
        let heads = Heads { queries: 4, keys: 2, size: 20, norms };
        let (raw, dy) = (random(150, 160, 1), random(150, 160, 2));
        let form = |x: &Tensor| composed::rotary(x, &heads, &angles);
        close("turned", &rotary::forward(&raw, &heads, &angles).unwrap(), &form(&raw).unwrap());
        let gradient = rotary::backward(&raw, &heads, &angles, &dy).unwrap();
        close("derivative", &gradient, &derived(&raw, &dy, form));
        let other = composed::rotary_backward(&raw, &heads, &angles, &dy).unwrap();
        close("composed derivative", &other, &gradient);
        finite("rotary", &raw, &dy, &gradient, form);
    }
}

#[test]
fn attention_and_its_derivative() {
    for (queries, keys, size) in [(4, 2, 20), (3, 1, 16), (2, 2, 8)] {
        let heads = Heads { queries, keys, size, norms: None };
        let width = (queries + 2 * keys) * size;
        let turned = (random(150, width, 1) * 2.0).unwrap();
        let dy = random(150, queries * size, 2);
        let (out, sums) = attention::forward(&turned, &heads, &SPANS).unwrap();
        let (expected, expected_sums) = composed::attention(&turned, &heads, &SPANS).unwrap();
        close("attention", &out, &expected);
        close("sums", &sums, &expected_sums);
        let form = |x: &Tensor| Ok(composed::attention(x, &heads, &SPANS)?.0);
        let gradient = attention::backward(&turned, &heads, &SPANS, (&out, &sums), &dy).unwrap();
        close("derivative", &gradient, &derived(&turned, &dy, form));
        let other = composed::attention_backward(&turned, &heads, &SPANS, &dy).unwrap();
        close("composed derivative", &other, &gradient);
        finite("attention", &turned, &dy, &gradient, form);
    }
}

#[test]
fn cross_entropy_and_its_derivative() {
    let (hidden, head) = (random(40, 24, 1), (random(300, 24, 2) * 3.0).unwrap());
    let targets: Vec<u32> = (0..40).map(|i| (i * 7) % 300).collect();
    let (loss, gradient) = entropy::loss(&hidden, &head, &targets, Some(0.25)).unwrap();
    let gradient = gradient.unwrap();
    let logits = hidden.matmul(&head.t().unwrap()).unwrap();
    let wanted = Tensor::new(targets.as_slice(), &Device::Cpu).unwrap();
    let mean = candle_nn::loss::cross_entropy(&logits, &wanted).unwrap();
    let mean = f64::from(mean.to_scalar::<f32>().unwrap());
    assert!((loss / 40.0 - mean).abs() < 1e-5 * mean, "{} and {mean}", loss / 40.0);
    let one = Tensor::full(0.25f32, (40, 1), &Device::Cpu).unwrap();
    let form = |x: &Tensor| {
        let logits = x.matmul(&head.t()?)?;
        let all = candle_nn::ops::log_softmax(&logits, 1)?;
        all.gather(&wanted.unsqueeze(1)?, 1)?.neg()
    };
    close("derivative", &gradient, &derived(&hidden, &one, form));
    let (other, slope) = composed::entropy(&logits, &targets, Some(0.25)).unwrap();
    assert!((other - loss).abs() < 1e-4 * loss);
    close("composed derivative", &slope.unwrap().matmul(&head).unwrap(), &gradient);
    let (alone, none) = entropy::loss(&hidden, &head, &targets, None).unwrap();
    assert!(none.is_none() && (alone - loss).abs() < 1e-9);
}

struct Product<'a>(product::Left<'a>, &'a [f32], usize);

impl pulp::WithSimd for Product<'_> {
    type Output = Vec<f32>;

    #[inline(always)]
    fn with_simd<S: pulp::Simd>(self, simd: S) -> Vec<f32> {
        let mut c = vec![0.0; self.2 * 32];
        product::accumulate(simd, (&mut c, 32), self.0, (self.1, 32), (self.2, 9, 32));
        c
    }
}

#[test]
fn small_products_of_any_height() {
    for rows in 1..14 {
        let (a, b) = (random(rows, 9, 1), random(9, 32, 2));
        let (left, across) = (flat(&a), flat(&a.t().unwrap().contiguous().unwrap()));
        let (right, expected) = (flat(&b), a.matmul(&b).unwrap());
        for left in [product::Left::Rows(&left, 9), product::Left::Columns(&across, rows)] {
            let wide = pulp::Arch::new().dispatch(Product(left, &right, rows));
            let narrow = pulp::WithSimd::with_simd(Product(left, &right, rows), pulp::Scalar);
            for found in [wide, narrow] {
                let found = Tensor::from_vec(found, (rows, 32), &Device::Cpu).unwrap();
                close("product", &found, &expected);
            }
        }
    }
}

#[test]
fn a_change_is_added_to_frozen_rows() {
    for rank in [1, 4, 6, 16] {
        let (w, a, b) = (random(70, 50, 1), random(rank, 50, 2), random(70, rank, 3));
        let (values, left, right) = (flat(&w), flat(&a), flat(&b));
        let change = merge::Change { a: &left, b: &right, rank, scale: 0.5 };
        let mut out = vec![0.0; 70 * 50];
        merge::rows(&mut out, 50, Some(change), |first, out| {
            out.copy_from_slice(&values[first * 50..first * 50 + out.len()]);
            Ok(())
        })
        .unwrap();
        let expected = (w + (b.matmul(&a).unwrap() * 0.5).unwrap()).unwrap();
        close("changed", &Tensor::from_vec(out, (70, 50), &Device::Cpu).unwrap(), &expected);
    }
}
