//! A report as one self-contained page: `index.html`, from the template `page.html`.
//!
//! All texts are escaped by the template engine; the page has no script and loads nothing.

use anyhow::{Context as _, Result};
use minijinja::value::Serde;
use minijinja::{AutoEscape, Environment, Value as Filling};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::history::Point;
use super::night::{Finding, Night};

const TEMPLATE: &str = include_str!("page.html");

/// Width and height of the plot in its own units.
const PLOT: (f64, f64) = (640.0, 120.0);

/// Room above the plot.
const MARGIN: f64 = 10.0;

/// Reports in the plot, the newest ones.
const MOST_MARKS: usize = 60;

/// Steps of the heat map's scale above nothing.
const STEPS: u32 = 5;

/// A table of counts: how often what stands at its left was met with what stands above.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grid {
    /// What is counted.
    pub title: String,
    /// Names of the rows.
    pub rows: Vec<String>,
    /// Names of the columns.
    pub columns: Vec<String>,
    /// The counts, row by row; absent where a combination can't occur.
    pub counts: Vec<Vec<Option<u64>>>,
}

/// What the template is filled with.
#[derive(Debug, Serialize)]
struct Page<'a> {
    night: &'a Night,
    findings: Vec<Shown<'a>>,
    newly_broken: usize,
    point: Point,
    plot: Vec<Mark>,
    width: f64,
    height: f64,
    grids: Vec<Heat<'a>>,
}

/// A finding, and its excerpt as two columns.
#[derive(Debug, Serialize)]
struct Shown<'a> {
    finding: &'a Finding,
    pairs: Vec<Pair>,
}

/// A report in the plot: the line goes through `x` and `y`.
#[derive(Debug, Serialize)]
struct Mark {
    x: f64,
    y: f64,
    left: f64,
    bar_width: f64,
    bar_top: f64,
    bar: f64,
    label: String,
}

/// A grid with the step of each count.
#[derive(Debug, Serialize)]
struct Heat<'a> {
    title: &'a str,
    columns: &'a [String],
    rows: Vec<Row<'a>>,
    met: usize,
    all: usize,
}

/// A row of the heat map.
#[derive(Debug, Serialize)]
struct Row<'a> {
    name: &'a str,
    cells: Vec<Cell>,
}

/// A cell of the heat map.
#[derive(Debug, Serialize)]
struct Cell {
    count: Option<u64>,
    step: u32,
}

/// A row of two texts side by side.
#[derive(Debug, PartialEq, Eq, Serialize)]
struct Pair {
    left: Option<String>,
    right: Option<String>,
    same: bool,
}

/// The page.
///
/// # Errors
///
/// When the template can't be filled, which is a fault of the harness.
pub fn page(night: &Night, history: &[Point]) -> Result<String> {
    let mut environment = Environment::new();
    environment.set_auto_escape_callback(|_| AutoEscape::Html);
    environment
        .add_template("page.html", TEMPLATE)
        .context("the template of the report")?;
    let findings = night.findings.iter().map(|finding| Shown {
        finding,
        pairs: side_by_side(finding),
    });
    let grids = grids(night.exercised.as_ref());
    let page = Page {
        night,
        findings: findings.collect(),
        newly_broken: night.newly_broken(),
        point: night.point(),
        plot: plot(history),
        width: PLOT.0,
        height: PLOT.1,
        grids: grids.iter().map(heat).collect(),
    };
    environment
        .get_template("page.html")
        .and_then(|template| template.render(Filling::from(Serde(&page))))
        .context("the template of the report")
}

/// The tables in `exercised.json`: its field `grids`.
pub fn grids(exercised: Option<&Value>) -> Vec<Grid> {
    exercised
        .and_then(|value| value.get("grids"))
        .and_then(|grids| Vec::<Grid>::deserialize(grids).ok())
        .unwrap_or_default()
}

/// A grid with the step of each count on a logarithmic scale.
fn heat(grid: &Grid) -> Heat<'_> {
    let most = grid.counts.iter().flatten().flatten().max().copied();
    let scale = f64::from(STEPS) / (most.unwrap_or(0) as f64 + 1.0).ln().max(1.0);
    let cell = |count: &Option<u64>| Cell {
        count: *count,
        step: match count {
            None | Some(0) => 0,
            Some(count) => (((*count as f64 + 1.0).ln() * scale) as u32).clamp(1, STEPS),
        },
    };
    let rows = grid
        .rows
        .iter()
        .zip(&grid.counts)
        .map(|(name, counts)| Row {
            name,
            cells: counts.iter().map(cell).collect(),
        });
    let possible = grid.counts.iter().flatten().flatten();
    let (met, all) = possible.fold((0, 0), |(met, all), &count| {
        (met + usize::from(count > 0), all + 1)
    });
    Heat {
        title: &grid.title,
        columns: &grid.columns,
        rows: rows.collect(),
        met,
        all,
    }
}

