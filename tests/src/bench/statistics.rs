//! The few statistics of a benchmark: least value, median, geometric mean.
//!
//! All of them ignore nothing: a value that must not count is left out by the caller, who says
//! why in its place.

/// The least of some values; `None` when there are none.
pub fn minimum(values: &[f64]) -> Option<f64> {
    values.iter().copied().min_by(f64::total_cmp)
}

/// The median of some values, the mean of the middle two when their number is even; `None` when
/// there are none.
pub fn median(values: &[f64]) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let middle = sorted.len() / 2;
    let upper = sorted.get(middle).copied()?;
    if sorted.len() % 2 == 1 {
        return Some(upper);
    }
    let lower = sorted.get(middle.checked_sub(1)?).copied()?;
    Some((lower + upper) / 2.0)
}

/// The geometric mean of positive values; `None` when there are none or one isn't positive.
pub fn geometric_mean(values: &[f64]) -> Option<f64> {
    if values.is_empty() || values.iter().any(|&value| value <= 0.0) {
        return None;
    }
    let logarithms: f64 = values.iter().map(|value| value.ln()).sum();
    #[expect(
        clippy::cast_precision_loss,
        reason = "nobody has 2^53 programs to measure"
    )]
    let count = values.len() as f64;
    Some((logarithms / count).exp())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn least_and_median() {
        assert_eq!(minimum(&[3.0, 1.0, 2.0]), Some(1.0));
        assert_eq!(median(&[3.0, 1.0, 2.0]), Some(2.0));
        assert_eq!(median(&[4.0, 1.0, 2.0, 3.0]), Some(2.5));
        assert_eq!(minimum(&[]), None);
        assert_eq!(median(&[]), None);
    }

    #[test]
    fn geometric_means() {
        let mean = geometric_mean(&[0.5, 2.0, 1.0]).unwrap();
        assert!((mean - 1.0).abs() < 1e-12, "{mean}");
        let mean = geometric_mean(&[0.4, 0.9]).unwrap();
        assert!((mean - 0.6).abs() < 1e-12, "{mean}");
        assert_eq!(geometric_mean(&[]), None);
        assert_eq!(geometric_mean(&[1.0, 0.0]), None);
    }
}
