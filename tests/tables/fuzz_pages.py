"""Pages that no service should send, made from real ones: by structure, then by bytes.

A page is named by a seed and a number, and is the same on every machine.
"""

from __future__ import annotations

import pickle
import random
from typing import Any

import factories
from json_pairs import Pairs, Raw, parsed, text_of
from table_examples import LEGS, PAGES, VERSIONS, body_of

from airflow_provider_trackingmore.tables.fields import FIELD_MAPS

_made = factories.body(
    factories.record("1", factories.scan("2026-11-02 10:31:22"), factories.scan("2026-11-03T10:31:22+05:30")),
    factories.record("2"),
)
_BASES = {
    version: [pickle.dumps(parsed(body)) for body in bodies]
    for version, bodies in {
        version: [body_of(name) for name, of in PAGES.items() if of == version]
        + ([_made] if version == "v4" else [])
        for version in VERSIONS
    }.items()
}
_NAMES = {
    version: sorted({field.path[0] for part in (of.record, of.leg, of.checkpoint) for field in part})
    for (_, version), of in FIELD_MAPS.items()
}
_NEW_NAMES = [
    "",
    "news",
    "_extra",
    "_repeated",
    "id",
    "trackinfo",
    "success",
    "a\ud800",
    "a\udc00",
    "\x00",
    "\ufffd",
]

TEXTS = [
    "", "null", "NULL", " ", "\t", "0", "-0", "true", "{}", "[]", "NaN", "x", "Päckchen 📦", "示例",
    "nul\x00l", "\ud800", "a\udfff", "\ufffd", "\ufeff", "DE", "us", "TX", "Hong Kong [CN]", "[[[[",
    "delivered", "transit001", "archived", "tracking", "2026-11-02", "2026-11-02 10:31", "20261102",
    "2026-11-02T10:31:22+14:00", "0000-00-00 00:00:00", "0001-01-01T00:00:00+14:00", "0002-01-01 00:00:00",
    "9998-12-31T23:59:59-23:59", "9999-12-31T23:59:59-05:00", "2026-02-30 10:00:00", "2026-03-29 02:30:00",
    "1883-11-18 12:03:58", "2026-11-02 24:00:00", "2026-11-02T10:31:22.999999999Z",
    "\u0662\u0660\u0662\u0666-\u0661\u0661-\u0660\u0662", "2026-11-02T10:31:22+99:99",
]  # fmt: skip
NUMBERS = [
    "0", "-0", "1", "-1", "1.5", "-0.0", "1e400", "-1e400", "1E5", "2e-400", "1.10", "9007199254740993.0",
    str(2**31), str(2**63 - 1), str(2**63), str(-(2**63) - 1), "9" * 399, "9" * 400, "9" * 5000,
    "0.1000000000000000055511151231257827", "NaN", "Infinity", "-Infinity",
]  # fmt: skip
_TOKENS = [
    b"{", b"}", b"[", b"]", b",", b":", b'"', b"\\", b"\x00", b"\xff", b"\xc3", b"\xed\xa0\x80",
    b"\xef\xbb\xbf", b"\xf0\x9f\x93\xa6", b"null", b"true", b"NaN", b"1e400", b'"id":', b'"data":',
    b'"trackinfo":', b"\\ud800", b"\\u0000", b"/**/", b"\n", b" ", b"'", b"-", b"00", b"\x1f", b"\x7f",
    b"{}", b"[]", b'""',
]  # fmt: skip


def page(seed: int, number: int) -> tuple[str, bytes]:
    """Return a version and a page of it."""
    rng = random.Random(f"{seed}:{number}")
    version = rng.choice(VERSIONS)
    tree = pickle.loads(rng.choice(_BASES[version]))
    items = _items(tree)
    if items is not None and len(items) > 2:
        items[:] = rng.sample(items, rng.randint(0, 3) if len(items) >= 3 else 1)
    change = rng.choice([_gentle, _gentle, _wild, _wild, _wild])
    for _ in range(rng.choice([0, 1, 1, 2, 3, 6])):
        change(rng, tree, version)
    text = text_of(
        tree,
        ascii_only=rng.random() < 0.5,
        comma=rng.choice([",", ", ", ",\n  "]),
        colon=rng.choice([":", ": "]),
    )
    body = text.encode("utf-8", "surrogatepass")
    if rng.random() < 0.3:
        for _ in range(rng.choice([1, 1, 1, 2, 4])):
            body = _scratched(rng, body)
    return version, body


