//! Tables of a benchmark, in Markdown, and the place in a page that they go to.

use anyhow::{Result, bail};

use super::{Cell, Interpreter, Row, bounded, ratio, statistics};

/// Below this peak of the reference, in MiB, a ratio of memory says little.
const TELLING_MIB: f64 = 8.0;
/// Where the table in a page begins and ends.
pub const MARKERS: (&str, &str) = ("<!-- bench: begin -->", "<!-- bench: end -->");

/// Whether a program counts in the mean: those of subfolders are there for their bounds.
pub fn is_timed(row: &Row) -> bool {
    !row.program.contains('/')
}

/// The peak memory in MiB.
pub fn peak_mib(cell: &Cell) -> Option<f64> {
    let kib = u32::try_from(cell.peak()?).ok()?;
    Some(f64::from(kib) / 1024.0)
}

/// Whether the reference uses so much memory that the start of a process doesn't show in a ratio.
pub fn has_telling_peak(row: &Row) -> bool {
    let reference = row.cells.first().and_then(peak_mib);
    reference.is_some_and(|peak| peak >= TELLING_MIB)
}

fn instructions(cell: &Cell) -> Option<f64> {
    // Exact below 2^53, which no run reaches.
    #[expect(clippy::cast_precision_loss, reason = "far below 2^53")]
    cell.instructions.map(|count| count as f64)
}

/// All tables of a run.
pub fn markdown(interpreters: &[Interpreter], rows: &[Row], runs: usize) -> String {
    let timed: Vec<&Row> = rows.iter().filter(|row| is_timed(row)).collect();
    let mut text = String::new();
    if !timed.is_empty() {
        text.push_str(&format!(
            "User CPU time, the least of {runs} runs (the median in brackets), as a ratio to {}:\n\n",
            reference(interpreters)
        ));
        text.push_str(&times(interpreters, &timed));
        let telling: Vec<&Row> = timed
            .iter()
            .copied()
            .filter(|row| has_telling_peak(row))
            .collect();
        let peaks = figures(interpreters, &telling, "MiB", 1, peak_mib);
        if !peaks.is_empty() {
            text.push_str(&format!(
                "\nPeak memory, where {} uses {TELLING_MIB} MiB or more:\n\n{peaks}",
                reference(interpreters)
            ));
        }
    }
    let all: Vec<&Row> = rows.iter().collect();
    let counts = figures(interpreters, &all, "instructions", 0, instructions);
    if !counts.is_empty() {
        text.push_str(&format!(
            "\nInstructions at the small scale, counted by callgrind:\n\n{counts}"
        ));
    }
    let bounds = bound_table(interpreters, rows);
    if !bounds.is_empty() {
        text.push_str(&format!("\nPrograms with a bound:\n\n{bounds}"));
    }
    text
}

fn reference(interpreters: &[Interpreter]) -> &str {
    interpreters.first().map_or("", |first| &first.label)
}

fn header(first: &str, columns: &[String]) -> String {
    format!(
        "| {first} | {} |\n|---|{}\n",
        columns.join(" | "),
        "---:|".repeat(columns.len())
    )
}

fn times(interpreters: &[Interpreter], rows: &[&Row]) -> String {
    let mut columns = vec![format!("{} s", reference(interpreters))];
    columns.extend(interpreters.iter().skip(1).map(|one| one.label.clone()));
    let mut text = header("program", &columns);
    for row in rows {
        let seconds = row.cells.first().and_then(Cell::user);
        let seconds = seconds.map_or_else(|| reason(row, 0), |seconds| format!("{seconds:.3}"));
        text.push_str(&format!("| {} | {seconds} |", row.program));
        for index in 1..interpreters.len() {
            let cell = match (
                ratio(row, index, Cell::user),
                ratio(row, index, Cell::median),
            ) {
                (Some(least), Some(median)) => format!("{least:.2} ({median:.2})"),
                _ => reason(row, index),
            };
            text.push_str(&format!(" {cell} |"));
        }
        text.push('\n');
    }
    text.push_str(&mean_line(interpreters, rows, Cell::user));
    text
}

/// The last line: the mean, of how many programs, and how many are slower than the reference.
fn mean_line(
    interpreters: &[Interpreter],
    rows: &[&Row],
    figure: fn(&Cell) -> Option<f64>,
) -> String {
    let mut text = "| **geometric mean** | |".to_owned();
    for index in 1..interpreters.len() {
        let ratios: Vec<f64> = rows
            .iter()
            .filter_map(|row| ratio(row, index, figure))
            .collect();
        let above = ratios.iter().filter(|&&ratio| ratio > 1.0).count();
        match statistics::geometric_mean(&ratios) {
            Some(mean) => text.push_str(&format!(
                " **{mean:.3}** of {}, {above} above 1 |",
                ratios.len()
            )),
            None => text.push_str(" – |"),
        }
    }
    text.push('\n');
    text
}

