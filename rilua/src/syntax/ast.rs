//! The syntax tree. Nodes live in vectors and name each other by index, so a
//! chain of any length is built, walked and dropped without recursion.
//!
//! 5.1.1 has no tree: it emits code while it reads, and what it emits carries the
//! line of the last token read, and an error names the token it has arrived at.
//! So nodes keep *moments*: a [`Moment`] is the index of the token that is
//! current (read, not yet used) when the one-pass compiler acts on the node.
//! Where the moment follows from another one it isn't stored; "before" a token
//! means that this token is current.

use std::marker::PhantomData;
use std::ops::Range;

use super::strings::StringId;

/// Index of a token within the part of the text that the tree covers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Moment(pub u32);

impl Moment {
    /// The moment `tokens` tokens later.
    #[must_use]
    pub const fn later(self, tokens: u32) -> Self {
        Self(self.0.saturating_add(tokens))
    }

    /// The moment `tokens` tokens earlier.
    #[must_use]
    pub const fn earlier(self, tokens: u32) -> Self {
        Self(self.0.saturating_sub(tokens))
    }
}

/// A token for which 5.1.1's scanner makes a string.
#[derive(Debug, Clone, Copy)]
pub struct TextAt {
    /// Its spelling, or the value of a literal string.
    pub text: StringId,
    /// When it is current.
    pub at: Moment,
    /// Is it a reserved word?
    pub is_reserved: bool,
}

/// Index of a node of type `T`.
#[derive(Debug)]
pub struct Id<T>(u32, PhantomData<fn() -> T>);

impl<T> Clone for Id<T> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<T> Copy for Id<T> {}

/// Consecutive nodes of type `T`.
#[derive(Debug)]
pub struct List<T> {
    start: u32,
    end: u32,
    kind: PhantomData<fn() -> T>,
}

impl<T> Clone for List<T> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<T> Copy for List<T> {}

impl<T> Default for List<T> {
    fn default() -> Self {
        Self {
            start: 0,
            end: 0,
            kind: PhantomData,
        }
    }
}

impl<T> List<T> {
    /// Number of nodes.
    #[must_use]
    pub const fn len(self) -> usize {
        (self.end - self.start) as usize
    }

    /// No nodes at all?
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.start == self.end
    }

    /// Indices of the nodes.
    pub fn ids(self) -> impl Iterator<Item = Id<T>> {
        (self.start..self.end).map(|index| Id(index, PhantomData))
    }
}

/// All nodes of one type.
#[derive(Debug)]
pub struct Nodes<T>(Vec<T>);

impl<T> Default for Nodes<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T: Copy> Nodes<T> {
    fn position(&self) -> u32 {
        // 2^32 nodes would take far more memory than a text that makes them.
        u32::try_from(self.0.len()).unwrap_or(u32::MAX)
    }

    /// Adds a node.
    pub fn add(&mut self, node: T) -> Id<T> {
        let id = Id(self.position(), PhantomData);
        self.0.push(node);
        id
    }

    /// Adds nodes that belong together.
    pub fn add_list(&mut self, nodes: impl Iterator<Item = T>) -> List<T> {
        let start = self.position();
        self.0.extend(nodes);
        List {
            start,
            end: self.position(),
            kind: PhantomData,
        }
    }

    /// The node, if it is one of this tree.
    #[must_use]
    pub fn get(&self, id: Id<T>) -> Option<T> {
        self.0.get(id.0 as usize).copied()
    }
}

/// Operators with two operands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub enum BinaryOperator {
    Add,
    Sub,
    Mul,
    Div,
    Mod,
    Pow,
    Concat,
    NotEqual,
    Equal,
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
    And,
    Or,
}

/// Operators with one operand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UnaryOperator {
    /// `-`
    Minus,
    /// `not`
    Not,
    /// `#`
    Length,
}

