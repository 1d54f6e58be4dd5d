"""What may stand in a condition or message: each part of it has a sort, and not all go together."""

from __future__ import annotations

from collections.abc import Sequence

from attrs import define, field
from jinja2 import nodes

from actionbus_plugins.conditions.checks.calls import (
    SAID,
    one_of_them,
    wrong_call,
    wrong_filter,
    wrong_item,
    wrong_test,
)
from actionbus_plugins.conditions.checks.compared import never, without_quotes
from actionbus_plugins.conditions.checks.filters import FILTERS
from actionbus_plugins.conditions.checks.hints import bare, in_quotes, path_of, source, with_numbers
from actionbus_plugins.conditions.checks.scope import Complaint, Scope
from actionbus_plugins.conditions.checks.syntax import TAGS
from actionbus_plugins.conditions.fields import Sort

_SYMBOLS = {"eq": "==", "ne": "!=", "lt": "<", "lteq": "<=", "gt": ">", "gteq": ">=", "in": "in", "notin": "not in"}
_STATEMENTS = {
    "Assign": "set",
    "AssignBlock": "set",
    "CallBlock": "call",
    "FilterBlock": "filter",
    "FromImport": "from",
    "ScopedEvalContextModifier": "autoescape",
}

Side = tuple[nodes.Expr, Sort]


def wrong_in_condition(expression: nodes.Expr, scope: Scope) -> list[Complaint]:
    """Say what is wrong with ``when``. Raises RecursionError for a chain that is too long."""
    reader = _Reader(scope)
    reader.want_condition(expression, reader.sort(expression))
    return list(dict.fromkeys(reader.found))


def wrong_in_message(template: nodes.Template, scope: Scope) -> list[Complaint]:
    """Say what is wrong with a message. Raises RecursionError for a chain that is too long."""
    reader = _Reader(scope)
    reader.statements(template.body)
    tags = [each for each in reader.found if each[1] == TAGS]  # what they would define is not worth telling
    return list(dict.fromkeys(tags or reader.found))


