//! Campaigns over made-up programs and a judge whose differences are planted.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use super::*;
use crate::allow::AllowList;
use crate::channel::{ChannelName, Stream};
use crate::divergence::{Cause, Divergence, Signature};
use crate::triage::{self, Status};
use crate::verdict::FaultCause;

/// Programs of ten lines, each a call of one of 50 functions.
struct Fake {
    /// Where the sides differ, what the difference is, and what it is called.
    verdict: fn(&str, usize) -> Verdict,
    learned: BTreeSet<u64>,
}

struct FakeJudge {
    verdict: fn(&str, usize) -> Verdict,
    runs: usize,
}

impl Judge for FakeJudge {
    fn judge(&mut self, text: &[u8], _: Option<usize>) -> Judgement {
        self.runs += 1;
        Judgement {
            verdict: (self.verdict)(&String::from_utf8_lossy(text), self.runs),
            is_past_prelude: true,
            is_at_end: true,
        }
    }

    fn judge_body(&mut self, body: &[u8], expensive: Option<usize>) -> Judgement {
        self.judge(body, expensive)
    }

    fn judge_after_prelude(&mut self, text: &[u8]) -> Judgement {
        self.judge(text, None)
    }
}

impl Workshop for Fake {
    fn program(&self, seed: u64, number: u64) -> Candidate {
        let mut random = Random::new(seed, 0);
        let lines = (0..10).map(|_| format!("f{}()\n", random.below(50)));
        Candidate {
            seed,
            mode: ["total", "erring"][usize::from(number % 2 == 1)].to_owned(),
            body: lines.collect::<String>().into(),
        }
    }

    fn wrap(&self, body: &[u8]) -> Vec<u8> {
        [b"local prelude = 1\n", body].concat()
    }

    fn wrap_body(&self, body: &[u8]) -> Vec<u8> {
        body.to_vec()
    }

    fn judge(&self) -> Result<Box<dyn Judge>, Fault> {
        Ok(Box::new(FakeJudge {
            verdict: self.verdict,
            runs: 0,
        }))
    }

    fn expensive(&self) -> Vec<String> {
        vec!["one".to_owned(), "two".to_owned()]
    }

    fn learn(&mut self, programs: &[Candidate]) {
        self.learned
            .extend(programs.iter().map(|program| program.seed));
    }

    fn exercised(&self) -> BTreeMap<String, u64> {
        BTreeMap::from([("CALL".to_owned(), 1)])
    }
}

fn divergence(what: &str) -> Divergence {
    let (channel, stream, cause) = (ChannelName::Output, Stream::Stdout, Cause::Differs);
    Divergence {
        channel,
        stream,
        cause,
        line: None,
        left: Some(what.to_owned()),
        right: None,
        excerpt: Vec::new(),
        signature: Signature::new(channel, stream, cause, Some(what), None),
    }
}

fn diverge(what: &str) -> Verdict {
    Verdict::Diverge {
        divergences: vec![divergence(what)],
    }
}

/// Differs in one way where `f1` and `f2` are called, in another where `f3` is.
fn planted(text: &str, _: usize) -> Verdict {
    if text.contains("f1()") && text.contains("f2()") {
        diverge("one")
    } else if text.contains("f3()") {
        diverge("three")
    } else {
        Verdict::Agree
    }
}

fn plan(shard: (u64, u64), count: u64) -> Plan {
    Plan {
        seed: 5,
        shard,
        jobs: NonZeroUsize::new(2).unwrap(),
        time: Duration::from_secs(600),
        count,
        reduction: REDUCTION,
    }
}

fn campaign(
    folder: &Path,
    plan: &Plan,
    verdict: fn(&str, usize) -> Verdict,
) -> (Result<CampaignResult>, Fake, Vec<String>) {
    let mut fake = Fake {
        verdict,
        learned: BTreeSet::new(),
    };
    let (store, _) = Store::open(folder, folder, AllowList::default()).unwrap();
    let notes = Mutex::new(Vec::new());
    let stop = AtomicBool::new(false);
    let result = run(plan, &mut fake, &Mutex::new(store), &stop, |event| {
        if let Event::Note(note) = event {
            notes.lock().unwrap().push(note);
        }
    });
    (result, fake, notes.into_inner().unwrap())
}

