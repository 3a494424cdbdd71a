"""The stable key of a checkpoint: made for a whole page at once, the same for ever.

A key is 128 bits, as two lanes of 64. Every distinct tracking, word, text and place of a page is hashed
once; a row's lane is the sum of its parts, each multiplied by an odd constant of its own, modulo 2^64. Two
rows share a key only if two independent 64-bit sums coincide. Hashing each row's joined text instead takes
three times as long, which is a tenth of all decoding.
"""

from __future__ import annotations

from binascii import hexlify

import pyarrow as pa
import pyarrow.compute as pc
import xxhash

_PARTS = ("tracking", "leg", "basis", "moment", "raw", "status", "substatus", "text", "place", "ordinal")
_LANES = (0, 1)


def _signed(number: int) -> int:
    return number - 2**64 if number >= 2**63 else number


# Never change these: keys in warehouses were made with them.
_FACTORS = {
    (part, lane): _signed(xxhash.xxh3_64_intdigest(part.encode(), seed=lane) | 1)
    for part in _PARTS
    for lane in _LANES
}


def checkpoint_keys(
    columns: dict[str, pa.Array], tracking_keys: pa.StringArray, record_no: pa.Int32Array
) -> pa.StringArray:
    """Return the keys of a page's checkpoints; truly equal rows of one record differ by an ordinal.

    ``tracking_keys`` are those of the records, ``record_no`` says whose each checkpoint is. The moment is
    the instant only where the time carried its own offset, else the wall clock: an inferred instant would
    change with the zone database, and the key with it. A time that cannot be parsed counts as its text.
    """
    own_offset = pc.is_valid(columns["utc_offset_minutes"])
    moment = pc.if_else(own_offset, columns["event_at_utc"], columns["event_at_local"])
    # Only the texts of times that are no times: the others would make the key depend on the spelling.
    raw = pc.if_else(pc.is_valid(moment), None, columns["event_time_raw"])
    described = columns["description"].dictionary_encode()
    normal = pc.ascii_lower(pc.ascii_trim_whitespace(described.dictionary))
    texts = {
        "tracking": pa.DictionaryArray.from_arrays(record_no, tracking_keys),
        "leg": columns["leg"],
        "raw": raw,
        "status": columns["status"],
        "substatus": columns["substatus"],
        "text": pa.DictionaryArray.from_arrays(described.indices, normal),
        "place": columns["location"],
    }
    basis, micros = pc.cast(own_offset, pa.int64()), pc.fill_null(moment.view(pa.int64()), 0)
    lanes = [
        pc.add(pc.multiply(basis, _FACTORS["basis", lane]), pc.multiply(micros, _FACTORS["moment", lane]))
        for lane in _LANES
    ]
    for part, column in texts.items():
        lanes = [pc.add(sums, hashes) for sums, hashes in zip(lanes, _hashes(column, part), strict=True)]
    if not _stand_in_order(micros, record_no, columns["leg"].indices):
        ordinals = _ordinals(lanes[0], record_no)
        lanes = [pc.add(lanes[lane], pc.multiply(ordinals, _FACTORS["ordinal", lane])) for lane in _LANES]
    return _as_hex(lanes)


def _hashes(column: pa.Array, part: str) -> list[pa.Int64Array] | list[pa.Int64Scalar]:
    """Return both lanes of the hash of every text, times the part's factor; a null is an empty text.

    Where all are null, one number stands for all of them.
    """
    if column.null_count == len(column):
        return [lane[0] for lane in _distinct_hashes([b""], part)]
    encoded = column if pa.types.is_dictionary(column.type) else column.dictionary_encode()
    texts = [*encoded.dictionary.view(pa.binary()).to_pylist(), b""]
    places = encoded.indices
    if places.null_count:
        places = pc.fill_null(places, len(texts) - 1)
    return [lane.take(places) for lane in _distinct_hashes(texts, part)]


def _distinct_hashes(texts: list[bytes], part: str) -> list[pa.Int64Array]:
    digests = memoryview(b"".join(map(xxhash.xxh3_128_digest, texts))).cast("q")
    lanes = [pa.py_buffer(digests[lane::2].tobytes()) for lane in _LANES]
    arrays = [pa.Int64Array.from_buffers(pa.int64(), len(texts), [None, lane]) for lane in lanes]
    return [pc.multiply(arrays[lane], _FACTORS[part, lane]) for lane in _LANES]


def _stand_in_order(micros: pa.Int64Array, record_no: pa.Int32Array, leg: pa.Int32Array) -> bool:
    """Return whether each leg's moments strictly fall, as in most answers: then no two rows are equal."""
    falls = pc.less(micros[1:], micros[:-1])
    other_record = pc.not_equal(record_no[1:], record_no[:-1])
    other_leg = pc.not_equal(leg[1:], leg[:-1])
    return bool(pc.all(pc.or_(pc.or_(falls, other_record), other_leg)).as_py())


def _ordinals(lane: pa.Int64Array, record_no: pa.Int32Array) -> pa.Int64Array:
    """Return 0, 1, 2, ... for equal rows of one record, 0 for all others."""
    counts = pc.value_counts(lane)
    repeated = counts.field("values").filter(pc.greater(counts.field("counts"), 1))
    rows = pc.indices_nonzero(pc.is_in(lane, repeated))
    seen: dict[tuple[int, int], int] = {}
    ordinals = [0] * len(lane)
    for row, owner, value in zip(
        rows.to_pylist(), record_no.take(rows).to_pylist(), lane.take(rows).to_pylist(), strict=True
    ):
        ordinals[row] = seen[owner, value] = seen.get((owner, value), -1) + 1
    return pa.array(ordinals, pa.int64())


def _as_hex(lanes: list[pa.Int64Array]) -> pa.StringArray:
    """Return both lanes as one text of 32 hexadecimal digits, without a Python text for each."""
    length = len(lanes[0])
    mixed = memoryview(bytearray(16 * length)).cast("q")
    for place, lane in enumerate(lanes):
        mixed[place::2] = memoryview(lane.buffers()[1]).cast("q")[lane.offset : lane.offset + length]
    digits = pa.FixedSizeBinaryArray.from_buffers(pa.binary(32), length, [None, pa.py_buffer(hexlify(mixed))])
    return digits.cast(pa.binary()).view(pa.string())