@define
class _Reader:
    """Goes through the tree of one text. What is wrong counts as ``any``, so that it is told once."""

    scope: Scope
    found: list[Complaint] = field(factory=list[Complaint])
    _sorts: dict[int, Sort] = field(factory=dict[int, Sort])
    """By the id of the part: some are asked for several times, and parts are nested."""

    def say(self, what: str, hint: str | None = None) -> Sort:
        """Note what is wrong."""
        self.found.append((what, hint))
        return "any"

    def statements(self, body: Sequence[nodes.Node]) -> None:
        """Look at what stands in a message."""
        for statement in body:
            match statement:
                case nodes.Output():
                    for node in statement.nodes:
                        if not isinstance(node, nodes.TemplateData):
                            self._want_printable(node, self.sort(node))
                case nodes.If(test=nodes.Expr() as test):
                    self.want_condition(test, self.sort(test))
                    for part in (statement.body, statement.elif_, statement.else_):
                        self.statements(part)
                case _:
                    kind = type(statement).__name__
                    self.say(f"has {{% {_STATEMENTS.get(kind, kind.lower())} %}}, which there is not", TAGS)

    def want_condition(self, node: nodes.Expr, sort: Sort) -> None:
        """Let only what is true or false be a condition."""
        if sort in ("boolean", "any"):
            return
        called, hint = source(node), None
        if called is not None and not isinstance(node, nodes.Const):
            empty = {"number": f"{called} > 0", "text": f'{called} != ""', "list": f"{called}|length > 0"}
            hint = f"compare it, such as {empty[sort]}"
        self.say(f"{called or 'it'} is {SAID[sort]} and no condition", hint)

    def _want_printable(self, node: nodes.Expr, sort: Sort) -> None:
        if sort == "list":
            called = source(node)
            self.say(f"{called or 'it'} is a list", f'write {called}|join(", ")' if called else 'join it: |join(", ")')

    def sort(self, node: nodes.Expr) -> Sort:
        """Return what a part of an expression is."""
        sort = self._sorts.get(id(node))
        if sort is None:
            sort = self._sorts[id(node)] = self._look(node)
        return sort

    def _look(self, node: nodes.Expr) -> Sort:
        match node:
            case nodes.Const():
                return self._constant(node)
            case nodes.Name() | nodes.Getattr():
                return self._name(node)
            case nodes.List() | nodes.Tuple():
                for each in node.items:
                    self.sort(each)
                return "list"
            case nodes.Compare():
                left = node.expr
                for operand in node.ops:
                    self._compare(left, operand.op, operand.expr)
                    left = operand.expr
                return "boolean"
            case nodes.And() | nodes.Or():
                return self._choice(node)
            case nodes.Not():
                self.want_condition(node.node, self.sort(node.node))
                return "boolean"
            case nodes.Neg() | nodes.Pos():
                return self._number(node.node, node.operator)
            case nodes.Pow():
                return self.say("has **, which there is not", "multiply instead")
            case nodes.Concat():
                for each in node.nodes:
                    self._want_printable(each, self.sort(each))
                return "text"
            case nodes.BinExpr():
                return self._calculation(node)
            case nodes.CondExpr():
                return self._either(node)
            case nodes.Filter():
                return self._filter(node)
            case nodes.Test():
                self.found += wrong_test(node, self.sort(node.node))
                return "boolean"
            case nodes.Call():
                return self.say(*wrong_call(node))
            case nodes.Getitem():
                return self.say(*wrong_item(node, self.scope))
            case _:
                return self.say(f"has a {type(node).__name__.lower()}, which there is not")

    def _constant(self, node: nodes.Const) -> Sort:
        match node.value:
            case bool():
                return "boolean"
            case str():
                return "text"
            case int() | float():
                return "number"
            case _:
                return self.say("has none, which nothing ever is", 'what the feed does not say is "", 0 or false')

    def _name(self, node: nodes.Expr) -> Sort:
        path = path_of(node)
        if path is None:
            return self.say("takes a field of what is no name")
        sort, wrong = self.scope.find(path)
        if wrong is not None:
            self.say(*wrong)
        return sort

    def _compare(self, left: nodes.Expr, op: str, right: nodes.Expr) -> None:
        for node, wrong in without_quotes(left, right, self.scope, self.sort):
            self._sorts[id(node)] = self.say(*wrong)
        one, other, symbol = self.sort(left), self.sort(right), _SYMBOLS[op]
        numbers = with_numbers(left, symbol, right, self.scope)
        advice = numbers or bare(left, right, self.scope) or in_quotes(left, symbol, right)
        self.found += never(left, right, self.scope)
        if op in ("lt", "lteq", "gt", "gteq"):
            sides: tuple[Side, ...] = ((left, one), (right, other))
            for node, sort in sides:
                if sort not in ("number", "any"):
                    hint = numbers or ("text has no order" if sort == "text" else None)
                    self.say(f"{symbol} is for numbers, and {source(node) or 'one side'} is {SAID[sort]}", hint)
                    return
        elif op in ("eq", "ne"):
            if one != other and "any" not in (one, other):
                what = (
                    f"{source(left) or 'one side'} is {SAID[one]} and {source(right) or 'the other'} is {SAID[other]}"
                )
                self.say(f"{what}, which are never equal", advice)
        elif other == "list":
            inside = self._element(right)
            if one != inside and "any" not in (one, inside):
                self.say(f"{source(left) or 'it'} is {SAID[one]}, and the list has {SAID[inside]}", advice)
        elif other not in ("text", "any"):
            self.say(f"{source(right) or 'what follows upon in'} is {SAID[other]} and no list", "write in [A, B]")
        elif other == "text" and one not in ("text", "any"):
            self.say(f"{source(left) or 'it'} is {SAID[one]}, which is in no text", advice)

    def _choice(self, node: nodes.And | nodes.Or) -> Sort:
        one, other = self.sort(node.left), self.sort(node.right)
        if one == other == "text" and isinstance(node, nodes.Or):
            return "text"  # {{ subtype or "foul" }}
        sides: tuple[Side, ...] = ((node.left, one), (node.right, other))
        for side, sort in sides:
            if sort not in ("boolean", "any"):
                what = f"{node.operator} stands between conditions, and {source(side) or 'one side'} is {SAID[sort]}"
                self.say(what, one_of_them(node.left, side) if isinstance(node, nodes.Or) else None)
        return "boolean"

    def _either(self, node: nodes.CondExpr) -> Sort:
        self.want_condition(node.test, self.sort(node.test))
        one = self.sort(node.expr1)
        other = self.sort(node.expr2) if node.expr2 is not None else one
        return one if one == other else "any"

    def _calculation(self, node: nodes.BinExpr) -> Sort:
        one, other, symbol = self.sort(node.left), self.sort(node.right), node.operator
        sides: tuple[Side, ...] = ((node.left, one), (node.right, other))
        for side, sort in sides:
            if sort not in ("number", "any"):
                joins = symbol == "+" and sort == "text"
                numbers = with_numbers(node.left, symbol, node.right, self.scope)
                hint = numbers or ("join texts with ~" if joins else None)
                return self.say(f"{symbol} is for numbers, and {source(side) or 'one side'} is {SAID[sort]}", hint)
        return "number"

    def _number(self, node: nodes.Expr, symbol: str) -> Sort:
        sort = self.sort(node)
        if sort not in ("number", "any"):
            self.say(f"{symbol} is for numbers, and {source(node) or 'what follows'} is {SAID[sort]}")
        return "number"

    def _filter(self, node: nodes.Filter) -> Sort:
        before = node.node if node.node is not None else nodes.Const("")
        sort = self.sort(before)
        given: list[Sort] = [self.sort(each) for each in node.args]
        wrong = list(wrong_filter(node, sort, given))
        self.found += wrong
        kind = FILTERS.get(node.name)
        if kind is None or wrong:
            return kind.gives if kind is not None else "any"
        if kind.gives != "any":
            return kind.gives
        if node.name == "default":
            return sort if given[0] == sort else "any"
        return "text" if sort == "text" else self._element(before)

    def _element(self, node: nodes.Expr) -> Sort:
        """Return what the elements of a list are."""
        if isinstance(node, nodes.List | nodes.Tuple):
            sorts: set[Sort] = {self.sort(each) for each in node.items}
            return sorts.pop() if len(sorts) == 1 else "any"
        return "text" if (path_of(node) or "").startswith("lists.") else "any"
