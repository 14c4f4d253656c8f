//! Scenes: what takes several statements that belong together, written as templates in Lua.
//!
//! A template's names stand for something: `N_`, `S_`, `B_`, `A_` for an expression that is a
//! number, a string, a boolean, anything; `LN_`, `LS_`, `R_` for a list of numbers, one of strings, a
//! record; `BLOCK_()` for a few statements. Every other name is itself. Templates never fail and
//! keep to the discipline of `types.rs`, so that they serve mode Total; what they get may raise errors in mode Erring.

use std::sync::LazyLock;

use super::ast::{Binder, Kind, Node};
use super::build::*;
use super::generator::Generator;
use super::parse::parse;
use super::templates::TEMPLATES;
use super::types::{Function, Type};
use super::weights::Feature;

struct Template {
    feature: Feature,
    statements: Vec<Node>,
    /// Its variables have numbers below this one.
    ids: u32,
}

/// The templates as trees. Each is Lua, which a test makes sure of.
static TREES: LazyLock<Vec<Template>> = LazyLock::new(|| {
    TEMPLATES
        .iter()
        .filter_map(|(feature, text)| {
            let (statements, ids) = read(text)?;
            Some(Template {
                feature: *feature,
                statements,
                ids,
            })
        })
        .collect()
});

/// Adds a scene of a feature, a few statements in a block of their own.
pub(crate) fn play(generator: &mut Generator<'_, '_>, feature: Feature, out: &mut Vec<Node>) {
    let templates: Vec<&Template> = TREES
        .iter()
        .filter(|template| template.feature == feature)
        .collect();
    let Some(template) = generator.choices.pick(&templates).copied() else {
        return;
    };
    out.push(filled(generator, template.statements.clone(), template.ids));
}

/// A scene of a text that isn't used often enough to keep its tree; an empty block if it isn't Lua.
pub(crate) fn once(generator: &mut Generator<'_, '_>, text: &str) -> Node {
    match read(text) {
        Some((statements, ids)) => filled(generator, statements, ids),
        None => Node::new(Kind::Do, vec![block(Vec::new())]),
    }
}

/// A template's statements, and how many variables they have.
fn read(text: &str) -> Option<(Vec<Node>, u32)> {
    let tree = parse(text.as_bytes(), 0).ok()?;
    let nodes = tree.walk().flat_map(|(_, node)| node.binders());
    let ids = nodes.map(|binder| binder.id + 1).max().unwrap_or(0);
    Some((tree.children, ids))
}

/// A template as a block.
fn filled(generator: &mut Generator<'_, '_>, mut statements: Vec<Node>, ids: u32) -> Node {
    let offset = generator.next_id;
    generator.next_id += ids;
    generator.scoped(|own| {
        for statement in &mut statements {
            fill(own, statement, offset);
        }
    });
    Node::new(Kind::Do, vec![block(statements)])
}

/// Gives a template's variables numbers of their own and puts expressions in the places of its names.
fn fill(generator: &mut Generator<'_, '_>, node: &mut Node, offset: u32) {
    let renumber = |id: &mut u32| *id += offset;
    match &mut node.kind {
        Kind::Reference(id) => renumber(id),
        Kind::NumericFor(binder) | Kind::LocalFunction(binder) => renumber(&mut binder.id),
        Kind::Local(binders)
        | Kind::GenericFor(binders)
        | Kind::Function {
            parameters: binders,
            ..
        } => {
            let ids = binders.iter_mut().map(|Binder { id, .. }| id);
            ids.for_each(renumber);
        }
        Kind::Global(name) => {
            let kind = match name.as_str() {
                "N_" => Type::Number,
                "S_" => Type::String,
                "B_" => Type::Boolean,
                "A_" => Type::Any,
                "LN_" => Type::Numbers,
                "LS_" => Type::Strings,
                "R_" => Type::Record,
                _ => return,
            };
            *node = generator.expression(kind);
            return;
        }
        Kind::CallStatement => {
            let is_block = node
                .children
                .first()
                .and_then(|call| call.children.first())
                .is_some_and(|callee| callee.kind == Kind::Global("BLOCK_".to_owned()));
            if is_block {
                let statements = generator.block(3);
                *node = Node::new(Kind::Do, vec![block(statements)]);
                return;
            }
        }
        _ => {}
    }
    let entered = match &node.kind {
        Kind::Function { vararg, .. } => {
            generator.functions.push(Function {
                vararg: *vararg,
                may_yield: false,
                result: None,
                loops: 0,
            });
            true
        }
        _ => false,
    };
    for child in &mut node.children {
        fill(generator, child, offset);
    }
    if entered {
        generator.functions.pop();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_template_is_lua() {
        for (_, text) in TEMPLATES {
            assert!(parse(text.as_bytes(), 1).is_ok(), "{text}");
        }
        assert_eq!(TREES.len(), TEMPLATES.len());
    }
}
