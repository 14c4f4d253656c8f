//! The tree of a generated program: what the generator builds, the printer writes, the reducer
//! and the mutators edit.
//!
//! Every node has the same shape, a kind and its children in the order of the text, so that a
//! reducer walks and edits without knowing Lua. Invariants, kept by the editing functions here:
//!
//! 1. What stands in a slot is what [`Node::slot`] says, and as many children as the kind wants.
//! 2. A variable is named by the number of its [`Binder`]. [`super::repair`] binds references
//!    anew that an edit has taken out of their scope; which name is printed is
//!    decided by [`super::names`], so that no name ever captures another variable's references.

use super::repair;

/// A place where a local variable, a parameter or a loop's variable is declared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Binder {
    /// Its number. The innermost declaration of a number that is in scope is meant.
    pub id: u32,
    /// The name it wishes to have; another one is printed when this would capture references.
    pub name: String,
}

/// How a literal string is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Quote {
    /// `"…"`
    Double,
    /// `'…'`
    Single,
    /// `[[…]]`, with as many `=` as needed.
    Long,
    /// `"…"`, every byte as a decimal escape.
    Escaped,
}

/// Operators with two operands, weakest binding first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the names say it")]
pub enum BinaryOperator {
    Or,
    And,
    Less,
    Greater,
    LessEqual,
    GreaterEqual,
    NotEqual,
    Equal,
    Concat,
    Add,
    Subtract,
    Multiply,
    Divide,
    Modulo,
    Power,
}

impl BinaryOperator {
    /// All of them.
    pub const ALL: [Self; 15] = [
        Self::Or,
        Self::And,
        Self::Less,
        Self::Greater,
        Self::LessEqual,
        Self::GreaterEqual,
        Self::NotEqual,
        Self::Equal,
        Self::Concat,
        Self::Add,
        Self::Subtract,
        Self::Multiply,
        Self::Divide,
        Self::Modulo,
        Self::Power,
    ];
    /// The six of arithmetic.
    pub const ARITHMETIC: [Self; 6] = [
        Self::Add,
        Self::Subtract,
        Self::Multiply,
        Self::Divide,
        Self::Modulo,
        Self::Power,
    ];
    /// The six comparisons.
    pub const COMPARISONS: [Self; 6] = [
        Self::Less,
        Self::Greater,
        Self::LessEqual,
        Self::GreaterEqual,
        Self::NotEqual,
        Self::Equal,
    ];

    /// As it is written.
    pub const fn text(self) -> &'static str {
        match self {
            Self::Or => "or",
            Self::And => "and",
            Self::Less => "<",
            Self::Greater => ">",
            Self::LessEqual => "<=",
            Self::GreaterEqual => ">=",
            Self::NotEqual => "~=",
            Self::Equal => "==",
            Self::Concat => "..",
            Self::Add => "+",
            Self::Subtract => "-",
            Self::Multiply => "*",
            Self::Divide => "/",
            Self::Modulo => "%",
            Self::Power => "^",
        }
    }

    /// How strongly it binds its left and its right operand (manual, section 2.5.6).
    pub const fn priority(self) -> (u8, u8) {
        match self {
            Self::Or => (1, 1),
            Self::And => (2, 2),
            Self::Less
            | Self::Greater
            | Self::LessEqual
            | Self::GreaterEqual
            | Self::NotEqual
            | Self::Equal => (3, 3),
            Self::Concat => (5, 4),
            Self::Add | Self::Subtract => (6, 6),
            Self::Multiply | Self::Divide | Self::Modulo => (7, 7),
            Self::Power => (10, 9),
        }
    }
}

/// Operators with one operand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum UnaryOperator {
    /// `-`
    Minus,
    /// `not`
    Not,
    /// `#`
    Length,
}

impl UnaryOperator {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Minus, Self::Not, Self::Length];
    /// How strongly they bind their operand.
    pub const PRIORITY: u8 = 8;

    /// As it is written.
    pub const fn text(self) -> &'static str {
        match self {
            Self::Minus => "-",
            Self::Not => "not",
            Self::Length => "#",
        }
    }
}

