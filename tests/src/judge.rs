//! From observations to verdicts: what is compared with what, and what the outcome is called.

use crate::allow::AllowList;
use crate::channel::{self, Outcome};
use crate::engine::ORACLE;
use crate::observation::{Observation, Termination};
use crate::program::Program;
use crate::verdict::{Comparison, Fault, Verdict};

/// What stands for the record where otherwise an engine's name does.
pub const RECORD: &str = "record";

/// What an engine gave for a program.
pub type Observed = (String, Result<Observation, Fault>);

/// Every engine against the record, and every other engine against the oracle (the first one,
/// when the oracle isn't there).
pub fn judge(program: &Program, observed: &[Observed], allow: &AllowList) -> Vec<Comparison> {
    let mut comparisons = Vec::new();
    if let Some(record) = &program.record {
        for right in observed {
            comparisons.push(compare(RECORD, Ok(record), right, allow));
        }
    }
    let reference = observed
        .iter()
        .find(|(name, _)| name == ORACLE)
        .or(observed.first());
    if let Some((left, result)) = reference {
        for right in observed.iter().filter(|(name, _)| name != left) {
            comparisons.push(compare(left, result.as_ref(), right, allow));
        }
    }
    if comparisons.is_empty()
        && let [(name, result)] = observed
    {
        let verdict = match result {
            Ok(_) => Verdict::Poisoned {
                reason: "nothing on record and no other engine to compare with".to_owned(),
            },
            Err(fault) => Verdict::HarnessError {
                fault: fault.clone(),
            },
        };
        comparisons.push(comparison(RECORD, name, verdict));
    }
    comparisons
}

fn comparison(left: &str, right: &str, verdict: Verdict) -> Comparison {
    Comparison {
        left: left.to_owned(),
        right: right.to_owned(),
        channels: Vec::new(),
        masks: Vec::new(),
        verdict,
    }
}

fn compare(
    left_name: &str,
    left: Result<&Observation, &Fault>,
    (right_name, right): &Observed,
    allow: &AllowList,
) -> Comparison {
    let mut result = comparison(left_name, right_name, Verdict::Agree);
    let (left, right) = match (left, right) {
        (Ok(left), Ok(right)) => (left, right),
        (Err(fault), _) | (_, Err(fault)) => {
            result.verdict = Verdict::HarnessError {
                fault: fault.clone(),
            };
            return result;
        }
    };
    for (name, side) in [(left_name, left), (right_name.as_str(), right)] {
        if let Some(verdict) = unusable(name, side, name == left_name) {
            result.verdict = verdict;
            return result;
        }
    }
    let mut divergences = Vec::new();
    for channel in channel::ALL {
        if let Outcome::Compared {
            divergences: found,
            masks,
        } = channel.compare(left, right)
        {
            result.channels.push(channel.name());
            result.masks.extend(masks);
            divergences.extend(found);
        }
    }
    if !divergences.is_empty() {
        // The list excuses rilua, never the oracle.
        let allowed = if right_name == ORACLE {
            None
        } else {
            allow.covering(&divergences)
        };
        result.verdict = match allowed {
            Some(ids) => Verdict::Allowed { ids, divergences },
            None => Verdict::Diverge { divergences },
        };
    }
    result
}

