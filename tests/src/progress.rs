//! What a user sees while programs run: a bar on a terminal, lines elsewhere.

use std::io::IsTerminal as _;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

/// Progress through a known number of things, shown on standard error.
#[derive(Debug)]
pub struct Progress {
    bar: Option<ProgressBar>,
    total: usize,
    done: usize,
    /// What they are.
    unit: &'static str,
}

impl Progress {
    /// Starts at none of `total` things, which are called `unit`.
    pub fn new(total: usize, unit: &'static str) -> Self {
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
            unit,
        }
    }

    /// So many more are done, the last of them of this name.
    pub fn advance(&mut self, count: usize, name: &str) {
        let before = self.done;
        self.done += count;
        match &self.bar {
            Some(bar) => {
                bar.set_message(name.to_owned());
                bar.inc(u64::try_from(count).unwrap_or(u64::MAX));
            }
            // A line for every tenth part: enough to see that it moves.
            None if self.done * 10 / self.total.max(1) != before * 10 / self.total.max(1) => {
                eprintln!("{}/{} {}", self.done, self.total, self.unit);
            }
            None => {}
        }
    }

    /// Shows a line that stays.
    pub fn note(&self, line: &str) {
        self.notes().note(line);
    }

    /// What shows lines while somebody else counts.
    pub fn notes(&self) -> Notes {
        Notes {
            bar: self.bar.clone(),
        }
    }
}

/// Lines that stay, above the bar.
#[derive(Debug, Clone)]
pub struct Notes {
    bar: Option<ProgressBar>,
}

impl Notes {
    /// Shows a line.
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

/// Progress of something that goes on until its time is over, shown on standard error.
#[derive(Debug)]
pub struct Timed {
    bar: Option<ProgressBar>,
    start: Instant,
    time: Duration,
    done: usize,
    /// Tenths of the time that have been told.
    told: u128,
    /// What is counted.
    unit: &'static str,
}

impl Timed {
    /// Starts now, to go on for so long; `unit` is what is counted meanwhile.
    pub fn new(time: Duration, unit: &'static str) -> Self {
        let bar = std::io::stderr().is_terminal().then(|| {
            let bar = ProgressBar::new(time.as_secs().max(1));
            if let Ok(style) = ProgressStyle::with_template("{bar:40} {pos}/{len} s {msg}") {
                bar.set_style(style);
            }
            bar
        });
        Self {
            bar,
            start: Instant::now(),
            time,
            done: 0,
            told: 0,
            unit,
        }
    }

    /// So many more are done.
    pub fn advance(&mut self, count: usize) {
        self.done += count;
        let gone = self.start.elapsed();
        match &self.bar {
            Some(bar) => {
                bar.set_position(gone.as_secs());
                bar.set_message(format!("{} {}", self.done, self.unit));
            }
            // A line for every tenth part: enough to see that it moves.
            None => {
                let tenths = gone.as_millis() * 10 / self.time.as_millis().max(1);
                if tenths > self.told {
                    self.told = tenths;
                    eprintln!(
                        "{}/{} s, {} {}",
                        gone.as_secs(),
                        self.time.as_secs(),
                        self.done,
                        self.unit
                    );
                }
            }
        }
    }

    /// Shows a line that stays.
    pub fn note(&self, line: &str) {
        Notes {
            bar: self.bar.clone(),
        }
        .note(line);
    }
}

impl Drop for Timed {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