/// What a node is. The comment says which children it has, in order.
#[derive(Debug, Clone, PartialEq)]
pub enum Kind {
    /// Statements.
    Block,
    /// `local`: values.
    Local(Vec<Binder>),
    /// `=`: so many targets, then at least one value.
    Assign(usize),
    /// A call that is a statement: the call.
    CallStatement,
    /// `do`: a block.
    Do,
    /// `while`: condition, block.
    While,
    /// `repeat`: block, condition, which sees the block's variables.
    Repeat,
    /// `if`: conditions and blocks in turn; one more block when there is an `else`.
    If,
    /// `for v = …`: start, limit, perhaps step, block.
    NumericFor(Binder),
    /// `for … in`: at least one expression, then the block.
    GenericFor(Vec<Binder>),
    /// `local function`: the function, which sees its own name.
    LocalFunction(Binder),
    /// `function a.b.c:d()`: the variable that the name begins with, the function. The
    /// first parameter of a method is its `self`.
    FunctionStatement {
        /// The fields after the variable.
        fields: Vec<String>,
        /// Is a colon before the last field?
        method: bool,
    },
    /// `return`: values. Printed inside `do … end` where it isn't the last of its block.
    Return,
    /// `break`; printed as `return` is, and as `do end` outside a loop.
    Break,
    /// `nil`
    Nil,
    /// `true`
    True,
    /// `false`
    False,
    /// A numeral as it is written, without sign.
    Number(String),
    /// A literal string.
    String(Vec<u8>, Quote),
    /// `...`; printed as `nil` where there are none.
    Vararg,
    /// `function`: the block.
    Function {
        /// Its parameters.
        parameters: Vec<Binder>,
        /// Does `...` follow them?
        vararg: bool,
    },
    /// A local variable by its number.
    Reference(u32),
    /// A global variable, or the parameter `arg`.
    Global(String),
    /// Object, key; written with a dot when the key is a name.
    Index,
    /// Function, arguments.
    Call,
    /// `object:name()`: object, arguments.
    Method(String),
    /// Left, right.
    Binary(BinaryOperator),
    /// Operand.
    Unary(UnaryOperator),
    /// Parentheses that adjust to one value: the expression. Those that only group are the
    /// printer's business.
    Parenthesis,
    /// `{}`: items.
    Table,
    /// A value at the next position: the value.
    Positional,
    /// `name =`: the value.
    Named(String),
    /// `[key] =`: key, value.
    Keyed,
}

/// What a node may stand for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Slot {
    /// A block.
    Block,
    /// A statement.
    Statement,
    /// Any expression.
    Expression,
    /// An expression that can be assigned to.
    Target,
    /// A call.
    Call,
    /// A function expression.
    Function,
    /// A variable that a function's name may begin with.
    Variable,
    /// An item of a table constructor.
    Item,
}

/// A node of the tree with all below it.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    /// What it is.
    pub kind: Kind,
    /// What it is made of, in the order of the text.
    pub children: Vec<Node>,
}

impl Node {
    /// A node with children.
    pub const fn new(kind: Kind, children: Vec<Self>) -> Self {
        Self { kind, children }
    }

    /// A node without children.
    pub const fn leaf(kind: Kind) -> Self {
        Self::new(kind, Vec::new())
    }

    /// How many nodes there are, this one included.
    pub fn size(&self) -> usize {
        1 + self.children.iter().map(Self::size).sum::<usize>()
    }

    /// The narrowest slot that this node fits.
    pub const fn category(&self) -> Slot {
        match self.kind {
            Kind::Block => Slot::Block,
            Kind::Local(_)
            | Kind::Assign(_)
            | Kind::CallStatement
            | Kind::Do
            | Kind::While
            | Kind::Repeat
            | Kind::If
            | Kind::NumericFor(_)
            | Kind::GenericFor(_)
            | Kind::LocalFunction(_)
            | Kind::FunctionStatement { .. }
            | Kind::Return
            | Kind::Break => Slot::Statement,
            Kind::Nil
            | Kind::True
            | Kind::False
            | Kind::Number(_)
            | Kind::String(..)
            | Kind::Vararg
            | Kind::Binary(_)
            | Kind::Unary(_)
            | Kind::Parenthesis
            | Kind::Table => Slot::Expression,
            Kind::Function { .. } => Slot::Function,
            Kind::Reference(_) | Kind::Global(_) => Slot::Variable,
            Kind::Index => Slot::Target,
            Kind::Call | Kind::Method(_) => Slot::Call,
            Kind::Positional | Kind::Named(_) | Kind::Keyed => Slot::Item,
        }
    }

