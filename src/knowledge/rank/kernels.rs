//! The arithmetic of a BERT layer beside its matrix products, written so that
//! the compiler makes vector instructions of it: no branches, no library call
//! for each element, sums in lanes. The program is built for any x86-64, so the
//! widest instructions of the CPU are chosen at run time ([`vectorised`]); the
//! results are the same to the last bit.

/// Elements that are summed side by side.
const LANES: usize = 8;

/// Rows from which work is divided among threads: below, starting them costs
/// more than they save.
const DIVIDED: usize = 64;

/// Most threads.
const THREADS: usize = 8;

/// Does work with the widest vector instructions of this CPU. Only what is
/// inlined into it profits.
#[inline]
fn vectorised<T>(work: impl FnOnce() -> T) -> T {
    pulp::Arch::new().dispatch(work)
}

/// e to the power of `x`, for `x` up to 0: 2 to the whole part of x / ln 2,
/// times a polynomial (Cephes' `expf`). Off by less than 2e-7 of the result.
#[inline(always)]
fn exp(x: f32) -> f32 {
    // Adding 1.5 * 2^23 rounds to a whole number, which the lowest bits hold.
    const SHIFT: f32 = 12_582_912.0;
    let x = x.max(-87.0);
    let shifted = x * std::f32::consts::LOG2_E + SHIFT;
    let whole = shifted - SHIFT;
    let r = x - whole * 0.693_359_4 + whole * 2.121_944_4e-4;
    let mut p = 1.987_569_2e-4;
    p = p * r + 1.398_2e-3;
    p = p * r + 8.333_452e-3;
    p = p * r + 4.166_579_6e-2;
    p = p * r + 1.666_666_5e-1;
    p = p * r + 5e-1;
    let p = p * r * r + r + 1.0;
    p * f32::from_bits((shifted.to_bits() << 23).wrapping_add(0x3f80_0000))
}

/// GELU with the error function of Abramowitz and Stegun, 7.1.26, which is off
/// by less than 2e-7.
#[inline(always)]
fn gelu(x: f32) -> f32 {
    let z = x.abs() * std::f32::consts::FRAC_1_SQRT_2;
    let t = 1.0 / (1.0 + 0.327_591_1 * z);
    let mut p = 1.061_405_4;
    p = p * t - 1.453_152_1;
    p = p * t + 1.421_413_8;
    p = p * t - 0.284_496_72;
    p = p * t + 0.254_829_6;
    let erf = 1.0 - p * t * exp(-z * z);
    0.5 * (x + x.abs() * erf)
}

/// The sum of `value` over the elements of both slices.
#[inline(always)]
fn sum(a: &[f32], value: impl Fn(f32) -> f32) -> f32 {
    let mut lanes = [0.0f32; LANES];
    let chunks = a.chunks_exact(LANES);
    let rest: f32 = chunks.remainder().iter().map(|x| value(*x)).sum();
    for chunk in chunks {
        for (lane, x) in lanes.iter_mut().zip(chunk) {
            *lane += value(*x);
        }
    }
    lanes.iter().sum::<f32>() + rest
}

/// The dot product.
pub fn dot(a: &[f32], b: &[f32]) -> f32 {
    let mut lanes = [0.0f32; LANES];
    let (left, right) = (a.chunks_exact(LANES), b.chunks_exact(LANES));
    let rest: f32 = left.remainder().iter().zip(right.remainder()).map(|(x, y)| x * y).sum();
    for (x, y) in left.zip(right) {
        for (lane, (x, y)) in lanes.iter_mut().zip(x.iter().zip(y)) {
            *lane += x * y;
        }
    }
    lanes.iter().sum::<f32>() + rest
}

/// Brings a vector to length one; zeros stay.
pub fn unit(vector: &mut [f32]) {
    let length = sum(vector, |x| x * x).sqrt();
    if length > 0.0 {
        vector.iter_mut().for_each(|x| *x /= length);
    }
}

/// A layer norm's weights.
pub struct Norm {
    /// What is multiplied.
    pub weight: Vec<f32>,
    /// What is added.
    pub bias: Vec<f32>,
    /// What keeps a constant row from dividing by zero.
    pub epsilon: f32,
}

impl Norm {
    /// Normalises one row.
    #[inline(always)]
    pub fn row(&self, row: &mut [f32]) {
        let count = row.len() as f32;
        let mean = sum(row, |x| x) / count;
        let variance = sum(row, |x| (x - mean) * (x - mean)) / count;
        let scale = 1.0 / (variance + self.epsilon).sqrt();
        for ((x, weight), bias) in row.iter_mut().zip(&self.weight).zip(&self.bias) {
            *x = (*x - mean) * scale * weight + bias;
        }
    }
}

