//! A report for people: on the terminal, and as `summary.md`.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::night::{Night, Status};
use super::{Counts, Mutants, ProgramResult, Report};
use crate::channel::Stream;
use crate::divergence::Signature;
use crate::verdict::{Comparison, Verdict, VerdictKind};

/// The report as lines for a terminal.
pub fn terminal(report: &Report) -> String {
    let mut text = match &report.mutants {
        Some(mutants) => causes(report, mutants),
        None => table(report),
    };
    masks(report, &mut text);
    for result in &report.programs {
        describe(result, report, &mut text);
    }
    faults(report, &mut text);
    for unused in &report.unused_allowances {
        let _ = writeln!(text, "\nallowance {}: {}", unused.id, unused.reason);
    }
    let _ = writeln!(text, "\n{}", closing_line(report));
    text
}

/// The report as a page.
pub fn markdown(report: &Report) -> String {
    let mut text = format!(
        "# Conformance run of {}\n\n{}\n",
        report.header.started,
        closing_line(report)
    );
    for engine in &report.header.engines {
        let _ = writeln!(
            text,
            "\n* {}: `{}`",
            engine.name,
            engine.interpreter.display()
        );
    }
    if report.mutants.is_none() {
        let _ = write!(text, "\n```\n{}```\n", table(report));
    }
    if !report.buckets.is_empty() {
        text.push_str("\n## Causes\n\n");
    }
    for bucket in &report.buckets {
        let message = bucket.signature.message.replace('`', "'");
        let _ = writeln!(
            text,
            "* {} `{message}`: {}",
            bucket.signature.id,
            bucket.programs.len()
        );
    }
    let mut details = String::new();
    for result in &report.programs {
        describe(result, report, &mut details);
    }
    faults(report, &mut details);
    if !details.is_empty() {
        let _ = write!(text, "\n## Differences\n\n````{details}````\n");
    }
    let mut lines = String::new();
    for result in &report.programs {
        for comparison in result
            .comparisons
            .iter()
            .filter(|comparison| !comparison.masks.is_empty())
        {
            let _ = writeln!(lines, "* {}", mask_line(result, comparison));
        }
    }
    if !lines.is_empty() {
        let _ = write!(text, "\n## Masked addresses\n\n{lines}");
    }
    text
}

/// A report of several runs as a page.
pub fn night(night: &Night) -> String {
    let mut text = format!(
        "# Conformance of {}, {}\n\n{} newly broken, {} still open, {} fixed{}\n\n\
         | part | programs | differ | allowed | not compared | seconds |\n\
         |---|--:|--:|--:|--:|--:|\n",
        night.revision,
        night.started,
        night.newly_broken(),
        night.findings.len() - night.newly_broken(),
        night.fixed.len(),
        night
            .base
            .as_ref()
            .map(|base| format!(", compared with {base}"))
            .unwrap_or_default()
    );
    for part in &night.parts {
        let incomplete = if part.complete { "" } else { " (incomplete)" };
        let _ = writeln!(
            text,
            "| {}{incomplete} | {} | {} | {} | {} | {:.1} |",
            part.name, part.programs, part.differ, part.allowed, part.not_compared, part.seconds
        );
    }
    for (title, status) in [("Newly broken", Status::New), ("Still open", Status::Open)] {
        let of_status: Vec<_> = night
            .findings
            .iter()
            .filter(|finding| finding.status == status)
            .collect();
        if !of_status.is_empty() {
            let _ = writeln!(text, "\n## {title}\n");
        }
        for finding in of_status {
            let message = finding.message.replace('`', "'");
            let _ = writeln!(
                text,
                "* {} `{message}`: {} ({})\n  `{}`",
                finding.id, finding.program, finding.count, finding.reproduce
            );
        }
    }
    if !night.fixed.is_empty() {
        let _ = writeln!(text, "\n## Fixed\n\n* {}", night.fixed.join("\n* "));
    }
    text
}

/// The engines that were compared with anything, and in how many programs they agree.
fn judged(report: &Report) -> impl Iterator<Item = (&str, usize)> {
    report.header.engines.iter().filter_map(|engine| {
        let agree = report.totals.agree.get(&engine.name)?;
        Some((engine.name.as_str(), *agree))
    })
}

/// The causes of differences between mutants, a line for each.
fn causes(report: &Report, mutants: &Mutants) -> String {
    let mut text = String::new();
    for bucket in &report.buckets {
        if let Some(count) = mutants.causes.get(&bucket.signature.id) {
            let Signature { id, message } = &bucket.signature;
            let _ = writeln!(text, "{id} in {count} mutants: {message}");
        }
    }
    text
}

fn mask_line(result: &ProgramResult, comparison: &Comparison) -> String {
    let counts: Vec<String> = comparison
        .masks
        .iter()
        .map(|mask| format!("{} {}", mask.stream, mask.count))
        .collect();
    format!(
        "{}, {} and {}: {}",
        result.program,
        comparison.left,
        comparison.right,
        counts.join(", ")
    )
}

/// Where masks acted. Every recorded listing is masked, so those are only counted here.
fn masks(report: &Report, text: &mut String) {
    let mut listings = 0;
    let mut masked = 0;
    for result in &report.programs {
        for comparison in &result.comparisons {
            for mask in comparison
                .masks
                .iter()
                .filter(|mask| mask.stream == Stream::Listing)
            {
                listings += 1;
                masked += mask.count;
            }
            if comparison
                .masks
                .iter()
                .any(|mask| mask.stream != Stream::Listing)
            {
                let _ = writeln!(text, "masked addresses: {}", mask_line(result, comparison));
            }
        }
    }
    if listings > 0 {
        let _ = writeln!(
            text,
            "masked addresses: {masked} in {listings} comparisons of listings, by program in summary.md"
        );
    }
}

