//! The history of the geometric mean as a picture: SVG that stands alone.

use super::history::Point;

const WIDTH: f64 = 720.0;
const HEIGHT: f64 = 240.0;
const MARGIN: f64 = 40.0;
/// Points in the picture, the newest ones.
const MOST: usize = 200;

/// The picture of one interpreter's means, the oldest left; empty without two points.
pub fn svg(points: &[Point], label: &str) -> String {
    let all: Vec<f64> = points
        .iter()
        .filter_map(|point| point.means.get(label).copied())
        .collect();
    let means = all
        .get(all.len().saturating_sub(MOST)..)
        .unwrap_or_default();
    if means.len() < 2 {
        return String::new();
    }
    // 1.0, the reference, is always in the picture.
    let top = means.iter().copied().fold(1.0, f64::max) * 1.05;
    let y = |mean: f64| HEIGHT - MARGIN - mean / top * (HEIGHT - 2.0 * MARGIN);
    let step = (WIDTH - 2.0 * MARGIN) / (as_number(means.len()) - 1.0);
    let mut marks = String::new();
    let mut x = MARGIN;
    for &mean in means {
        marks.push_str(&format!("{x:.1},{:.1} ", y(mean)));
        x += step;
    }
    let last = means.last().copied().unwrap_or_default();
    let (one, right, base) = (y(1.0), WIDTH - MARGIN, HEIGHT - MARGIN);
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" font-family=\"sans-serif\" font-size=\"12\">\n\
         <text x=\"{MARGIN}\" y=\"20\">User CPU time over the reference's, geometric mean, {} runs; the newest {last:.3}</text>\n\
         <line x1=\"{MARGIN}\" y1=\"{one:.1}\" x2=\"{right}\" y2=\"{one:.1}\" stroke=\"#999\" stroke-dasharray=\"4\"/>\n\
         <text x=\"10\" y=\"{one:.1}\">1.0</text>\n\
         <line x1=\"{MARGIN}\" y1=\"{base}\" x2=\"{right}\" y2=\"{base}\" stroke=\"#999\"/>\n\
         <polyline points=\"{}\" fill=\"none\" stroke=\"#06c\" stroke-width=\"2\"/>\n</svg>\n",
        means.len(),
        marks.trim_end(),
    )
}

fn as_number(count: usize) -> f64 {
    u32::try_from(count).map_or(f64::MAX, f64::from)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn point(mean: f64) -> Point {
        Point {
            started: String::new(),
            revision: String::new(),
            runs: 1,
            means: BTreeMap::from([("rilua".to_owned(), mean)]),
            ratios: BTreeMap::new(),
            memory: BTreeMap::new(),
        }
    }

    #[test]
    fn a_line_from_left_to_right() {
        assert_eq!(svg(&[point(1.0)], "rilua"), "");
        assert_eq!(svg(&[point(1.0), point(0.5)], "other"), "");
        let picture = svg(&[point(1.0), point(0.5)], "rilua");
        assert!(
            picture.contains("points=\"40.0,47.6 680.0,123.8\""),
            "{picture}"
        );
        assert!(picture.contains("the newest 0.500"), "{picture}");
    }
}