#[test]
fn differences_become_buckets_with_small_programs() {
    let folder = tempfile::tempdir().unwrap();
    let (result, fake, notes) = campaign(folder.path(), &plan((0, 1), 3000), planted);
    let result = result.unwrap();
    assert_eq!((result.programs, fake.learned.len()), (3000, 3000));
    let (one, three) = (divergence("one").signature, divergence("three").signature);
    let ids: BTreeSet<_> = result.new.iter().collect();
    assert_eq!(ids, BTreeSet::from([&one.id, &three.id]), "{notes:?}");
    let differ: u64 = result.modes.values().map(|mode| mode.differ).sum();
    assert!(
        result
            .buckets
            .iter()
            .map(|bucket| bucket.count)
            .sum::<u64>()
            >= differ
    );
    let text = |id: &str| fs::read_to_string(folder.path().join(id).join(triage::PROGRAM)).unwrap();
    assert_eq!(text(&three.id), "f3()\n");
    assert!(["f1()\nf2()\n", "f2()\nf1()\n"].contains(&text(&one.id).as_str()));
    let whole = folder.path().join(&three.id).join(triage::WHOLE);
    assert_eq!(fs::read_to_string(whole).unwrap().lines().count(), 11);
    let ways: Vec<u64> = result.expensive.values().copied().collect();
    assert_eq!(ways.iter().sum::<u64>(), 3000 / EXPENSIVE_SHARE);
    assert!(ways.len() == 2 && ways.iter().all(|&count| count > 80));
    assert_eq!(result.exercised["CALL"], 1);

    // The second campaign finds nothing new.
    let (result, _, _) = campaign(folder.path(), &plan((0, 1), 3000), planted);
    let result = result.unwrap();
    assert!(result.new.is_empty());
    assert!(
        result
            .buckets
            .iter()
            .all(|bucket| bucket.status == Status::Known)
    );
}

#[test]
fn shards_share_no_programs_and_threads_change_nothing() {
    let seeds = |shard, jobs| {
        let folder = tempfile::tempdir().unwrap();
        let plan = Plan {
            jobs: NonZeroUsize::new(jobs).unwrap(),
            ..plan(shard, 200)
        };
        campaign(folder.path(), &plan, |_, _| Verdict::Agree)
            .1
            .learned
    };
    assert_eq!(seeds((0, 1), 1), seeds((0, 1), 4));
    let parts = [seeds((0, 2), 1), seeds((1, 2), 1)];
    assert!(parts[0].is_disjoint(&parts[1]));
}

#[test]
fn what_does_not_show_again_is_no_finding() {
    let folder = tempfile::tempdir().unwrap();
    let once = |_: &str, run: usize| match run {
        3 => diverge("once"),
        _ => Verdict::Agree,
    };
    let plan = Plan {
        jobs: NonZeroUsize::MIN,
        ..plan((0, 1), 100)
    };
    let (result, ..) = campaign(folder.path(), &plan, once);
    let result = result.unwrap();
    assert_eq!((result.not_repeated, result.buckets.len()), (1, 0));
}

#[test]
fn a_fault_of_the_harness_is_no_finding_and_ends_it_when_it_stays() {
    let folder = tempfile::tempdir().unwrap();
    let fault = |_: &str, run: usize| match run % 50 {
        0 => Verdict::HarnessError {
            fault: Fault::new(FaultCause::Harness, "the worker was killed"),
        },
        _ => Verdict::Agree,
    };
    let one_job = Plan {
        jobs: NonZeroUsize::MIN,
        ..plan((0, 1), 200)
    };
    let (result, ..) = campaign(folder.path(), &one_job, fault);
    let result = result.unwrap();
    assert_eq!((result.programs, result.faults.len()), (200, 4));
    assert_eq!(result.buckets.len(), 0);
    assert_eq!(result.not_compared.values().sum::<u64>(), 4);
    let (result, ..) = campaign(
        folder.path(),
        &Plan {
            count: 9000,
            ..one_job
        },
        fault,
    );
    let result = result.unwrap();
    assert_eq!((result.programs, result.faults.len()), (500, MOST_FAULTS));
}

#[test]
fn a_bucket_that_cannot_be_written_is_shown_and_ends_the_campaign() {
    let folder = tempfile::tempdir().unwrap();
    let signature = divergence("three").signature;
    symlink("/dev/full", folder.path().join(&signature.id)).unwrap();
    let (result, _, notes) = campaign(folder.path(), &plan((0, 1), 3000), planted);
    let error = format!("{:#}", result.unwrap_err());
    assert!(error.contains(&signature.id), "{error}");
    let shown = notes
        .iter()
        .find(|note| note.contains("cannot keep a finding"))
        .unwrap();
    for part in [signature.id.as_str(), "seed Some(", "f3()"] {
        assert!(shown.contains(part), "{shown}");
    }
}

#[test]
fn an_interrupt_keeps_what_was_found() {
    let folder = tempfile::tempdir().unwrap();
    let mut fake = Fake {
        verdict: planted,
        learned: BTreeSet::new(),
    };
    let (store, _) = Store::open(folder.path(), folder.path(), AllowList::default()).unwrap();
    let store = Mutex::new(store);
    let stop = AtomicBool::new(false);
    let result = run(&plan((0, 1), u64::MAX), &mut fake, &store, &stop, |event| {
        if matches!(event, Event::Note(note) if note.starts_with("new:")) {
            stop.store(true, Ordering::Relaxed);
        }
    })
    .unwrap();
    assert!(!result.new.is_empty());
    drop(store);
    let (buckets, remarks) = triage::load(folder.path()).unwrap();
    assert_eq!(buckets.len(), result.buckets.len());
    assert!(remarks.is_empty());
}