/// An expression.
#[derive(Debug, Clone, Copy)]
pub enum Expression {
    /// `nil`; also stands where a syntax error left nothing.
    Nil,
    /// `true`
    True,
    /// `false`
    False,
    /// A numeral.
    Number(f64),
    /// A literal string.
    String {
        /// Its value.
        value: StringId,
        /// Before the string itself.
        at: Moment,
    },
    /// `...`
    VarArg {
        /// Before the dots.
        at: Moment,
    },
    /// A variable by name.
    Name {
        /// The name.
        name: StringId,
        /// After the name.
        after: Moment,
    },
    /// `(inner)`, which adjusts to one value and isn't a variable.
    Parenthesized {
        /// What stands inside.
        inner: Id<Expression>,
        /// After `)`.
        after: Moment,
    },
    /// `table.name`
    Field {
        /// The table.
        table: Id<Expression>,
        /// The key.
        name: StringId,
        /// Before the dot (or the colon in the name of a function).
        dot: Moment,
    },
    /// `table[key]`
    Index {
        /// The table.
        table: Id<Expression>,
        /// The key.
        key: Id<Expression>,
        /// Before `[`.
        open: Moment,
        /// Before `]`.
        close: Moment,
    },
    /// A call of a function or method.
    Call {
        /// What is called, or the object of the method.
        callee: Id<Expression>,
        /// The rest of the call.
        call: Id<Call>,
    },
    /// `function … end`
    Function(Id<Function>),
    /// `{…}`
    Table(Id<TableConstructor>),
    /// `operator operand`
    Unary {
        /// The operator.
        operator: UnaryOperator,
        /// Its operand.
        operand: Id<Expression>,
        /// After the operand.
        after: Moment,
    },
    /// `left operator right`
    Binary {
        /// The operator.
        operator: BinaryOperator,
        /// Left operand.
        left: Id<Expression>,
        /// Right operand.
        right: Id<Expression>,
        /// Before the first token of the right operand.
        infix: Moment,
        /// After the right operand.
        after: Moment,
    },
}

/// Arguments of a call.
#[derive(Debug, Clone, Copy)]
pub struct Call {
    /// Name of the method; nothing for a plain call.
    pub method: Option<StringId>,
    /// The arguments.
    pub arguments: List<ListItem>,
    /// Line of the first token of the arguments, which the call instruction gets.
    pub line: u32,
    /// Before the first token of the arguments.
    pub open: Moment,
    /// Before `)`; without parentheses the same as `open`.
    pub close: Moment,
    /// After the arguments.
    pub after: Moment,
}

/// One of several expressions with commas between them.
#[derive(Debug, Clone, Copy)]
pub struct ListItem {
    /// The expression.
    pub value: Id<Expression>,
    /// Before its first token.
    pub start: Moment,
}

/// `{…}`
#[derive(Debug, Clone, Copy)]
pub struct TableConstructor {
    /// What it contains, in order.
    pub items: List<TableItem>,
    /// Before `{`.
    pub open: Moment,
    /// After the last item, before the separator that may follow it.
    pub last: Moment,
    /// After `}`.
    pub after: Moment,
}

/// An item of a table constructor.
#[derive(Debug, Clone, Copy)]
pub struct TableItem {
    /// Its key.
    pub key: ItemKey,
    /// Its value.
    pub value: Id<Expression>,
    /// Before its first token.
    pub start: Moment,
}

/// Key of an item of a table constructor.
#[derive(Debug, Clone, Copy)]
pub enum ItemKey {
    /// None: the next integer.
    Position,
    /// `name = `
    Name(StringId),
    /// `[key] = `
    Expression {
        /// The key.
        key: Id<Expression>,
        /// Before `]`.
        close: Moment,
    },
}

/// A function.
#[derive(Debug, Clone, Copy)]
pub struct Function {
    /// Line where it is said to begin.
    pub line: u32,
    /// Line of its `end`.
    pub last_line: u32,
    /// Has the hidden parameter `self`?
    pub has_self: bool,
    /// Takes `...`?
    pub is_vararg: bool,
    /// Names of the parameters.
    pub parameters: List<NameAt>,
    /// After `(`.
    pub open: Moment,
    /// Before `)`.
    pub close: Moment,
    /// Its statements.
    pub body: Block,
    /// After `end`.
    pub after: Moment,
}