/// The trend: a mark for each point, the programs as a line, the signatures as bars.
fn plot(history: &[Point]) -> Vec<Mark> {
    let shown = history
        .get(history.len().saturating_sub(MOST_MARKS)..)
        .unwrap_or_default();
    let most = |of: fn(&Point) -> f64| shown.iter().map(of).fold(1.0, f64::max);
    let programs = most(|point| point.programs as f64);
    let signatures = most(|point| point.signatures.len() as f64);
    let step = PLOT.0 / (shown.len().max(1) as f64);
    let mark = |(index, point): (usize, &Point)| {
        let count = point.signatures.len();
        let bar = count as f64 / signatures * (PLOT.1 - MARGIN);
        Mark {
            x: step * (index as f64 + 0.5),
            y: PLOT.1 - point.programs as f64 / programs * (PLOT.1 - MARGIN),
            left: step * (index as f64 + 0.25),
            bar_width: step * 0.5,
            bar_top: PLOT.1 - bar,
            bar,
            label: format!(
                "{} {}: {} programs, {count} signatures",
                point.started.get(..10).unwrap_or(&point.started),
                point.revision,
                point.programs
            ),
        }
    };
    shown.iter().enumerate().map(mark).collect()
}

/// The excerpt of a finding as two columns: added lines beside the removed ones before them.
fn side_by_side(finding: &Finding) -> Vec<Pair> {
    let mut pairs: Vec<Pair> = Vec::new();
    // The first pair of the present change that has nothing at its right.
    let mut free = 0;
    for line in &finding.excerpt {
        let text = Some(line.get(2..).unwrap_or_default().to_owned());
        match line.as_bytes().first() {
            Some(b'-') => pairs.push(Pair {
                left: text,
                right: None,
                same: false,
            }),
            Some(b'+') => {
                if let Some(pair) = pairs.get_mut(free) {
                    pair.right = text;
                } else {
                    pairs.push(Pair {
                        left: None,
                        right: text,
                        same: false,
                    });
                }
                free += 1;
            }
            _ => {
                pairs.push(Pair {
                    left: text.clone(),
                    right: text,
                    same: true,
                });
                free = pairs.len();
            }
        }
    }
    pairs
}

#[cfg(test)]
mod tests {
    use super::super::night::tests::night;
    use super::*;

    #[test]
    fn the_page_escapes_what_programs_contain() {
        let page = page(&night(), &[]).unwrap();
        assert!(page.contains("return &lt;b&gt;"), "{page}");
        assert!(!page.contains("return <b>"));
        assert!(page.contains("gone0000"));
        assert!(!page.contains("<script"));
    }

    #[test]
    fn removed_and_added_lines_stand_beside_each_other() {
        let mut night = night();
        let finding = &mut night.findings[0];
        finding.excerpt = ["  a", "- b", "- c", "+ d", "  e"]
            .map(str::to_owned)
            .into();
        let pairs = side_by_side(finding);
        let pairs: Vec<_> = pairs
            .iter()
            .map(|pair| (pair.left.as_deref(), pair.right.as_deref()))
            .collect();
        assert_eq!(
            pairs,
            [
                (Some("a"), Some("a")),
                (Some("b"), Some("d")),
                (Some("c"), None),
                (Some("e"), Some("e"))
            ]
        );
    }

    #[test]
    fn the_scale_is_logarithmic_and_nothing_is_nothing() {
        let grid = Grid {
            title: "t".into(),
            rows: vec!["ADD".into()],
            columns: ["a", "b", "c", "d"].map(str::to_owned).into(),
            counts: vec![vec![Some(0), Some(1), Some(1_000_000), None]],
        };
        let shown = heat(&grid);
        assert_eq!((shown.met, shown.all), (2, 3));
        let steps: Vec<u32> = shown.rows[0].cells.iter().map(|cell| cell.step).collect();
        assert_eq!(steps, [0, 1, 5, 0]);
    }
}