fn table(report: &Report) -> String {
    let engines: Vec<&str> = judged(report).map(|(name, _)| name).collect();
    let mut header = vec!["group".to_owned(), "programs".to_owned()];
    header.extend(engines.iter().map(|engine| format!("{engine} agrees")));
    header.extend(["allowed", "differ", "not compared"].map(str::to_owned));
    let row = |name: &str, counts: &Counts| {
        let mut cells = vec![name.to_owned(), counts.programs.to_string()];
        cells.extend(
            engines
                .iter()
                .map(|engine| counts.agree.get(*engine).copied().unwrap_or(0).to_string()),
        );
        cells.extend(
            [counts.allowed, counts.differ, counts.not_compared].map(|count| count.to_string()),
        );
        cells
    };
    let mut rows = vec![header];
    rows.extend(
        report
            .groups
            .iter()
            .map(|group| row(&group.group, &group.counts)),
    );
    rows.push(row("all", &report.totals));

    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width = |column| {
        rows.iter()
            .filter_map(|row| row.get(column))
            .map(String::len)
            .max()
            .unwrap_or(0)
    };
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let mut text = String::new();
    for row in &rows {
        let mut line = String::new();
        for (column, (cell, &width)) in row.iter().zip(&widths).enumerate() {
            let _ = match column {
                0 => write!(line, "{cell:<width$}"),
                _ => write!(line, "  {cell:>width$}"),
            };
        }
        let _ = writeln!(text, "{}", line.trim_end());
    }
    text
}

/// What is to be said about a program that doesn't simply agree. Faults are left to [`faults`].
fn describe(result: &ProgramResult, report: &Report, text: &mut String) {
    if matches!(result.verdict, VerdictKind::Agree | VerdictKind::Allowed) {
        return;
    }
    let mut engines = Vec::new();
    let mut body = String::new();
    for engine in &report.header.engines {
        // The first finding says it; against the oracle it is mostly the same once more.
        let told = result.of_engine(&engine.name).find(|comparison| {
            let kind = comparison.verdict.kind();
            kind > VerdictKind::Allowed && kind != VerdictKind::HarnessError
        });
        if let Some(comparison) = told {
            describe_comparison(comparison, &mut body);
            engines.push(&engine.name);
        }
    }
    if engines.is_empty() {
        return;
    }
    let _ = writeln!(
        text,
        "\n{}: {}\n{}",
        result.program,
        result.verdict,
        body.trim_end()
    );
    let _ = writeln!(text, "  again: {}", result.reproduce);
    for engine in engines {
        if let Some(line) = result.command_lines.get(engine) {
            let _ = writeln!(text, "  {engine}: {line}");
        }
    }
}

fn describe_comparison(comparison: &Comparison, text: &mut String) {
    let sides = format!("- {} + {}", comparison.left, comparison.right);
    match &comparison.verdict {
        Verdict::Poisoned { reason } | Verdict::OracleUb { reason } => {
            let _ = writeln!(text, "  {sides}: {}: {reason}", comparison.verdict.kind());
        }
        Verdict::Diverge { divergences } => {
            for found in divergences {
                let line = found
                    .line
                    .map(|line| format!(", line {line}"))
                    .unwrap_or_default();
                let _ = writeln!(
                    text,
                    "  {sides}: {}{line} [{}]",
                    found.stream, found.signature.id
                );
                for line in &found.excerpt {
                    let _ = writeln!(text, "    {line}");
                }
            }
        }
        Verdict::Agree | Verdict::Allowed { .. } | Verdict::HarnessError { .. } => {}
    }
}

/// The faults of the harness, each once: a missing engine is missing for every program.
fn faults(report: &Report, text: &mut String) {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for result in &report.programs {
        for fault in result.faults() {
            *counts.entry(fault.to_string()).or_default() += 1;
        }
    }
    for (fault, count) in counts {
        let _ = writeln!(text, "\n{fault} ({})", programs(count));
    }
}

fn programs(count: usize) -> String {
    format!(
        "{count} {}",
        if count == 1 { "program" } else { "programs" }
    )
}

fn closing_line(report: &Report) -> String {
    let totals = &report.totals;
    if let Some(mutants) = &report.mutants {
        return mutants_line(report, mutants);
    }
    let mut line = format!("{} in {:.1} s", programs(totals.programs), report.seconds);
    for (name, agree) in judged(report) {
        let _ = write!(line, "; {name} agrees in {agree}");
    }
    let _ = write!(
        line,
        "; {} allowed, {} differ, {} not compared",
        totals.allowed, totals.differ, totals.not_compared
    );
    if !report.complete {
        line.push_str("; INCOMPLETE");
    }
    line
}

fn mutants_line(report: &Report, mutants: &Mutants) -> String {
    let mut line = format!(
        "{} mutants of {} in {:.1} s (seed {}, from {}); {} same chunk, {} same message, \
         {} differ, {} not compared",
        mutants.tried,
        programs(mutants.programs),
        report.seconds,
        mutants.seed,
        mutants.first,
        mutants.same_chunk,
        mutants.same_message,
        mutants.differ,
        mutants.not_compared
    );
    if !report.complete {
        line.push_str("; INCOMPLETE");
    }
    line
}