/// A declared name.
#[derive(Debug, Clone, Copy)]
pub struct NameAt {
    /// The name.
    pub name: StringId,
    /// After the name.
    pub after: Moment,
}

/// Statements with a scope of their own.
#[derive(Debug, Clone, Copy)]
pub struct Block {
    /// The statements.
    pub statements: List<Statement>,
    /// Before the token that ends the block.
    pub end: Moment,
}

/// A statement.
#[derive(Debug, Clone, Copy)]
pub enum Statement {
    /// A call whose results are dropped.
    Call(Id<Expression>),
    /// `targets = values`
    Assignment {
        /// What is assigned to.
        targets: List<Target>,
        /// The values.
        values: List<ListItem>,
        /// After the last value.
        after: Moment,
    },
    /// `local names [= values]`
    Local {
        /// The variables.
        names: List<NameAt>,
        /// Their values.
        values: List<ListItem>,
        /// After the last name or value.
        after: Moment,
    },
    /// `local function name …`
    LocalFunction {
        /// The variable.
        name: NameAt,
        /// The function.
        function: Id<Function>,
    },
    /// `function a.b.c:name …`
    Function {
        /// The variable.
        target: Id<Expression>,
        /// The function.
        function: Id<Function>,
        /// Line of the statement.
        line: u32,
    },
    /// `if … end`
    If {
        /// The `if` and all `elseif` clauses.
        clauses: List<Clause>,
        /// What stands after `else`.
        otherwise: Option<Block>,
    },
    /// `while condition do body end`
    While {
        /// The condition.
        condition: Id<Expression>,
        /// Before `do`.
        before_do: Moment,
        /// The loop's body.
        body: Block,
        /// After `end`.
        after: Moment,
    },
    /// `do body end`
    Do(Block),
    /// `for variable = initial, limit, step do body end`
    NumericFor(Id<NumericFor>),
    /// `for names in values do body end`
    GenericFor(Id<GenericFor>),
    /// `repeat body until condition`
    Repeat {
        /// The loop's body.
        body: Block,
        /// The condition, in the scope of the body.
        condition: Id<Expression>,
        /// After the condition.
        after: Moment,
    },
    /// `return values`
    Return {
        /// The values.
        values: List<ListItem>,
        /// After the last value.
        after: Moment,
    },
    /// `break`
    Break {
        /// After `break`.
        after: Moment,
    },
}

/// A variable that is assigned to.
#[derive(Debug, Clone, Copy)]
pub struct Target {
    /// The variable.
    pub variable: Id<Expression>,
    /// After it.
    pub after: Moment,
}

/// `if condition then body`
#[derive(Debug, Clone, Copy)]
pub struct Clause {
    /// The condition.
    pub condition: Id<Expression>,
    /// Before `then`.
    pub before_then: Moment,
    /// What is done.
    pub body: Block,
}

/// A loop over numbers.
#[derive(Debug, Clone, Copy)]
pub struct NumericFor {
    /// Line of the statement.
    pub line: u32,
    /// The loop's variable; its moment is before `=`.
    pub variable: NameAt,
    /// First value, and the moment after it.
    pub initial: (Id<Expression>, Moment),
    /// Last value, and the moment after it.
    pub limit: (Id<Expression>, Moment),
    /// Step, and the moment after it.
    pub step: Option<(Id<Expression>, Moment)>,
    /// Before `do` or what stands in its place.
    pub before_do: Moment,
    /// After `do`.
    pub after_do: Moment,
    /// The loop's body.
    pub body: Block,
    /// After `end`.
    pub after: Moment,
}