def _member(value: Any, name: str) -> Any:
    return (
        next((inner for key, inner in reversed(value) if key == name), None)
        if isinstance(value, Pairs)
        else None
    )


def _items(tree: Any) -> list[Any] | None:
    found = _member(tree, "data")
    if isinstance(found, Pairs):
        found = _member(found, "items") or _member(found, "success")
    return found if isinstance(found, list) and not isinstance(found, Pairs) else None


def _places(value: Any, found: list[tuple[list[Any], int]]) -> list[tuple[list[Any], int]]:
    """Return every place in a tree, as the list that holds it and the index there."""
    for place, inner in enumerate(value):
        found.append((value, place))
        inner = inner[1] if isinstance(value, Pairs) else inner
        if isinstance(inner, list):
            _places(inner, found)
    return found


def _get(holder: list[Any], place: int) -> Any:
    return holder[place][1] if isinstance(holder, Pairs) else holder[place]


def _set(holder: list[Any], place: int, value: Any) -> None:
    holder[place] = (holder[place][0], value) if isinstance(holder, Pairs) else value


def _gentle(rng: random.Random, tree: Any, _: str) -> None:
    """Change a value to another one of its type, or leave a member out: the page stays regular."""
    if not (places := _places(tree, [])):
        return
    holder, place = rng.choice(places)
    value = _get(holder, place)
    if isinstance(value, bool):
        _set(holder, place, not value)
    elif isinstance(value, str) or (value is None and isinstance(holder, Pairs) and rng.random() < 0.3):
        _set(holder, place, rng.choice(TEXTS))
    elif isinstance(value, int):
        _set(holder, place, rng.choice([0, -1, 2**31, 2**63 - 1, -(2**63)]))
    elif isinstance(value, list) and not isinstance(value, Pairs):
        value *= rng.choice([0, 2, 3, 40])
    elif rng.random() < 0.5:
        del holder[place]
    else:
        _set(holder, place, None)


def _wild(rng: random.Random, tree: Any, version: str) -> None:
    if not (places := _places(tree, [])):
        return
    holder, place = rng.choice(places)
    value = _get(holder, place)
    objects = [tree, *(inner for at in places if isinstance(inner := _get(*at), Pairs))]
    one = rng.choice(objects)
    match rng.randrange(12):
        case 0 | 1 | 2:
            _set(holder, place, _junk(rng))
        case 3:
            del holder[place]
        case 4 if one:
            name, value = rng.choice(one)
            other = rng.choice([value, value, _junk(rng)])
            one.insert(rng.randint(0, len(one)), (name, other))
        case 5:
            one.insert(rng.randint(0, len(one)), (rng.choice(_NEW_NAMES + _NAMES[version]), _junk(rng)))
        case 6 if one:
            name, value = rng.choice(one)
            one.append((rng.choice([name.upper(), name.title(), name + "\x00", name + " "]), value))
        case 7:
            _set(
                holder,
                place,
                rng.choice([[value], [value, value], Pairs([("0", value)]), Pairs([("a", [value])])]),
            )
        case 8:
            # A copy: nothing may hold itself.
            _set(holder, place, pickle.loads(pickle.dumps(_get(*rng.choice(places)))))
        case 9 if items := _items(tree):
            _strike_record(rng, rng.choice(items))
        case 10:
            _strike_list(rng, tree)
        case _:
            _gentle(rng, tree, version)


