//! The smallest set of programs that exercises all that they exercise together, as found by
//! taking, again and again, the one that adds most (the greedy set cover: at most a logarithm
//! away from the smallest).

use std::cmp::Reverse;
use std::collections::BTreeSet;

/// A program and what it exercises.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exercising {
    /// Its name.
    pub id: String,
    /// Its length in bytes; of two that add as much, the shorter one is taken.
    pub bytes: usize,
    /// What it exercises.
    pub features: BTreeSet<String>,
}

/// The names of the programs that are needed, in the order in which they were taken.
pub fn needed(programs: &[Exercising]) -> Vec<&str> {
    let mut missing: BTreeSet<&str> = programs
        .iter()
        .flat_map(|program| program.features.iter().map(String::as_str))
        .collect();
    let mut needed = Vec::new();
    while !missing.is_empty() {
        let adds = |program: &Exercising| {
            let new = program.features.iter();
            new.filter(|feature| missing.contains(feature.as_str()))
                .count()
        };
        let best = programs
            .iter()
            .max_by_key(|program| (adds(program), Reverse(program.bytes), Reverse(&program.id)));
        let Some(best) = best else {
            break;
        };
        needed.push(best.id.as_str());
        for feature in &best.features {
            missing.remove(feature.as_str());
        }
    }
    needed
}

#[cfg(test)]
mod tests {
    use super::*;

    fn program(id: &str, bytes: usize, features: &[&str]) -> Exercising {
        Exercising {
            id: id.to_owned(),
            bytes,
            features: features.iter().map(|&feature| feature.into()).collect(),
        }
    }

    #[test]
    fn takes_what_adds_most_and_then_the_shorter_one() {
        let programs = [
            program("a", 9, &["1", "2"]),
            program("b", 9, &["1", "2", "3"]),
            program("long", 10, &["4"]),
            program("short", 5, &["4"]),
            program("nothing", 1, &[]),
        ];
        assert_eq!(needed(&programs), ["b", "short"]);
        assert_eq!(needed(&[]), Vec::<&str>::new());
    }

    #[test]
    fn what_is_needed_exercises_all() {
        let programs: Vec<Exercising> = (0..40usize)
            .map(|number| {
                let features = [number / 3, number % 7, number % 5 + 20].map(|n| n.to_string());
                program(
                    &number.to_string(),
                    number,
                    &features.each_ref().map(String::as_str),
                )
            })
            .collect();
        let chosen = needed(&programs);
        assert!(chosen.len() < programs.len());
        let all = |chosen: &dyn Fn(&Exercising) -> bool| -> BTreeSet<String> {
            let programs = programs.iter().filter(|program| chosen(program));
            programs
                .flat_map(|program| program.features.clone())
                .collect()
        };
        assert_eq!(
            all(&|program| chosen.contains(&program.id.as_str())),
            all(&|_| true)
        );
    }
}
