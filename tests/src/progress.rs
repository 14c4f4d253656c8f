//! What a user sees while programs run: a bar on a terminal, lines elsewhere.

use std::io::IsTerminal as _;

use indicatif::{ProgressBar, ProgressStyle};

/// Progress through a known number of programs, shown on standard error.
#[derive(Debug)]
pub struct Progress {
    bar: Option<ProgressBar>,
    total: usize,
    done: usize,
}

impl Progress {
    /// Starts at none of `total` programs.
    pub fn new(total: usize) -> Self {
        let bar = std::io::stderr().is_terminal().then(|| {
            let bar = ProgressBar::new(u64::try_from(total).unwrap_or(u64::MAX));
            // A template that doesn't parse would only cost the looks.
            if let Ok(style) = ProgressStyle::with_template("{bar:40} {pos}/{len} {elapsed} {msg}")
            {
                bar.set_style(style);
            }
            bar
        });
        Self {
            bar,
            total,
            done: 0,
        }
    }

    /// One more program is done.
    pub fn advance(&mut self, program: &str) {
        self.done += 1;
        match &self.bar {
            Some(bar) => {
                bar.set_message(program.to_owned());
                bar.inc(1);
            }
            // A line for every tenth part: enough to see that it moves.
            None if self.done * 10 / self.total.max(1)
                != (self.done - 1) * 10 / self.total.max(1) =>
            {
                eprintln!("{}/{} programs", self.done, self.total);
            }
            None => {}
        }
    }

    /// Shows a line that stays.
    pub fn note(&self, line: &str) {
        match &self.bar {
            Some(bar) => bar.println(line),
            None => eprintln!("{line}"),
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