def _junk(rng: random.Random, depth: int = 0) -> Any:
    kind = rng.random()
    if kind < 0.3:
        return rng.choice(TEXTS)
    if kind < 0.5:
        return Raw(rng.choice(NUMBERS))
    if kind < 0.7:
        return rng.choice([None, True, False, [], Pairs()])
    if kind < 0.705:
        return "x" * rng.choice([600, 100_000])
    if kind < 0.715:
        opening, closing = rng.choice([("[", "]"), ('{"a":', "}")])
        deep = rng.choice([5, 90, 400, 1200, 20_000])
        return Raw(opening * deep + "0" + closing * deep)
    if depth > 2:
        return 0
    inner = [_junk(rng, depth + 1) for _ in range(rng.randint(1, 3))]
    if kind < 0.85:
        return inner
    names = [*_NEW_NAMES, "tracking_detail", "courier_code", *LEGS]
    return Pairs((rng.choice(names), one) for one in inner)


def _strike_record(rng: random.Random, record: Any) -> None:
    """Change what a record is known by, or where its scans stand."""
    if not isinstance(record, Pairs):
        return
    leg_name = rng.choice(LEGS)
    leg = _member(record, leg_name)
    scans = _member(leg, "trackinfo")
    match rng.randrange(7):
        case 0:
            record.append(
                ("id", rng.choice([Raw(rng.choice(NUMBERS)), rng.choice(TEXTS), "7" * 501, _junk(rng)]))
            )
        case 1:
            record[:] = [pair for pair in record if pair[0] != "id"]
        case 2:
            record.append((leg_name, [leg] if rng.random() < 0.5 else _junk(rng)))
        case 3:
            record[:] = [pair for pair in record if pair[0] != leg_name] + [(leg_name, [leg, [leg], 7])]
        case 4 if isinstance(leg, Pairs):
            leg.append(("trackinfo", rng.choice([[], None, scans, _junk(rng)])))
        case 5 if isinstance(leg, Pairs) and isinstance(scans, list):
            as_object = Pairs((str(place), scan) for place, scan in enumerate(scans))
            leg[:] = [pair for pair in leg if pair[0] != "trackinfo"] + [("trackinfo", as_object)]
        case 6 if isinstance(scans, list) and not isinstance(scans, Pairs):
            scans += rng.choice([scans * rng.choice([1, 30]), [_junk(rng)], [_junk(rng)] * 20])


def _strike_list(rng: random.Random, tree: Any) -> None:
    """Change what stands around the list of records."""
    if not isinstance(tree, Pairs):
        return
    data = _member(tree, "data")
    others = [pair for pair in tree if pair[0] != "data"]
    match rng.randrange(6):
        case 0:
            tree[:] = [*others, ("data", rng.choice([None, Pairs(), 0, "", data, _junk(rng)]))]
        case 1:
            tree[:] = others
        case 2:
            tree.append(("data", rng.choice([data, [], None])))
        case 3:
            rejected = rng.choice([None, [], 0, [Pairs([("rejectedCode", Raw("4021"))]), 7], _junk(rng)])
            tree[:] = [*others, ("data", Pairs([("success", _items(tree)), ("rejected", rejected)]))]
        case 4:
            tree.insert(0, rng.choice([("meta", None), ("Data", []), ("data ", data), ("code", 200)]))
        case 5 if isinstance(data, Pairs):
            data.append((rng.choice(["items", "success", "total"]), _junk(rng)))


def _scratched(rng: random.Random, body: bytes) -> bytes:
    at, to = sorted(rng.randint(0, len(body)) for _ in range(2))
    near = min(to, at + rng.randint(1, 8))
    match rng.randrange(10):
        case 0:
            return body[:at]
        case 1 | 2 | 3:
            return body[:at] + rng.choice(_TOKENS) + body[at:]
        case 4 | 5:
            return body[:at] + body[near:]
        case 6:
            return body[:at] + bytes([rng.randrange(256)]) + body[at + 1 :]
        case 7:
            return body[:to] + body[at:]
        case 8:
            return body + rng.choice([*_TOKENS, b"\n" + body, body, b"\x00\x00", b" \t\r\n"])
        case _:
            wrapped = [
                b"\xef\xbb\xbf" + body,
                b" \n" + body,
                body.decode("utf-8", "replace").encode("utf-16"),
            ]
            return rng.choice([*wrapped, b"\x1f\x8b" + body, b"[" + body + b"]", body.replace(b" ", b"\x0b")])
