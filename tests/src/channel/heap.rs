//! The heaps when a chunk had ended, compared as graphs: what the registry, the globals and the
//! stack lead to, with the sizes of arrays and hashes and the order of their nodes.
//!
//! Both sides write their heap as a text in which objects are named by their first visit
//! (`rilua::inspect`, `oracle/src/graph.c`), so two heaps of one shape have one text.

use super::{Channel, ChannelName, Findings, Outcome, Stream};
use crate::observation::{self, Observation};

/// See the file's description.
#[derive(Debug)]
pub(super) struct HeapGraph;

impl Channel for HeapGraph {
    fn name(&self) -> ChannelName {
        ChannelName::Heap
    }

    fn compare(&self, left: &Observation, right: &Observation) -> Outcome {
        // What a program that ends itself leaves behind is the work of the two `os.exit`s.
        let graph = |side: &Observation| match side.inside.as_ref() {
            Some(inside) if inside.outcome != observation::Outcome::Exited => inside.graph.clone(),
            _ => None,
        };
        let (Some(left), Some(right)) = (graph(left), graph(right)) else {
            return Outcome::NotComparable;
        };
        let mut findings = Findings::new(self.name());
        findings.compare_text(Stream::Graph, left.as_bytes(), right.as_bytes());
        findings.finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::observation::{Inside, Termination};

    fn observation(graph: Option<&str>) -> Observation {
        Observation {
            inside: Some(Box::new(Inside {
                graph: graph.map(str::to_owned),
                ..Inside::default()
            })),
            ..Observation::new(Termination::Exit(0))
        }
    }

    #[test]
    fn one_size_is_enough() {
        let compare = |right: Option<&str>| {
            let left = observation(Some("table#1 array=4 nodes=0\n"));
            match HeapGraph.compare(&left, &observation(right)) {
                Outcome::Compared { divergences, .. } => Some(divergences.len()),
                Outcome::NotComparable => None,
            }
        };
        assert_eq!(compare(Some("table#1 array=4 nodes=0\n")), Some(0));
        assert_eq!(compare(Some("table#1 array=8 nodes=0\n")), Some(1));
        assert_eq!(compare(None), None);
    }
}