/// Adds `product + bias` to `hidden` and normalises, row by row.
pub fn add_and_norm(hidden: &mut [f32], product: &[f32], bias: &[f32], norm: &Norm) {
    let width = bias.len();
    vectorised(|| {
        for (row, product) in hidden.chunks_exact_mut(width).zip(product.chunks_exact(width)) {
            for ((x, p), b) in row.iter_mut().zip(product).zip(bias) {
                *x += p + b;
            }
            norm.row(row);
        }
    });
}

/// GELU of `product + bias`.
pub fn bias_and_gelu(product: &[f32], bias: &[f32]) -> Vec<f32> {
    let mut out = vec![0.0; product.len()];
    let width = bias.len();
    let rows = product.len() / width.max(1);
    let each = share(rows) * width;
    in_parallel(out.chunks_mut(each).zip(product.chunks(each)), |(out, product)| {
        vectorised(|| {
            for (out, product) in out.chunks_exact_mut(width).zip(product.chunks_exact(width)) {
                for ((out, p), b) in out.iter_mut().zip(product).zip(bias) {
                    *out = gelu(p + b);
                }
            }
        });
    });
    out
}

/// The attention of texts that lie one behind the other. `qkv` has a row of
/// queries, keys and values for each token, without their `bias`; `lengths`
/// are the texts'. With `first` only the first token of each text looks, and
/// the result has one row for each text.
pub fn attention(
    qkv: &[f32],
    bias: &[f32],
    lengths: &[usize],
    heads: usize,
    first: bool,
) -> Vec<f32> {
    let width = bias.len() / 3;
    let rows: usize = if first { lengths.len() } else { lengths.iter().sum() };
    let mut out = vec![0.0; rows * width];
    let mut work = Vec::with_capacity(lengths.len());
    let (mut qkv_rest, mut out_rest) = (qkv, out.as_mut_slice());
    for &length in lengths {
        let (text, behind) = qkv_rest.split_at(length * 3 * width);
        let (place, rest) = out_rest.split_at_mut(if first { width } else { length * width });
        (qkv_rest, out_rest) = (behind, rest);
        work.push((text, place));
    }
    let total: usize = lengths.iter().sum();
    let threads = if total < DIVIDED { 1 } else { threads() };
    // Neighbouring texts have like lengths, so dealing them out is fair.
    let mut hands: Vec<Vec<(&[f32], &mut [f32])>> = (0..threads).map(|_| Vec::new()).collect();
    for (index, item) in work.into_iter().enumerate() {
        if let Some(hand) = hands.get_mut(index % threads) {
            hand.push(item);
        }
    }
    in_parallel(hands.into_iter(), |hand| {
        let mut scratch = Scratch::default();
        for (text, place) in hand {
            vectorised(|| one(text, bias, heads, place, &mut scratch));
        }
    });
    out
}

/// What one text's attention needs, used again for the next.
#[derive(Default)]
struct Scratch {
    /// The keys of one head, by dimension.
    keys: Vec<f32>,
    values: Vec<f32>,
    weights: Vec<f32>,
}

#[inline(always)]
fn one(text: &[f32], bias: &[f32], heads: usize, out: &mut [f32], scratch: &mut Scratch) {
    let width = bias.len() / 3;
    let size = width / heads.max(1);
    let length = text.len() / (3 * width);
    if length == 0 || size == 0 {
        return;
    }
    let scale = 1.0 / (size as f32).sqrt();
    for head in 0..heads {
        let part = |kind: usize| kind * width + head * size..kind * width + (head + 1) * size;
        let (query_bias, key_bias, value_bias) = (&bias[part(0)], &bias[part(1)], &bias[part(2)]);
        scratch.keys.clear();
        scratch.keys.resize(size * length, 0.0);
        scratch.values.clear();
        for (at, row) in text.chunks_exact(3 * width).enumerate() {
            for (d, (key, bias)) in row[part(1)].iter().zip(key_bias).enumerate() {
                scratch.keys[d * length + at] = key + bias;
            }
            scratch.values.extend(row[part(2)].iter().zip(value_bias).map(|(v, b)| v + b));
        }
        let rows = text.chunks_exact(3 * width).zip(out.chunks_exact_mut(width));
        for (row, out) in rows {
            scratch.weights.clear();
            scratch.weights.resize(length, 0.0);
            let query = row[part(0)].iter().zip(query_bias).map(|(q, b)| (q + b) * scale);
            for (query, keys) in query.zip(scratch.keys.chunks_exact(length)) {
                for (weight, key) in scratch.weights.iter_mut().zip(keys) {
                    *weight += query * key;
                }
            }
            softmax(&mut scratch.weights);
            let out = &mut out[head * size..(head + 1) * size];
            for (weight, values) in scratch.weights.iter().zip(scratch.values.chunks_exact(size)) {
                for (out, value) in out.iter_mut().zip(values) {
                    *out += weight * value;
                }
            }
        }
    }
}

