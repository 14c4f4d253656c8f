//! Single changes to a tree that may make it smaller. Whether one does, and whether what was to
//! be seen is still seen, is for others to say; most changes give another program.

use std::collections::BTreeSet;

use super::tree::{Block, Expression, Name, Statement, Visitor};

/// Numerals are brought down to a limit by such parts of them.
const PARTS: [f64; 6] = [2.0, 4.0, 8.0, 16.0, 64.0, 1024.0];

/// A change.
#[derive(Debug, Clone)]
pub(super) enum Edit {
    /// Other statements in place of some.
    Splice {
        /// Which block, in the order of a walk.
        block: usize,
        /// The first statement.
        start: usize,
        /// How many go.
        count: usize,
        /// What comes.
        with: Vec<Statement>,
    },
    /// Another expression in place of one.
    Replace {
        /// Which one, in the order of a walk.
        expression: usize,
        /// What comes.
        with: Expression,
    },
    /// Another name in place of one, wherever it is used.
    Rename {
        /// The name.
        from: Name,
        /// What comes.
        to: Name,
    },
}

impl Edit {
    /// Makes the change.
    pub(super) fn apply(self, tree: &mut Block) {
        match self {
            Self::Splice {
                block,
                start,
                count,
                with,
            } => {
                with_block(tree, block, move |block| {
                    let end = block.statements.len().min(start + count);
                    if start <= end {
                        block.statements.splice(start..end, with);
                    }
                });
            }
            Self::Replace { expression, with } => tree.walk(&mut NthExpression {
                left: expression,
                with: Some(with),
            }),
            Self::Rename { from, to } => tree.walk(&mut Renamer { from, to }),
        }
    }
}

/// Calls a function with the block of this number.
pub(super) fn with_block(tree: &mut Block, block: usize, action: impl FnOnce(&mut Block)) {
    struct NthBlock<F> {
        left: usize,
        action: Option<F>,
    }
    impl<F: FnOnce(&mut Block)> Visitor for NthBlock<F> {
        fn block(&mut self, block: &mut Block) {
            if self.left > 0 {
                self.left -= 1;
            } else if let Some(action) = self.action.take() {
                action(block);
            }
        }
    }
    tree.walk(&mut NthBlock {
        left: block,
        action: Some(action),
    });
}

struct NthExpression {
    left: usize,
    with: Option<Expression>,
}

impl Visitor for NthExpression {
    fn expression(&mut self, expression: &mut Expression) {
        if self.left > 0 {
            self.left -= 1;
        } else if let Some(with) = self.with.take() {
            *expression = with;
        }
    }
}

struct Renamer {
    from: Name,
    to: Name,
}

impl Visitor for Renamer {
    fn name(&mut self, name: &mut Name) {
        if *name == self.from {
            name.clone_from(&self.to);
        }
    }
}

/// Changes of statements: what is inside in place of what is around it, one round in place of a
/// loop, the value in place of the variable, the call in place of what is done with its result.
pub(super) fn of_statements(tree: &Block) -> Vec<Edit> {
    struct Finder {
        block: usize,
        edits: Vec<Edit>,
    }
    impl Visitor for Finder {
        fn block(&mut self, block: &mut Block) {
            for (start, statement) in block.statements.iter().enumerate() {
                for with in simpler_statements(statement) {
                    self.edits.push(Edit::Splice {
                        block: self.block,
                        start,
                        count: 1,
                        with,
                    });
                }
                let rest = block.statements.get(start + 1..).unwrap_or_default();
                if let Some(with) = inlined(statement, rest) {
                    self.edits.push(Edit::Splice {
                        block: self.block,
                        start,
                        count: rest.len() + 1,
                        with,
                    });
                }
            }
            self.block += 1;
        }
    }
    let mut finder = Finder {
        block: 0,
        edits: Vec::new(),
    };
    tree.clone().walk(&mut finder);
    finder.edits
}

