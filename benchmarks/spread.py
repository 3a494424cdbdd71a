"""How many requests a window takes, and how long, beside what its pages and the rate limit impose.

A service of its own, in another process, knows 100,000 trackings by nothing but the second of their last
change. The real client and the real sync read it, paced by the version's documented limit. Only numbers of
requests and their spacing are measured, so the records are as small as records can be.
"""

from __future__ import annotations

import json
import multiprocessing
import random
import sys
import tempfile
import threading
import time
from bisect import bisect_left, bisect_right
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

from airflow_provider_trackingmore.api import TrackingMoreClient
from airflow_provider_trackingmore.store.landing import Asked, Range, start_run
from airflow_provider_trackingmore.store.load import Reading, load_run
from airflow_provider_trackingmore.store.state import Account
from airflow_provider_trackingmore.sync import sync

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
DAY = 86_400
COUNT = 100_000


def main() -> int:
    """Print the figures; 1 if a target is missed."""
    now, shuffled = int(NOW.timestamp()), random.Random(7)
    spread = sorted(now - 1 - shuffled.randrange(DAY) for _ in range(COUNT))
    burst = [now - 40_000] * 4_321
    reached = []
    for version, size, times in (
        ("v4", 100, spread),
        ("v4", 200, spread),
        ("v3", 2000, spread),
        ("v4", 100, burst),
    ):
        pages = -(-len(times) // size)
        arrivals, rate = read(version, size, times)
        requests = len(arrivals)
        most = 2 * pages + 2 if times is burst else int(1.5 * pages)
        # Of a burst the two seconds are part for which it is left to settle.
        imposed = (requests - 1) / rate + (2 if times is burst else 0)
        slower = (arrivals[-1] - arrivals[0]) / imposed - 1
        what = "in one second" if times is burst else "over a day"
        print(f"{version}, {len(times):,} changes {what}, pages of {size}", flush=True)
        print(f"  {requests} requests for {pages} pages (at most {most})")
        print(f"  {slower:+.1%} beside the limit of {rate:g} a second (at most +3.0%)", flush=True)
        reached.append(requests <= most and slower <= 0.03)
    return 0 if all(reached) else 1


def read(version: str, size: int, times: list[int]) -> tuple[list[float], float]:
    """Sync one window and return when its requests arrived, and the limit per second."""
    ours, theirs = multiprocessing.Pipe()
    service = multiprocessing.Process(target=serve, args=(theirs, version, times), daemon=True)
    service.start()
    url = ours.recv()
    with (
        tempfile.TemporaryDirectory() as folder,
        TrackingMoreClient("key", version, url, page_size=size) as client,
    ):
        warehouse = str(Path(folder, "warehouse.duckdb"))
        know_earlier(warehouse, client, size)
        result = sync(client, warehouse)
        assert result["complete"]
        assert result["distinct"] == len(times)
        rate = client.requests_per_second
    ours.send(None)
    arrivals: list[float] = ours.recv()
    service.join()
    return arrivals, rate


def know_earlier(warehouse: str, client: TrackingMoreClient, size: int) -> None:
    """Let the warehouse hold everything up to a day ago, when nothing was there, and know the page size."""
    account = Account("trackingmore", client.account, client.version.name, client.key_fingerprint)
    earlier = Range(None, NOW - timedelta(days=1))
    run = start_run(f"{warehouse}.landing", account, Asked(None, None), earlier)
    load_run(warehouse, account, run, Reading(True, 1, 1, 0, 0, 0.0, size))


def serve(pipe: Connection, version: str, times: list[int]) -> None:
    """Answer lists of one window on the axis of update times until told to stop."""
    arrivals: list[float] = []
    order = random.Random(11).sample(range(len(times)), len(times))
    ranks = {place: rank for rank, place in enumerate(order)}

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            arrivals.append(time.monotonic())
            query = {name: values[0] for name, values in parse_qs(urlsplit(self.path).query).items()}
            found = self.asked(query)
            first = (int(query["pages_amount"]) - 1) * int(query["items_amount"])
            found = found[first : first + int(query["items_amount"])]
            records = [record(version, place, times[place]) for place in found]
            self.answer(json.dumps(envelope(version, records)).encode())

        def asked(self, query: dict[str, str]) -> list[int]:
            if "created_date_min" in query:
                return []
            if "updated_date_min" not in query:
                return order
            first, last = (seconds(query[f"updated_date_{end}"]) for end in ("min", "max"))
            # Not in the order of the axis: the service sorts by creation.
            return sorted(range(bisect_left(times, first), bisect_right(times, last)), key=ranks.__getitem__)

        def answer(self, body: bytes) -> None:
            self.send_response_only(200)
            self.send_header("Date", format_datetime(NOW, usegmt=True))
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        pipe.send(f"http://127.0.0.1:{server.server_port}")
        pipe.recv()
        pipe.send(arrivals)
        server.shutdown()


def seconds(text: str) -> int:
    """Return a moment of a query as seconds since 1970."""
    return int(text) if text.isdigit() else int(datetime.fromisoformat(text).timestamp())


def envelope(version: str, records: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the document of a list."""
    code = {"code": 200, "message": "ok"}
    return code | {"data": records} if version == "v3" else {"meta": code, "data": records}


def record(version: str, place: int, updated: int) -> dict[str, Any]:
    """Return a record as small as it can be."""
    at = datetime.fromtimestamp(updated, UTC).strftime("%Y-%m-%dT%H:%M:%S+00:00")
    return {
        "id": f"{place:032x}",
        "tracking_number": f"N{place}",
        "courier_code": "dhl",
        "delivery_status": "transit",
        "created_at": "2026-10-01T00:00:00+00:00",
        "update_date" if version == "v3" else "update_at": at,
        "origin_info": {"trackinfo": []},
        "destination_info": {"trackinfo": []},
    }


if __name__ == "__main__":
    sys.exit(main())