#[inline(always)]
fn softmax(weights: &mut [f32]) {
    let most = weights.iter().copied().fold(f32::MIN, f32::max);
    weights.iter_mut().for_each(|x| *x = exp(*x - most));
    let total = sum(weights, |x| x);
    weights.iter_mut().for_each(|x| *x /= total);
}

/// Threads that work is divided among.
fn threads() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from).min(THREADS)
}

/// Rows for each thread.
fn share(rows: usize) -> usize {
    if rows < DIVIDED { rows.max(1) } else { rows.div_ceil(threads()).max(1) }
}

/// Does the work of every item, on the threads that the matrix products use.
fn in_parallel<T: Send>(items: impl Iterator<Item = T>, work: impl Fn(T) + Sync) {
    let mut items = items;
    let Some(first) = items.next() else { return };
    rayon::in_place_scope(|scope| {
        let work = &work;
        for item in items {
            scope.spawn(move |_| work(item));
        }
        work(first);
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exponentials_and_gelu_keep_to_the_exact_ones() {
        for step in -8_700..=0 {
            let x = step as f32 / 100.0;
            let exact = f64::from(x).exp();
            assert!((f64::from(exp(x)) - exact).abs() <= 3e-7 * exact, "{x}");
        }
        assert!(exp(f32::MIN) < 1e-37);
        // Values of the exact GELU, from its definition with erf.
        for (x, exact) in [
            (-3.0f32, -0.004_049_694),
            (-1.0, -0.158_655),
            (-0.1, -0.046_017),
            (0.0, 0.0),
            (0.5, 0.345_731),
            (1.0, 0.841_345),
            (3.0, 2.995_95),
            (9.0, 9.0),
        ] {
            assert!((gelu(x) - exact).abs() < 1e-6, "{x}: {}", gelu(x));
        }
    }

    #[test]
    fn rows_are_normalised() {
        let norm = Norm { weight: vec![2.0; 10], bias: vec![1.0; 10], epsilon: 1e-12 };
        let mut row: Vec<f32> = (0..10).map(|x| x as f32).collect();
        norm.row(&mut row);
        let mean: f32 = row.iter().sum::<f32>() / 10.0;
        assert!((mean - 1.0).abs() < 1e-5);
        assert!((row[9] - (1.0 + 2.0 * 4.5 / 8.25f32.sqrt())).abs() < 1e-5);
    }

    #[test]
    fn attention_is_the_textbooks_and_texts_do_not_see_each_other() {
        // Two heads of two, texts of three and two tokens, no bias.
        let width = 4;
        let tokens = 5;
        let qkv: Vec<f32> =
            (0..tokens * 3 * width).map(|i| ((i * 37) % 17) as f32 / 17.0 - 0.5).collect();
        let bias = vec![0.0; 3 * width];
        let out = attention(&qkv, &bias, &[3, 2], 2, false);
        let at =
            |token: usize, kind: usize, dim: usize| qkv[token * 3 * width + kind * width + dim];
        for (token, text) in [(0, 0..3), (2, 0..3), (4, 3..5)] {
            for head in 0..2 {
                let scores: Vec<f64> = text
                    .clone()
                    .map(|other| {
                        let dims = head * 2..head * 2 + 2;
                        let dot: f32 = dims.map(|d| at(token, 0, d) * at(other, 1, d)).sum();
                        f64::from(dot / 2f32.sqrt()).exp()
                    })
                    .collect();
                let total: f64 = scores.iter().sum();
                for dim in head * 2..head * 2 + 2 {
                    let expected: f64 = text
                        .clone()
                        .zip(&scores)
                        .map(|(other, s)| s / total * f64::from(at(other, 2, dim)))
                        .sum();
                    let found = f64::from(out[token * width + dim]);
                    assert!((found - expected).abs() < 1e-5, "{token} {dim}");
                }
            }
        }
        let firsts = attention(&qkv, &bias, &[3, 2], 2, true);
        assert_eq!(firsts[..width], out[..width]);
        assert_eq!(firsts[width..], out[3 * width..4 * width]);
    }

    #[test]
    fn dividing_the_work_changes_nothing() {
        let width = 8;
        let product: Vec<f32> = (0..200 * width).map(|i| (i % 13) as f32 / 5.0 - 1.0).collect();
        let bias = vec![0.25; width];
        let divided = bias_and_gelu(&product, &bias);
        let whole: Vec<f32> = product.iter().map(|x| gelu(x + 0.25)).collect();
        assert_eq!(divided, whole);
    }
}