/// A table of ratios of another figure, for the programs where the reference has one; empty
/// when there are none.
fn figures(
    interpreters: &[Interpreter],
    rows: &[&Row],
    unit: &str,
    decimals: usize,
    figure: fn(&Cell) -> Option<f64>,
) -> String {
    let telling: Vec<&Row> = rows
        .iter()
        .copied()
        .filter(|row| row.cells.first().and_then(figure).is_some())
        .collect();
    if telling.is_empty() {
        return String::new();
    }
    let mut columns = vec![format!("{} {unit}", reference(interpreters))];
    columns.extend(interpreters.iter().skip(1).map(|one| one.label.clone()));
    let mut text = header("program", &columns);
    for row in &telling {
        let value = row.cells.first().and_then(figure).unwrap_or_default();
        text.push_str(&format!("| {} | {value:.decimals$} |", row.program));
        for index in 1..interpreters.len() {
            let cell = ratio(row, index, figure)
                .map_or_else(|| reason(row, index), |ratio| format!("{ratio:.2}"));
            text.push_str(&format!(" {cell} |"));
        }
        text.push('\n');
    }
    text.push_str(&mean_line(interpreters, &telling, figure));
    text
}

fn bound_table(interpreters: &[Interpreter], rows: &[Row]) -> String {
    let mut lines = String::new();
    for row in rows {
        for bound in &row.bounds {
            lines.push_str(&format!(
                "| {} | {} | {:.2} |",
                row.program,
                bound.describe(),
                bound.limit
            ));
            for index in 1..interpreters.len() {
                let cell = match bounded(rows, row, bound, index) {
                    Some(value) if value > bound.limit => format!("**{value:.2}** missed"),
                    Some(value) => format!("{value:.2}"),
                    None => reason(row, index),
                };
                lines.push_str(&format!(" {cell} |"));
            }
            lines.push('\n');
        }
    }
    if lines.is_empty() {
        return lines;
    }
    let mut columns = vec!["bounded".to_owned(), "bound".to_owned()];
    columns.extend(interpreters.iter().skip(1).map(|one| one.label.clone()));
    header("program", &columns) + &lines
}

/// Why a cell has no figure, safe to stand in a table.
fn reason(row: &Row, index: usize) -> String {
    let reason = row.cells.get(index).and_then(|cell| cell.reason.as_deref());
    reason.unwrap_or("–").replace('|', "\\|")
}

/// A page with what stands between the [`MARKERS`] replaced.
///
/// # Errors
///
/// When the page doesn't have both markers, in order.
pub fn replace_between_markers(page: &str, table: &str) -> Result<String> {
    let (begin, end) = MARKERS;
    let parts = page
        .split_once(begin)
        .and_then(|(before, rest)| Some((before, rest.split_once(end)?.1)));
    let Some((before, after)) = parts else {
        bail!("there are no lines {begin} and {end} to put the table between");
    };
    Ok(format!("{before}{begin}\n\n{table}\n{end}{after}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::bounds::{Bound, Quantity};
    use crate::bench::measure::Usage;

    fn cell(user: f64, peak: u64) -> Cell {
        Cell {
            reason: None,
            runs: vec![Usage {
                user,
                system: 0.0,
                elapsed: user,
                peak,
            }],
            instructions: None,
        }
    }

    fn interpreters() -> Vec<Interpreter> {
        ["oracle", "rilua"]
            .map(|label| Interpreter {
                label: label.to_owned(),
                path: label.into(),
            })
            .into()
    }

    #[test]
    fn a_table_has_ratios_reasons_and_means() {
        let mut bad = cell(9.0, 1);
        bad.reason = Some("a|b".to_owned());
        let rows = [
            Row {
                program: "a".to_owned(),
                bounds: Vec::new(),
                cells: vec![cell(0.4, 10 * 1024), cell(0.2, 5 * 1024)],
            },
            Row {
                program: "b".to_owned(),
                bounds: Vec::new(),
                cells: vec![cell(0.4, 100), bad],
            },
            Row {
                program: "memory/c".to_owned(),
                bounds: vec![
                    Bound {
                        quantity: Quantity::Memory,
                        limit: 0.8,
                    },
                    Bound {
                        quantity: Quantity::Time,
                        limit: 1.5,
                    },
                ],
                cells: vec![cell(1.0, 10_240), cell(1.2, 9_216)],
            },
        ];
        let text = markdown(&interpreters(), &rows, 3);
        for line in [
            "| a | 0.400 | 0.50 (0.50) |",
            "| b | 0.400 | a\\|b |",
            "| **geometric mean** | | **0.500** of 1, 0 above 1 |",
            "| a | 10.0 | 0.50 |",
            "| memory/c | peak memory | 0.80 | **0.90** missed |",
            "| memory/c | time | 1.50 | 1.20 |",
        ] {
            assert!(text.contains(line), "no {line:?} in\n{text}");
        }
        assert!(!text.contains("Instructions"), "{text}");
    }

    #[test]
    fn only_what_stands_between_the_markers_is_replaced() {
        let page = "# A\n<!-- bench: begin -->\nold\n<!-- bench: end -->\nB\n";
        let new = replace_between_markers(page, "| t |\n").unwrap();
        assert_eq!(
            new,
            "# A\n<!-- bench: begin -->\n\n| t |\n\n<!-- bench: end -->\nB\n"
        );
        assert_eq!(replace_between_markers(&new, "| t |\n").unwrap(), new);
        assert!(replace_between_markers("nothing", "x").is_err());
    }
}
