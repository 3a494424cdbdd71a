"""Column work both tables share: blanks to null, and words looked up once per distinct value."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc
import xxhash

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

# A stable 128-bit hash of bytes, as bytes.
hashed = xxhash.xxh3_128_digest


def child(parent: pa.StructArray, name: str) -> pa.Array:
    """Return a child column with the parent's nulls."""
    if not parent.null_count:
        return parent.field(name)
    return parent.flatten()[parent.type.get_field_index(name)]


def blank_to_null(texts: pa.StringArray) -> pa.StringArray:
    """Return ``texts`` with null for the empty text and the text ``null``, which all mean not set."""
    if texts.null_count == len(texts):
        return texts
    blank = pc.or_(pc.equal(texts, ""), pc.equal(texts, "null"))
    return pc.if_else(blank, pa.scalar(None, pa.string()), texts) if pc.any(blank).as_py() else texts


def blanks_to_null(columns: dict[str, pa.Array]) -> dict[str, pa.Array]:
    """Return columns of one length with :func:`blank_to_null` of the texts among them.

    All are looked through in one call, which for short columns costs more than the looking.
    """
    texts = {name: column for name, column in columns.items() if column.type == pa.string()}
    if not texts:
        return columns
    all_texts = pa.concat_arrays(list(texts.values()))
    if blank_to_null(all_texts).null_count == all_texts.null_count:
        return columns
    return columns | {name: blank_to_null(column) for name, column in texts.items()}


def by_distinct(values: pa.Array, look_up: Callable[[Any], Any], kind: pa.DataType) -> pa.Array:
    """Return ``look_up`` of every value, called once per distinct one."""
    encoded = values.dictionary_encode(null_encoding="encode")
    found = pa.array([look_up(value) for value in encoded.dictionary.to_pylist()], kind)
    return found.take(encoded.indices)


def distinct_pairs(left: pa.Array, right: pa.Array) -> tuple[list[tuple[Any, Any]], pa.Int32Array]:
    """Return the pairs of two columns, and for each row the place of its own among them."""
    first = left.dictionary_encode(null_encoding="encode")
    second = right.dictionary_encode(null_encoding="encode")
    width = len(second.dictionary)
    codes = pc.add(pc.multiply(first.indices, width), second.indices)
    lefts, rights = first.dictionary.to_pylist(), second.dictionary.to_pylist()
    present = codes.dictionary_encode()
    pairs = [(lefts[code // width], rights[code % width]) for code in present.dictionary.to_pylist()]
    return pairs, present.indices


def coded(values: Sequence[str | None], places: pa.Array) -> pa.DictionaryArray:
    """Return a column of few distinct values: ``places`` says which of ``values`` each row has."""
    distinct = dict.fromkeys(value for value in values if value is not None)
    if len(distinct) == len(values):
        return pa.DictionaryArray.from_arrays(places, pa.array(values, pa.string()))
    code_of = {value: code for code, value in enumerate(distinct)}
    codes = pa.array([None if value is None else code_of[value] for value in values], pa.int32())
    return pa.DictionaryArray.from_arrays(codes.take(places), pa.array(list(distinct), pa.string()))


def running_numbers(length: int) -> pa.Int32Array:
    """Return 0, 1, 2, ... without making a Python number for each."""
    return pc.cumulative_sum(pa.repeat(pa.scalar(1, pa.int32()), length), start=-1)


def constant(value: str, length: int) -> pa.DictionaryArray:
    """Return ``value`` repeated."""
    return pa.DictionaryArray.from_arrays(pa.repeat(pa.scalar(0, pa.int32()), length), pa.array([value]))