    /// May it stand in this slot?
    pub fn fits(&self, slot: Slot) -> bool {
        let own = self.category();
        own == slot
            || match slot {
                Slot::Expression => !matches!(own, Slot::Block | Slot::Statement | Slot::Item),
                Slot::Target => own == Slot::Variable,
                _ => false,
            }
    }

    /// What stands at one of its children's places.
    pub fn slot(&self, child: usize) -> Slot {
        let last = child + 1 == self.children.len();
        match &self.kind {
            Kind::Block => Slot::Statement,
            Kind::CallStatement => Slot::Call,
            Kind::Do | Kind::Function { .. } => Slot::Block,
            Kind::While if child == 1 => Slot::Block,
            Kind::Repeat if child == 0 => Slot::Block,
            Kind::If if child % 2 == 1 || last => Slot::Block,
            Kind::NumericFor(_) | Kind::GenericFor(_) if last => Slot::Block,
            Kind::LocalFunction(_) => Slot::Function,
            Kind::FunctionStatement { .. } if child == 0 => Slot::Variable,
            Kind::FunctionStatement { .. } => Slot::Function,
            Kind::Assign(targets) if child < *targets => Slot::Target,
            Kind::Table => Slot::Item,
            _ => Slot::Expression,
        }
    }

    /// Can one of its children go without leaving something that isn't Lua?
    pub fn can_delete(&self, child: usize) -> bool {
        let count = self.children.len();
        child < count
            && match &self.kind {
                Kind::Block | Kind::Local(_) | Kind::Return | Kind::Table => true,
                Kind::Call | Kind::Method(_) => child > 0,
                Kind::Assign(targets) if child < *targets => *targets > 1,
                Kind::Assign(targets) => count > targets + 1,
                // The else block, or a clause with its condition.
                Kind::If => count > 2,
                Kind::NumericFor(_) => count == 4 && child == 2,
                Kind::GenericFor(_) => count > 2 && child + 1 < count,
                _ => false,
            }
    }

    /// The nodes of the tree with their index, which the other functions here take: parents
    /// before children, in the order of the text.
    pub fn walk(&self) -> impl Iterator<Item = (usize, &Self)> {
        let mut waiting = vec![self];
        std::iter::from_fn(move || {
            let node = waiting.pop()?;
            waiting.extend(node.children.iter().rev());
            Some(node)
        })
        .enumerate()
    }

    /// The node with this index.
    pub fn get(&self, index: usize) -> Option<&Self> {
        self.walk().nth(index).map(|(_, node)| node)
    }

    /// The parent of the node with this index, and which of its children that is; nothing for
    /// the root.
    pub fn parent(&self, index: usize) -> Option<(&Self, usize)> {
        let path = self.path(index)?;
        let (&last, before) = path.split_last()?;
        let parent = before
            .iter()
            .try_fold(self, |node, &child| node.children.get(child))?;
        Some((parent, last))
    }

