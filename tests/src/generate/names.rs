//! Which name each variable is printed with.
//!
//! Everyone gets the name it wishes, so that programs shadow variables as people's do, unless it
//! would then capture a reference to another variable of that name; the capturing one
//! gets a name of its own.

use std::collections::{HashMap, HashSet};

use super::ast::{Binder, Kind, Node};

/// The names of a tree's variables.
#[derive(Debug, Default)]
pub struct Names {
    wished: HashMap<u32, String>,
    renamed: HashSet<u32>,
}

impl Names {
    /// Decides the names of all variables of a tree.
    pub fn of(root: &Node) -> Self {
        let mut names = Self::default();
        for (_, node) in root.walk() {
            for binder in node.binders() {
                names.wished.insert(binder.id, binder.name.clone());
            }
        }
        // Each round renames at least one more variable, or is the last.
        loop {
            let before = names.renamed.len();
            names.visit(root, &mut Vec::new());
            if names.renamed.len() == before {
                break;
            }
        }
        names
    }

    /// The name of a variable.
    pub fn name(&self, id: u32) -> String {
        match self.wished.get(&id) {
            Some(name) if !self.renamed.contains(&id) => name.clone(),
            Some(name) => format!("{name}_{id}"),
            // Only a tree that nobody repaired has these.
            None => format!("unbound_{id}"),
        }
    }

    /// Does this variable have the name it wishes?
    pub fn is_as_wished(&self, binder: &Binder) -> bool {
        !self.renamed.contains(&binder.id)
    }

    fn same_name(&self, left: u32, right: u32) -> bool {
        match (self.renamed.contains(&left), self.renamed.contains(&right)) {
            (false, false) => self.wished.get(&left) == self.wished.get(&right),
            _ => self.name(left) == self.name(right),
        }
    }

    fn visit(&mut self, node: &Node, visible: &mut Vec<u32>) {
        let mark = visible.len();
        match &node.kind {
            Kind::Reference(id) => {
                let captor = visible
                    .iter()
                    .rev()
                    .find(|other| self.same_name(**other, *id));
                if let Some(&captor) = captor
                    && captor != *id
                {
                    // Two renamed variables share a name only if one wishes for such a name.
                    let other = if self.renamed.contains(&captor) {
                        *id
                    } else {
                        captor
                    };
                    self.renamed.insert(other);
                }
            }
            Kind::Global(name) => {
                let captors: Vec<u32> = visible
                    .iter()
                    .copied()
                    .filter(|other| self.name(*other) == *name)
                    .collect();
                self.renamed.extend(captors);
            }
            Kind::Block => {
                self.block(node, visible);
                visible.truncate(mark);
            }
            Kind::Repeat => {
                if let [body, condition] = node.children.as_slice() {
                    self.block(body, visible);
                    self.visit(condition, visible);
                }
                visible.truncate(mark);
            }
            Kind::NumericFor(_) | Kind::GenericFor(_) => {
                if let Some((body, before)) = node.children.split_last() {
                    for child in before {
                        self.visit(child, visible);
                    }
                    visible.extend(node.binders().iter().map(|binder| binder.id));
                    self.visit(body, visible);
                }
                visible.truncate(mark);
            }
            Kind::Function { .. } | Kind::LocalFunction(_) => {
                visible.extend(node.binders().iter().map(|binder| binder.id));
                for child in &node.children {
                    self.visit(child, visible);
                }
                visible.truncate(mark);
            }
            _ => {
                for child in &node.children {
                    self.visit(child, visible);
                }
            }
        }
    }

    fn block(&mut self, node: &Node, visible: &mut Vec<u32>) {
        for statement in &node.children {
            self.visit(statement, visible);
            if matches!(statement.kind, Kind::Local(_) | Kind::LocalFunction(_)) {
                visible.extend(statement.binders().iter().map(|binder| binder.id));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::build::*;
    use super::*;

    fn tree(inner: u32) -> Node {
        block(vec![
            local(vec![binder(1, "x")], vec![number("1")]),
            Node::new(
                Kind::Do,
                vec![block(vec![
                    local(vec![binder(2, "x")], vec![reference(1)]),
                    give(vec![reference(inner)]),
                ])],
            ),
        ])
    }

    #[test]
    fn shadowing_is_kept_where_it_does_no_harm() {
        let names = Names::of(&tree(2));
        assert_eq!((names.name(1), names.name(2)), ("x".into(), "x".into()));
    }

    #[test]
    fn no_reference_is_captured() {
        let names = Names::of(&tree(1));
        assert_eq!((names.name(1), names.name(2)), ("x".into(), "x_2".into()));
    }

    #[test]
    fn no_global_is_captured() {
        let names = Names::of(&block(vec![
            local(vec![binder(7, "print")], vec![]),
            call_statement(global("print"), vec![reference(7)]),
        ]));
        assert_eq!(names.name(7), "print_7");
    }
}
