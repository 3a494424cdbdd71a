"""``python -m airflow_provider_trackingmore.sandbox``: serve the sandbox until interrupted."""

from __future__ import annotations

import argparse
import pathlib
import signal
import threading
from datetime import UTC, datetime

from airflow_provider_trackingmore.sandbox.box import Sandbox
from airflow_provider_trackingmore.sandbox.switches import Switches


def main(arguments: list[str] | None = None) -> None:
    """Serve until interrupted."""
    options = _parser().parse_args(arguments)
    box = Sandbox(
        trackings=options.trackings,
        seed=options.seed,
        now=options.now,
        frozen=options.frozen,
        rate_limit=not options.no_rate_limit,
        speed=options.speed,
        key=options.key,
        secret=options.secret,
        public_key=options.rsa_public_key,
        port=options.port,
        tls_cert=options.tls_cert,
        tls_key=options.tls_key,
        switches=Switches(page_cap=options.page_cap),
    )
    finished = threading.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, lambda *_: finished.set())
    with box:
        print(
            f"sandbox ready: url={box.url} key={box.key} now={box.clock.now().isoformat()}"
            f" trackings={len(box.world.records())}; stop with Ctrl-C",
            flush=True,
        )
        finished.wait()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m airflow_provider_trackingmore.sandbox",
        description="Serve a local stand-in for TrackingMore and AfterShip on 127.0.0.1.",
    )
    parser.add_argument("--port", type=int, default=8765, help="0 takes a free port")
    parser.add_argument("--trackings", type=int, default=5000, help="how many exist at the beginning")
    parser.add_argument("--seed", type=int, default=7, help="equal seeds and --now make equal worlds")
    parser.add_argument("--key", default="sandbox-key", help="the API key that is accepted")
    parser.add_argument("--secret", help="refuse AfterShip calls not signed (HMAC) with this secret")
    parser.add_argument(
        "--rsa-public-key", type=_text, help="file; refuse AfterShip calls not signed with its private key"
    )
    parser.add_argument("--now", type=_moment, help="ISO 8601; where the world's clock starts")
    parser.add_argument("--frozen", action="store_true", help="the clock stands still until moved")
    parser.add_argument("--no-rate-limit", action="store_true", help="refuse no call for its pace")
    parser.add_argument("--speed", type=float, default=1.0, help="divides rate-limit waits")
    parser.add_argument("--page-cap", type=int, help="cap page sizes lower than the service does, silently")
    parser.add_argument("--tls-cert", help="certificate file; with --tls-key serves HTTPS")
    parser.add_argument("--tls-key", help="key file of the certificate")
    return parser


def _text(path: str) -> str:
    return pathlib.Path(path).read_text()


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


if __name__ == "__main__":
    main()
