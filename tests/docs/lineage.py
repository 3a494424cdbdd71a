"""Where a column of a model comes from: followed through every model down to what was loaded.

Each file is parsed and its names are qualified once. A column's origins are those of the columns in its
expression, conditions of a ``case`` included; what only filters, joins, groups or orders rows is not
followed. Where a model stacks parts by ``union all`` and tells them apart by a word (a clock, the name of a
rate), only the parts are followed whose word the reader asks for.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations
from typing import TYPE_CHECKING

import sqlglot
from sqlglot import exp
from sqlglot.optimizer.qualify import qualify
from sqlglot.optimizer.scope import Scope, build_scope

from airflow_provider_trackingmore.store import ddl
from airflow_provider_trackingmore.store.model_files import read_models, seed_files

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path


@dataclass(frozen=True)
class Word:
    """A text that is known, or known to begin so."""

    text: str
    is_whole: bool

    def can_be(self, other: Word) -> bool:
        if self.is_whole and other.is_whole:
            return self.text == other.text
        if self.is_whole:
            return self.text.startswith(other.text)
        if other.is_whole:
            return other.text.startswith(self.text)
        return self.text.startswith(other.text) or other.text.startswith(self.text)


@dataclass(frozen=True)
class RowOf:
    """A key that is known to be that of a row of a model or another query, of which something is asked."""

    relation: str | int
    asked: Asked


# What the reader asks for: that a column is one of these.
Values = frozenset[Word | RowOf]
Asked = frozenset[tuple[str, Values]]
Held = list[tuple[exp.Column, Values]]
ANYTHING: Asked = frozenset()

# The column that stands for a relation's rows, where they are counted.
ROWS = "*"


class Lineage:
    """The origins of every column of every model in a folder."""

    def __init__(self, root: Path) -> None:
        self._models: dict[str, Scope] = {}
        self._known: dict[tuple[int, str, Asked], frozenset[str]] = {}
        schema = {
            name: {column.name: ddl.sql_type(column.type) for column in columns}
            for name, (_, columns) in ddl.TABLES.items()
        }
        self._seeds = {seed.stem for seed in seed_files(root)}
        for seed in seed_files(root):
            with seed.open(newline="") as file:
                schema[seed.stem] = dict.fromkeys(next(csv.reader(file)), "VARCHAR")
        for model in read_models(root):
            tree = qualify(sqlglot.parse_one(model.sql, read="duckdb"), dialect="duckdb", schema=schema)
            scope = build_scope(tree)
            assert scope is not None
            self._models[model.name] = scope
            schema[model.name] = dict.fromkeys(tree.named_selects, "VARCHAR")

    @cached_property
    def columns(self) -> dict[str, list[str]]:
        """Return the columns of each model."""
        return {name: list(scope.expression.named_selects) for name, scope in self._models.items()}

    def origins(self, relation: str, column: str, asked: Asked = ANYTHING) -> frozenset[str]:
        """Return the loaded columns and seeds' columns, as ``table.column``, that a column comes from."""
        if relation in self._seeds and column == ROWS:
            return frozenset()
        if relation not in self._models:
            return frozenset({f"{relation}.{column}"})
        return self._trace(self._models[relation], column, asked)

    def _trace(self, scope: Scope, column: str, asked: Asked) -> frozenset[str]:
        key = (id(scope), column, asked)
        if key not in self._known:
            self._known[key] = frozenset(self._follow(scope, column, asked))
        return self._known[key]

    def _follow(self, scope: Scope, column: str, asked: Asked) -> Iterator[str]:
        query = scope.expression
        if isinstance(query, exp.SetOperation):
            for part in scope.set_operation_scopes:
                named = dict(zip(query.named_selects, part.expression.named_selects, strict=True))
                words = frozenset((named[name], texts) for name, texts in asked)
                yield from self._trace(part, named.get(column, column), words)
            return
        assert isinstance(query, exp.Select)
        selected = {one.alias_or_name: one.unalias() for one in query.selects}
        asked_inside = _filters(query)
        for name, texts in asked:
            value = selected[name]
            word = _word(value)
            words = [text for text in texts if isinstance(text, Word)]
            if word and words and not any(word.can_be(text) for text in words):
                return
            if isinstance(value, exp.Column):
                asked_inside.append((value, texts))
        asked_inside += _through_keys(scope, asked_inside)
        asked_inside += _through_joins(scope, asked_inside, self._models)
        if _contradict(asked_inside):
            return
        if column == ROWS:
            yield from self._rows(scope, asked_inside)
            return
        for node in _values(selected[column]):
            if isinstance(node, exp.Column):
                here = asked_inside + _conditions(node)
                yield from self._source(scope, node.table, node.name, here)
            else:
                yield from self._rows(scope, asked_inside)

    def _rows(self, scope: Scope, asked: Held) -> Iterator[str]:
        """Yield where the rows come from: from what they are selected, and what they need to be there."""
        query = scope.expression
        joins = [join.this for join in query.args.get("joins") or () if not join.side]
        for table in (query.args["from_"].this, *joins) if query.args.get("from_") else ():
            yield from self._source(scope, table.alias_or_name, ROWS, asked)

    def _source(self, scope: Scope, table: str, column: str, asked: Held) -> Iterator[str]:
        source = scope.sources[table]
        here = _asked_of(table, asked)
        if isinstance(source, Scope):
            yield from self._trace(source, column, here)
        else:
            yield from self.origins(source.name, column, here)