    /// Which children lead to the node with this index.
    fn path(&self, index: usize) -> Option<Vec<usize>> {
        let mut path = Vec::new();
        let (mut node, mut before) = (self, 0);
        'down: while before < index {
            let mut next = before + 1;
            for (position, child) in node.children.iter().enumerate() {
                let size = child.size();
                if index < next + size {
                    path.push(position);
                    (node, before) = (child, next);
                    continue 'down;
                }
                next += size;
            }
            return None;
        }
        Some(path)
    }

    fn at_path(&mut self, path: &[usize]) -> Option<&mut Self> {
        path.iter()
            .try_fold(self, |node, &child| node.children.get_mut(child))
    }

    /// Puts another node in the place of the one with this index, if it fits there, and
    /// repairs what is out of scope then. Says whether it did.
    pub fn replace(&mut self, index: usize, node: Self) -> bool {
        let fits = match self.parent(index) {
            Some((parent, child)) => node.fits(parent.slot(child)),
            None => index == 0 && node.fits(Slot::Block),
        };
        let Some(path) = self.path(index).filter(|_| fits) else {
            return false;
        };
        if let Some(place) = self.at_path(&path) {
            *place = node;
        }
        repair::repair(self);
        true
    }

    /// Takes out the node with this index, if its parent can go without, and repairs what is
    /// out of scope then. Says whether it did.
    pub fn delete(&mut self, index: usize) -> bool {
        let deletable = self
            .parent(index)
            .is_some_and(|(parent, child)| parent.can_delete(child));
        let Some(path) = self.path(index).filter(|_| deletable) else {
            return false;
        };
        if let Some((&child, before)) = path.split_last()
            && let Some(parent) = self.at_path(before)
        {
            parent.remove_child(child);
        }
        repair::repair(self);
        true
    }

    /// Puts a statement into the block with this index. Says whether it did.
    pub fn insert(&mut self, index: usize, position: usize, statement: Self) -> bool {
        let Some(path) = self.path(index).filter(|_| statement.fits(Slot::Statement)) else {
            return false;
        };
        let Some(block) = self.at_path(&path) else {
            return false;
        };
        if block.kind != Kind::Block || position > block.children.len() {
            return false;
        }
        block.children.insert(position, statement);
        repair::repair(self);
        true
    }

    fn remove_child(&mut self, child: usize) {
        match &mut self.kind {
            Kind::Assign(targets) if child < *targets => *targets -= 1,
            Kind::If if child % 2 == 1 => {
                self.children.remove(child - 1);
                self.children.remove(child - 1);
                return;
            }
            Kind::If if child + 1 < self.children.len() => {
                self.children.remove(child + 1);
            }
            _ => {}
        }
        self.children.remove(child);
    }

    /// May it give several values, or none, where it stands last in a list?
    pub const fn gives_many(&self) -> bool {
        matches!(self.kind, Kind::Call | Kind::Method(_) | Kind::Vararg)
    }

    /// The variables that this node itself declares.
    pub fn binders(&self) -> &[Binder] {
        match &self.kind {
            Kind::Local(binders) | Kind::GenericFor(binders) => binders,
            Kind::NumericFor(binder) | Kind::LocalFunction(binder) => std::slice::from_ref(binder),
            Kind::Function { parameters, .. } => parameters,
            _ => &[],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::build::*;
    use super::*;

    fn sample() -> Node {
        let variable = binder(1, "a");
        block(vec![
            local(vec![variable], vec![number("1")]),
            Node::new(
                Kind::If,
                vec![
                    reference(1),
                    block(vec![]),
                    truth(true),
                    block(vec![call_statement(global("f"), vec![reference(1)])]),
                ],
            ),
        ])
    }

    #[test]
    fn indices_are_those_of_the_walk() {
        let tree = sample();
        for (index, node) in tree.walk() {
            assert_eq!(tree.get(index), Some(node));
            if let Some((parent, child)) = tree.parent(index) {
                assert_eq!(parent.children.get(child), Some(node));
                assert!(node.fits(parent.slot(child)), "{node:?} in {parent:?}");
            }
        }
        assert_eq!(tree.walk().count(), tree.size());
        assert_eq!(tree.get(tree.size()), None);
    }

    #[test]
    fn a_clause_goes_with_its_condition() {
        for index in [4, 5] {
            let mut tree = sample();
            assert!(tree.delete(index));
            let clause = tree.children.last().map(|node| node.children.len());
            assert_eq!(clause, Some(2));
        }
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        let mut tree = sample();
        let before = tree.clone();
        assert!(!tree.replace(2, block(vec![])));
        assert!(!tree.delete(2 + tree.size()));
        assert!(!tree.replace(0, number("1")));
        assert_eq!(tree, before);
        assert!(tree.replace(2, truth(false)));
        assert_ne!(tree, before);
    }

    #[test]
    fn references_out_of_scope_are_bound_anew() {
        let mut tree = sample();
        assert!(tree.delete(1));
        let dangling = tree
            .walk()
            .any(|(_, node)| matches!(node.kind, Kind::Reference(_)));
        assert!(!dangling, "{tree:?}");
    }
}