fn simpler_statements(statement: &Statement) -> Vec<Vec<Statement>> {
    let mut simpler: Vec<Vec<Statement>> = inner_blocks(statement)
        .into_iter()
        .map(|block| block.statements.clone())
        .collect();
    let with_variables = |names: Vec<Name>, values: Vec<Expression>, body: &Block| {
        let variables = Statement::Local { names, values };
        [variables]
            .into_iter()
            .chain(body.statements.iter().cloned())
            .collect()
    };
    match statement {
        Statement::NumericFor {
            variable,
            initial,
            step,
            body,
            ..
        } => {
            simpler.push(with_variables(
                vec![variable.clone()],
                vec![initial.clone()],
                body,
            ));
            if step.is_some() {
                let mut without = statement.clone();
                if let Statement::NumericFor { step, .. } = &mut without {
                    *step = None;
                }
                simpler.push(vec![without]);
            }
        }
        Statement::GenericFor {
            names,
            values,
            body,
        } => {
            simpler.push(with_variables(names.clone(), values.clone(), body));
            // What the first round gets.
            let first = Expression::Call {
                callee: Box::new(Expression::Name(b"next".to_vec())),
                method: None,
                arguments: match values.first() {
                    Some(Expression::Call { arguments, .. }) => arguments.clone(),
                    _ => Vec::new(),
                },
            };
            simpler.push(with_variables(names.clone(), vec![first], body));
        }
        Statement::If { clauses, otherwise } if otherwise.is_some() => {
            simpler.push(vec![Statement::If {
                clauses: clauses.clone(),
                otherwise: None,
            }]);
        }
        _ => {}
    }
    for value in values(statement) {
        if matches!(value, Expression::Call { .. }) && !matches!(statement, Statement::Call(_)) {
            simpler.push(vec![Statement::Call(value.clone())]);
        }
    }
    simpler
}

/// The expressions that a statement is made of, but for those that it assigns to.
fn values(statement: &Statement) -> Vec<&Expression> {
    match statement {
        Statement::Call(value)
        | Statement::While {
            condition: value, ..
        }
        | Statement::Repeat {
            condition: value, ..
        } => vec![value],
        Statement::Assignment { values, .. }
        | Statement::Local { values, .. }
        | Statement::GenericFor { values, .. }
        | Statement::Return(values) => values.iter().collect(),
        Statement::If { clauses, .. } => clauses.iter().map(|clause| &clause.condition).collect(),
        Statement::NumericFor {
            initial,
            limit,
            step,
            ..
        } => [initial, limit].into_iter().chain(step).collect(),
        Statement::LocalFunction { .. }
        | Statement::Function { .. }
        | Statement::Do(_)
        | Statement::Break => Vec::new(),
    }
}

/// The blocks that stand directly in a statement, bodies of functions included.
fn inner_blocks(statement: &Statement) -> Vec<&Block> {
    let mut blocks: Vec<&Block> = match statement {
        Statement::LocalFunction { function, .. } | Statement::Function { function, .. } => {
            vec![&function.body]
        }
        Statement::If { clauses, otherwise } => clauses
            .iter()
            .map(|clause| &clause.body)
            .chain(otherwise)
            .collect(),
        Statement::While { body, .. }
        | Statement::Do(body)
        | Statement::NumericFor { body, .. }
        | Statement::GenericFor { body, .. }
        | Statement::Repeat { body, .. } => vec![body],
        Statement::Call(_)
        | Statement::Assignment { .. }
        | Statement::Local { .. }
        | Statement::Return(_)
        | Statement::Break => Vec::new(),
    };
    let mut open = values(statement);
    while let Some(value) = open.pop() {
        match value {
            Expression::Function(function) => blocks.push(&function.body),
            value => open.extend(value.children()),
        }
    }
    blocks
}

/// The statements behind the declaration of a variable, with its value in place of it.
fn inlined(statement: &Statement, rest: &[Statement]) -> Option<Vec<Statement>> {
    let (name, value) = match statement {
        Statement::Local { names, values } => match (names.as_slice(), values.as_slice()) {
            ([name], [value]) => (name, value.clone()),
            ([name], []) => (name, Expression::Nil),
            _ => return None,
        },
        Statement::LocalFunction { name, function } => {
            (name, Expression::Function(Box::new(function.clone())))
        }
        _ => return None,
    };
    struct Substitute<'a> {
        name: &'a Name,
        with: &'a Expression,
        found: usize,
    }
    impl Visitor for Substitute<'_> {
        fn expression(&mut self, expression: &mut Expression) {
            if matches!(expression, Expression::Name(name) if name == self.name) {
                self.found += 1;
                *expression = self.with.clone();
            }
        }
    }
    let mut mentions = Substitute {
        name,
        with: &Expression::Nil,
        found: 0,
    };
    value.clone().walk(&mut mentions);
    if mentions.found > 0 {
        // The value would be put into itself.
        return None;
    }
    let mut substitute = Substitute {
        name,
        with: &value,
        found: 0,
    };
    let mut rest = rest.to_vec();
    for statement in &mut rest {
        statement.walk(&mut substitute);
    }
    (substitute.found > 0).then_some(rest)
}