def _values(expression: exp.Expression) -> Iterator[exp.Expression]:
    """Yield the columns of an expression, and what counts rows; not what a window is cut and ordered by."""
    if isinstance(expression, (exp.Column, exp.Star, exp.RowNumber)):
        yield expression
    elif isinstance(expression, exp.Window):
        yield from _values(expression.this)
    else:
        for child in expression.iter_expressions():
            yield from _values(child)


def _filters(query: exp.Select) -> Held:
    """Return what columns are, in every row of a query."""
    found = []
    where = query.args.get("where")
    if where:
        found += _words(where.this)
    for join in query.args.get("joins") or ():
        if join.args.get("on"):
            joined = join.this.alias_or_name
            found += [one for one in _words(join.args["on"]) if not join.side or one[0].table == joined]
    return found


def _through_keys(scope: Scope, held: Held) -> Held:
    """Return what else is held of queries, because a key is known to be that of a certain row."""
    return [
        (exp.column(name, table=key.table), texts)
        for key, rows in held
        for row in rows
        if isinstance(row, RowOf) and row.relation == _relation(scope.sources[key.table])
        for name, texts in row.asked
    ]


def _through_joins(scope: Scope, held: Held, models: Mapping[str, Scope]) -> Held:
    """Return what else is held, because a join makes columns equal."""
    found: Held = []
    for join in scope.expression.args.get("joins") or ():
        if join.side or not join.args.get("on"):
            continue
        for equal in join.args["on"].find_all(exp.EQ):
            for one, other in ((equal.this, equal.expression), (equal.expression, equal.this)):
                if not (isinstance(one, exp.Column) and isinstance(other, exp.Column)):
                    continue
                asked = _asked_of(one.table, held)
                found += [(other, texts) for name, texts in asked if name == one.name]
                if asked:
                    rows = _rows_of(scope.sources[one.table], one.name, asked, models)
                    found += [(other, frozenset({row})) for row in rows]
    return found


def _rows_of(
    source: Scope | exp.Table, name: str, asked: Asked, models: Mapping[str, Scope]
) -> Iterator[RowOf]:
    """Yield of what relations a key is that of a row: of its own, and of those it is picked from as it is."""
    while True:
        yield RowOf(_relation(source), asked)
        query = source if isinstance(source, Scope) else models.get(source.name)
        if query is None or not isinstance(query.expression, exp.Select):
            return
        selected = {one.alias_or_name: one.unalias() for one in query.expression.selects}
        picked = {one: selected[one] for one in (name, *(other for other, _ in asked))}
        if not all(
            isinstance(one, exp.Column) and one.table == picked[name].table for one in picked.values()
        ):
            return
        source, name = query.sources[picked[name].table], picked[name].name
        asked = frozenset((picked[one].name, texts) for one, texts in asked)


def _contradict(held: Held) -> bool:
    """Return whether some column would have to be two words at once."""
    words: dict[tuple[str, str], list[list[Word]]] = {}
    for column, values in held:
        texts = [value for value in values if isinstance(value, Word)]
        if texts:
            words.setdefault((column.table, column.name), []).append(texts)
    return any(
        not any(one.can_be(other) for one in first for other in second)
        for found in words.values()
        for first, second in combinations(found, 2)
    )


def _relation(source: Scope | exp.Table) -> str | int:
    return id(source) if isinstance(source, Scope) else source.name


def _asked_of(table: str, held: Held) -> Asked:
    return frozenset((one.name, texts) for one, texts in held if one.table == table)


def _conditions(column: exp.Column) -> Held:
    """Return what columns are, where a ``case`` reads this one."""
    found = []
    one: exp.Expression | None = column
    while one is not None and not isinstance(one, exp.Select):
        if isinstance(one, exp.If):
            found += _words(one.this)
        one = one.parent
    return found


def _words(condition: exp.Expression) -> Held:
    """Return the columns that a condition holds to words."""
    found = []
    for one in condition.flatten() if isinstance(condition, exp.And) else [condition]:
        column = one.this
        if not isinstance(column, exp.Column):
            continue
        if isinstance(one, exp.EQ):
            words = [_word(one.expression)]
        elif isinstance(one, exp.In) and one.expressions:
            words = [_word(value) for value in one.expressions]
        elif isinstance(one, exp.Like) and one.expression.name.endswith("%"):
            words = [Word(one.expression.name.removesuffix("%"), is_whole=False)]
        else:
            continue
        if all(words):
            found.append((column, frozenset(word for word in words if word)))
    return found


def _word(value: exp.Expression) -> Word | None:
    """Return what is known of a text."""
    if isinstance(value, exp.Literal) and value.is_string:
        return Word(value.name, is_whole=True)
    if isinstance(value, exp.DPipe):
        start = _word(value.this)
        return Word(start.text, is_whole=False) if start else None
    return None
