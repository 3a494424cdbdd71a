"""The handles of the sandbox over HTTP, under ``/_sandbox/``; they need no key.

| Route | Method | Body | Does |
|---|---|---|---|
| state | GET | | time, counts, switches, queued faults |
| clock | POST | ``{"advance_seconds": n}`` or ``{"now": iso}`` | moves the clock |
| truth | GET | | true figures per carrier and lane |
| truth/shipments | GET | | one JSON object per line and shipment |
| switches | GET, PUT | ``{name: value}`` | reads or changes irregularities |
| faults | GET, POST, DELETE | ``{"kind": ..., "times": ...}`` | queues or clears faults |
| records | POST | ``{"touch": [ids]}``, ``{"delete": [ids]}``, ``{"add": [{...}]}`` | changes the account |
| requests | GET, DELETE | | what was asked so far |
"""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING, Any

from starlette.responses import JSONResponse, Response

if TYPE_CHECKING:
    from collections.abc import Callable

    from airflow_provider_trackingmore.sandbox.app import App

PREFIX = "/_sandbox/"


def answer(app: App, method: str, path: str, body: bytes) -> Response:
    """Answer a control request; wrong input gets a sentence that says what is wanted."""
    name = path.removeprefix(PREFIX).strip("/")
    methods = _ROUTES.get(name)
    if methods is None:
        return _problem(f"there is no {PREFIX}{name}; there are: {', '.join(_ROUTES)}", 404)
    if method not in methods:
        return _problem(f"{PREFIX}{name} takes {' and '.join(methods)}, not {method}", 405)
    try:
        value = json.loads(body) if body.strip() else {}
        if not isinstance(value, dict):
            raise ValueError("the body must be a JSON object")
        return methods[method](app, value)
    except (ValueError, KeyError, TypeError) as problem:
        return _problem(str(problem.args[0] if problem.args else problem), 400)


def _problem(sentence: str, http_status: int) -> Response:
    return JSONResponse({"error": sentence}, http_status)


def _state(app: App, _: dict[str, Any]) -> Response:
    world = app.premises.world
    return JSONResponse(
        {
            "now": world.clock.now().isoformat(),
            "seed": world.seed,
            "trackings": len(world.records()),
            "requests": len(app.requests),
            "rate_limit": app.premises.limiter.enabled,
            "switches": app.premises.switches.as_dict(),
            "faults": app.faults.as_list(),
        }
    )


def _clock(app: App, value: dict[str, Any]) -> Response:
    clock = app.premises.world.clock
    match value:
        case {"advance_seconds": int() | float() as step}:
            clock.advance(seconds=step)
        case {"now": str() as text}:
            clock.set(datetime.fromisoformat(text))
        case _:
            raise ValueError('the clock takes {"advance_seconds": number} or {"now": "ISO 8601 with offset"}')
    return JSONResponse({"now": clock.now().isoformat()})


def _truth(app: App, _: dict[str, Any]) -> Response:
    return JSONResponse(app.premises.world.truth())


def _truth_shipments(app: App, _: dict[str, Any]) -> Response:
    lines = "".join(json.dumps(story) + "\n" for story in app.premises.world.shipments())
    return Response(lines, media_type="application/x-ndjson")


def _switches(app: App, _: dict[str, Any]) -> Response:
    return JSONResponse(app.premises.switches.as_dict())


def _set_switches(app: App, value: dict[str, Any]) -> Response:
    app.premises.switches.update(value)
    return _switches(app, value)


def _faults(app: App, _: dict[str, Any]) -> Response:
    return JSONResponse(app.faults.as_list())


def _add_fault(app: App, value: dict[str, Any]) -> Response:
    if "kind" not in value:
        raise ValueError('a fault needs a "kind", for example {"kind": "http_429", "times": 1}')
    app.faults.add(**value)
    return _faults(app, value)


def _clear_faults(app: App, value: dict[str, Any]) -> Response:
    app.faults.clear()
    return _faults(app, value)


def _records(app: App, value: dict[str, Any]) -> Response:
    world = app.premises.world
    unknown = set(value) - {"touch", "delete", "add"}
    if unknown or not value:
        raise ValueError('records takes {"touch": [ids]}, {"delete": [ids]} or {"add": [{...}]}')
    for tracking_id in value.get("touch", []):
        world.touch(tracking_id)
    for tracking_id in value.get("delete", []):
        world.delete(tracking_id)
    added = [world.add(**row).shipment.id for row in value.get("add", [])]
    return JSONResponse({"trackings": len(world.records()), "added": added})


def _requests(app: App, _: dict[str, Any]) -> Response:
    return JSONResponse([asdict(served) for served in app.requests])


def _clear_requests(app: App, value: dict[str, Any]) -> Response:
    app.requests.clear()
    return _requests(app, value)


_ROUTES: dict[str, dict[str, Callable[[App, dict[str, Any]], Response]]] = {
    "state": {"GET": _state},
    "clock": {"POST": _clock},
    "truth": {"GET": _truth},
    "truth/shipments": {"GET": _truth_shipments},
    "switches": {"GET": _switches, "PUT": _set_switches},
    "faults": {"GET": _faults, "POST": _add_fault, "DELETE": _clear_faults},
    "records": {"POST": _records},
    "requests": {"GET": _requests, "DELETE": _clear_requests},
}