/// A loop over what an iterator gives.
#[derive(Debug, Clone, Copy)]
pub struct GenericFor {
    /// Line of the first token after `in`.
    pub line: u32,
    /// The loop's variables.
    pub names: List<NameAt>,
    /// Iterator, state, initial value.
    pub values: List<ListItem>,
    /// Before `do`: after the values.
    pub before_do: Moment,
    /// After `do`.
    pub after_do: Moment,
    /// The loop's body.
    pub body: Block,
    /// After `end`.
    pub after: Moment,
}

/// From this moment on, the last token used is on this line.
#[derive(Debug, Clone, Copy)]
struct LinesFrom {
    moment: Moment,
    line: u32,
}

/// The nodes of a part of a chunk (one statement of its outermost block, or more).
#[derive(Debug, Default)]
#[expect(missing_docs, reason = "one vector per type of node")]
pub struct Ast {
    pub expressions: Nodes<Expression>,
    pub calls: Nodes<Call>,
    pub list_items: Nodes<ListItem>,
    pub tables: Nodes<TableConstructor>,
    pub table_items: Nodes<TableItem>,
    pub functions: Nodes<Function>,
    pub names: Nodes<NameAt>,
    pub statements: Nodes<Statement>,
    pub targets: Nodes<Target>,
    pub clauses: Nodes<Clause>,
    pub numeric_fors: Nodes<NumericFor>,
    pub generic_fors: Nodes<GenericFor>,
    /// Number of moments.
    moments: u32,
    /// The lines of the last tokens used before them.
    last_lines: Vec<LinesFrom>,
    /// Names, strings and reserved words of the text, in order.
    texts: Vec<TextAt>,
}

impl Ast {
    /// An empty tree, with room for a few of the nodes that all trees have.
    #[must_use]
    pub fn with_room() -> Self {
        const FEW: usize = 16;
        Self {
            expressions: Nodes(Vec::with_capacity(FEW)),
            last_lines: Vec::with_capacity(FEW),
            texts: Vec::with_capacity(FEW),
            ..Self::default()
        }
    }

    /// Forgets all nodes, keeping their memory for the next ones.
    pub fn clear(&mut self) {
        self.expressions.0.clear();
        self.calls.0.clear();
        self.list_items.0.clear();
        self.tables.0.clear();
        self.table_items.0.clear();
        self.functions.0.clear();
        self.names.0.clear();
        self.statements.0.clear();
        self.targets.0.clear();
        self.clauses.0.clear();
        self.numeric_fors.0.clear();
        self.generic_fors.0.clear();
        self.moments = 0;
        self.last_lines.clear();
        self.texts.clear();
    }

    /// Notes a name, string or reserved word that becomes current.
    pub fn note_text(&mut self, text: TextAt) {
        self.texts.push(text);
    }

    /// The `n`-th of them.
    #[must_use]
    pub fn text(&self, n: usize) -> Option<TextAt> {
        self.texts.get(n).copied()
    }

    /// Notes the line of the token that was just used, or the last one before
    /// the tree's part of the text. The new moment is returned.
    #[inline]
    pub fn begin_moment(&mut self, last_line: u32) -> Moment {
        let moment = Moment(self.moments);
        self.moments = self.moments.saturating_add(1);
        if self.newest_line() != Some(last_line) {
            self.last_lines.push(LinesFrom {
                moment,
                line: last_line,
            });
        }
        moment
    }

    /// Line of the last token used before the newest moment.
    #[inline]
    #[must_use]
    pub fn newest_line(&self) -> Option<u32> {
        self.last_lines.last().map(|last| last.line)
    }

    /// Line of the last token used before a moment, and the moments around it of which
    /// that is true.
    #[must_use]
    pub fn last_line(&self, moment: Moment) -> (u32, Range<Moment>) {
        let next = self
            .last_lines
            .partition_point(|lines| lines.moment <= moment);
        let end = self.last_lines.get(next);
        let end = end.map_or(Moment(u32::MAX), |lines| lines.moment);
        match next.checked_sub(1).and_then(|at| self.last_lines.get(at)) {
            Some(lines) => (lines.line, lines.moment..end),
            None => (1, Moment(0)..end),
        }
    }
}