/// Changes of expressions: a part in place of the whole, simpler literals.
pub(super) fn of_expressions(tree: &Block) -> Vec<Edit> {
    struct Finder {
        expression: usize,
        edits: Vec<Edit>,
    }
    impl Visitor for Finder {
        fn expression(&mut self, expression: &mut Expression) {
            for with in simpler_expressions(expression) {
                self.edits.push(Edit::Replace {
                    expression: self.expression,
                    with,
                });
            }
            self.expression += 1;
        }
    }
    let mut finder = Finder {
        expression: 0,
        edits: Vec::new(),
    };
    tree.clone().walk(&mut finder);
    finder.edits
}

fn simpler_expressions(expression: &Expression) -> Vec<Expression> {
    let mut simpler: Vec<Expression> = expression.children().into_iter().cloned().collect();
    let literals = [
        Expression::Nil,
        Expression::Number(0.0),
        Expression::String(Vec::new()),
        Expression::Table(Vec::new()),
        Expression::True,
    ];
    match expression {
        Expression::Nil | Expression::True | Expression::False | Expression::VarArg => {}
        Expression::Number(value) => {
            let value = *value;
            simpler.extend([0.0, 1.0, value.trunc()].map(Expression::Number));
            if value.is_finite() && value.fract() == 0.0 {
                let smaller = PARTS.map(|part| value - (value / part).ceil());
                simpler.extend(smaller.map(Expression::Number));
                simpler.push(Expression::Number(value - 1.0));
            }
            // Neither `-1` nor `-0` is a numeral.
            simpler.retain(|other| matches!(other, Expression::Number(n) if n.is_sign_positive()));
        }
        Expression::String(text) => {
            if !text.is_empty() {
                simpler.push(Expression::String(vec![b'a'; text.len()]));
            }
        }
        Expression::Call {
            callee,
            method: Some(_),
            arguments,
        } => {
            simpler.push(Expression::Call {
                callee: callee.clone(),
                method: None,
                arguments: arguments.clone(),
            });
            simpler.extend(literals);
        }
        _ => simpler.extend(literals),
    }
    simpler
}

/// Every name that is longer than it has to be, and a shorter one.
pub(super) fn of_names(tree: &Block) -> Vec<Edit> {
    struct Finder {
        names: BTreeSet<Name>,
    }
    impl Visitor for Finder {
        fn name(&mut self, name: &mut Name) {
            self.names.insert(name.clone());
        }
    }
    let mut finder = Finder {
        names: BTreeSet::new(),
    };
    tree.clone().walk(&mut finder);
    let names = finder.names;
    let Some(free) = (b'a'..=b'z')
        .map(|letter| vec![letter])
        .find(|name| !names.contains(name))
    else {
        return Vec::new();
    };
    names
        .into_iter()
        .filter(|name| (free.len(), &free) < (name.len(), name))
        .map(|from| Edit::Rename {
            from,
            to: free.clone(),
        })
        .collect()
}

/// The number of blocks, and the lists in order of a walk with their lengths.
pub(super) fn lists(tree: &Block) -> (usize, Vec<usize>) {
    struct Counter {
        blocks: usize,
        lists: Vec<usize>,
    }
    impl Visitor for Counter {
        fn block(&mut self, _: &mut Block) {
            self.blocks += 1;
        }
        fn list(&mut self, list: &mut dyn super::tree::List) {
            self.lists.push(list.length());
        }
    }
    let mut counter = Counter {
        blocks: 0,
        lists: Vec::new(),
    };
    tree.clone().walk(&mut counter);
    (counter.blocks, counter.lists)
}

/// Leaves parts out of the list of this number.
pub(super) fn leave_out(tree: &mut Block, list: usize, parts: std::ops::Range<usize>) {
    struct NthList {
        left: usize,
        parts: Option<std::ops::Range<usize>>,
    }
    impl Visitor for NthList {
        fn list(&mut self, list: &mut dyn super::tree::List) {
            if self.left > 0 {
                self.left -= 1;
            } else if let Some(parts) = self.parts.take() {
                list.leave_out(parts);
            }
        }
    }
    tree.walk(&mut NthList {
        left: list,
        parts: Some(parts),
    });
}