/// The verdict when a side gives nothing to compare with. An engine that is judged is not
/// excused so; the oracle, and whatever stands on the left, is.
fn unusable(name: &str, side: &Observation, is_left: bool) -> Option<Verdict> {
    if name != ORACLE && !is_left {
        return None;
    }
    let compiled = side.bytecode.as_ref().map(|bytecode| bytecode.end);
    let end = [Some(side.end), compiled]
        .into_iter()
        .flatten()
        .find(|end| !end.is_normal())?;
    let reason = format!("{name}: {end}");
    Some(match end {
        Termination::Signal(_) if name == ORACLE => Verdict::OracleUb { reason },
        _ => Verdict::Poisoned { reason },
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::program::Origin;
    use crate::verdict::{FaultCause, VerdictKind};

    fn program(record: Option<&str>) -> Program {
        Program {
            id: "p.lua".into(),
            origin: Origin::File,
            path: "/p.lua".into(),
            folder: "/".into(),
            file_name: "p.lua".into(),
            source: Vec::new(),
            arguments: vec!["p.lua".into()],
            stdin_path: None,
            stdin: Vec::new(),
            record: record.map(|stdout| observation(Termination::Exit(0), stdout)),
        }
    }

    fn observation(end: Termination, stdout: &str) -> Observation {
        Observation {
            end,
            stdout: stdout.into(),
            stderr: Vec::new(),
            bytecode: None,
            inside: None,
        }
    }

    fn kinds(
        record: Option<&str>,
        observed: &[(&str, Result<Observation, Fault>)],
    ) -> Vec<(String, VerdictKind)> {
        let observed: Vec<Observed> = observed
            .iter()
            .map(|(name, result)| ((*name).to_owned(), result.clone()))
            .collect();
        judge(&program(record), &observed, &AllowList::default())
            .iter()
            .map(|found| {
                (
                    format!("{}/{}", found.left, found.right),
                    found.verdict.kind(),
                )
            })
            .collect()
    }

    fn expect(pairs: &[(&str, VerdictKind)]) -> Vec<(String, VerdictKind)> {
        pairs
            .iter()
            .map(|(pair, kind)| ((*pair).to_owned(), *kind))
            .collect()
    }

    #[test]
    fn everybody_is_compared_with_the_record_and_the_oracle() {
        let good = || Ok(observation(Termination::Exit(0), "1\n"));
        let wrong = Ok(observation(Termination::Exit(0), "2\n"));
        assert_eq!(
            kinds(Some("1\n"), &[("oracle", good()), ("rilua", wrong.clone())]),
            expect(&[
                ("record/oracle", VerdictKind::Agree),
                ("record/rilua", VerdictKind::Diverge),
                ("oracle/rilua", VerdictKind::Diverge)
            ])
        );
        assert_eq!(
            kinds(None, &[("rilua", wrong), ("oracle", good())]),
            expect(&[("oracle/rilua", VerdictKind::Diverge)])
        );
        assert_eq!(
            kinds(None, &[("rilua", good())]),
            expect(&[("record/rilua", VerdictKind::Poisoned)])
        );
    }

    #[test]
    fn a_crash_is_a_finding_about_rilua_and_none_about_the_oracle() {
        let crash = || Ok(observation(Termination::Signal(11), ""));
        let good = || Ok(observation(Termination::Exit(0), ""));
        assert_eq!(
            kinds(Some(""), &[("oracle", crash()), ("rilua", good())]),
            expect(&[
                ("record/oracle", VerdictKind::OracleUb),
                ("record/rilua", VerdictKind::Agree),
                ("oracle/rilua", VerdictKind::OracleUb)
            ])
        );
        assert_eq!(
            kinds(None, &[("oracle", good()), ("rilua", crash())]),
            expect(&[("oracle/rilua", VerdictKind::Diverge)])
        );
        let slow = Ok(observation(Termination::TimedOut, ""));
        assert_eq!(
            kinds(None, &[("oracle", slow.clone()), ("rilua", slow)]),
            expect(&[("oracle/rilua", VerdictKind::Poisoned)])
        );
    }

    #[test]
    fn a_fault_is_never_a_finding() {
        let fault = || Err(Fault::new(FaultCause::MissingEngine, "gone"));
        let good = || Ok(observation(Termination::Exit(0), ""));
        assert_eq!(
            kinds(Some(""), &[("oracle", good()), ("rilua", fault())]),
            expect(&[
                ("record/oracle", VerdictKind::Agree),
                ("record/rilua", VerdictKind::HarnessError),
                ("oracle/rilua", VerdictKind::HarnessError)
            ])
        );
        assert_eq!(
            kinds(None, &[("rilua", fault())]),
            expect(&[("record/rilua", VerdictKind::HarnessError)])
        );
    }
}
