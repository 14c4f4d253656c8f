//! Brings a tree back to what every program must be after an edit: references to variables in
//! scope, dots only where a function has them, breaks only in loops.

use super::ast::{Kind, Node};

/// What can be named at a place.
#[derive(Debug, Default)]
struct Scope {
    /// Numbers of the variables in scope, innermost last.
    visible: Vec<u32>,
    /// Loops of the current function around the place.
    loops: usize,
    /// Does the current function have `...`?
    vararg: bool,
}

/// Rebinds each reference out of scope to the innermost variable, or to a global one when there
/// is none; dots without a function that has them become `nil`, breaks outside loops empty blocks.
///
/// The root is taken for the body of a function with `...`.
pub fn repair(root: &mut Node) {
    let mut scope = Scope {
        vararg: true,
        ..Scope::default()
    };
    visit(root, &mut scope);
}

fn visit(node: &mut Node, scope: &mut Scope) {
    let mark = scope.visible.len();
    match &mut node.kind {
        Kind::Reference(id) => {
            if !scope.visible.contains(id) {
                node.kind = match scope.visible.last() {
                    Some(&other) => Kind::Reference(other),
                    None => Kind::Global("unbound".to_owned()),
                };
            }
        }
        Kind::Vararg if !scope.vararg => node.kind = Kind::Nil,
        Kind::Break if scope.loops == 0 => {
            node.kind = Kind::Do;
            node.children = vec![Node::leaf(Kind::Block)];
        }
        Kind::Block => {
            block(node, scope);
            scope.visible.truncate(mark);
        }
        Kind::Repeat => {
            scope.loops += 1;
            if let [body, condition] = node.children.as_mut_slice() {
                block(body, scope);
                scope.loops -= 1;
                visit(condition, scope);
            }
            scope.visible.truncate(mark);
        }
        Kind::While | Kind::NumericFor(_) | Kind::GenericFor(_) => {
            let binders: Vec<u32> = node.binders().iter().map(|binder| binder.id).collect();
            if let Some((body, before)) = node.children.split_last_mut() {
                for child in before {
                    visit(child, scope);
                }
                scope.visible.extend(binders);
                scope.loops += 1;
                visit(body, scope);
                scope.loops -= 1;
            }
            scope.visible.truncate(mark);
        }
        Kind::Function { parameters, vararg } => {
            scope
                .visible
                .extend(parameters.iter().map(|binder| binder.id));
            let outer = (scope.loops, scope.vararg);
            (scope.loops, scope.vararg) = (0, *vararg);
            for child in &mut node.children {
                visit(child, scope);
            }
            (scope.loops, scope.vararg) = outer;
            scope.visible.truncate(mark);
        }
        Kind::LocalFunction(binder) => {
            scope.visible.push(binder.id);
            for child in &mut node.children {
                visit(child, scope);
            }
            scope.visible.truncate(mark);
        }
        _ => {
            for child in &mut node.children {
                visit(child, scope);
            }
        }
    }
}

/// The statements of a block; what they declare stays in scope.
fn block(node: &mut Node, scope: &mut Scope) {
    for statement in &mut node.children {
        visit(statement, scope);
        if matches!(statement.kind, Kind::Local(_) | Kind::LocalFunction(_)) {
            let binders = statement.binders().iter().map(|binder| binder.id);
            scope.visible.extend(binders);
        }
    }
}
