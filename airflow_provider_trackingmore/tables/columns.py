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
    # Lengths first: they are a hundred times cheaper than comparing, and few columns hold such values.
    if texts.null_count == len(texts):
        return texts
    lengths = pc.binary_length(texts)
    shortest = pc.min(lengths).as_py()
    if shortest > 4 or (shortest > 0 and not pc.any(pc.equal(lengths, 4)).as_py()):
        return texts
    return pc.if_else(pc.is_in(texts, pa.array(["", "null"])), pa.scalar(None, pa.string()), texts)


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
    code_of = {value: code for code, value in enumerate(distinct)}
    codes = pa.array([None if value is None else code_of[value] for value in values], pa.int32())
    return pa.DictionaryArray.from_arrays(codes.take(places), pa.array(list(distinct), pa.string()))


def running_numbers(length: int) -> pa.Int64Array:
    """Return 0, 1, 2, ... without making a Python number for each."""
    return pc.subtract(pc.cumulative_sum(pa.repeat(pa.scalar(1, pa.int64()), length)), 1)


def constant(value: str, length: int) -> pa.DictionaryArray:
    """Return ``value`` repeated."""
    return pa.DictionaryArray.from_arrays(pa.repeat(pa.scalar(0, pa.int32()), length), pa.array([value]))
