"""Pages shaped like v4 answers, made on the spot: 2,000 trackings and about 27,000 checkpoints each."""

from __future__ import annotations

import json
import random
from datetime import datetime, timedelta
from typing import Any

PLACES = [
    ("CN", None, "SHENZHEN", "518000", "SHENZHEN - CHINA"),
    ("CN", None, "HANGZHOU", "310000", "HANGZHOU - CHINA"),
    ("DE", None, "LEIPZIG", "04103", "LEIPZIG - GERMANY"),
    ("DE", None, "KOELN", "50667", "KÖLN - GERMANY"),
    ("US", "NJ", "NEWARK", "07101", "NEWARK, NJ, US"),
    ("US", "CA", "OAKLAND", "94601", "OAKLAND, CA, US"),
    ("US", "TX", "AUSTIN", "73301", "AUSTIN, TX, US"),
    ("GB", None, "LEEDS", "LS1 1UR", "LEEDS - UK"),
    ("FR", None, "LYON", "69001", "LYON - FRANCE"),
]
# Carriers say the same things over and over; about one scan in ten names something of its own.
STEPS = [
    ("transit", "transit001", "Arrived at sort facility {city}, processed and forwarded to the next hub"),
    ("transit", "transit002", "Departed facility in {city}; the shipment is on its way to the destination"),
    ("transit", "transit005", "Clearance processing complete at {city}"),
    ("transit", "transit003", "Arrived at delivery facility {city}, awaiting the delivery vehicle"),
    ("transit", "transit001", "In transit to next facility, arriving on time; no action is needed"),
    ("pickup", "pickup001", "Shipment is out with courier for delivery in {city}"),
    ("undelivered", "undelivered002", "Delivery attempted; recipient not home. Notice {n} left at the door"),
    ("transit", "transit006", "已离开【{city}】转运中心，准备发往下一站，请您耐心等待"),
]
COURIERS = ["dhl", "usps", "ups", "fedex", "china-post", "royal-mail", "gls", "4px"]
MILESTONES = ("inforeceived", "pickup", "outfordelivery", "delivery", "returning", "returned")


def pages(count: int, size: int = 2000, seed: int = 1, now: datetime = datetime(2026, 11, 20)) -> list[bytes]:
    """Return ``count`` bodies of ``size`` trackings; equal arguments give equal bytes."""
    draw = random.Random(seed)
    return [page(draw, size, now) for _ in range(count)]


def page(draw: random.Random, size: int, now: datetime) -> bytes:
    """Return one body."""
    meta = {"code": 200, "message": "Request response is successful"}
    data = [tracking(draw, now) for _ in range(size)]
    return json.dumps({"meta": meta, "data": data}, ensure_ascii=False, separators=(",", ":")).encode()


def tracking(draw: random.Random, now: datetime) -> dict[str, Any]:
    """Return one tracking with 6 to 21 scans, about a third of them on the destination leg."""
    created = now - timedelta(seconds=draw.randrange(90 * 86400))
    scans = scan_history(draw, created, draw.randrange(6, 22))
    split = draw.choice((0, 0, len(scans) // 2))
    courier = draw.choice(COURIERS)
    last = scans[0]
    empty = dict.fromkeys(
        (
            "order_date", "tracking_postal_code", "tracking_ship_date", "tracking_destination_country",
            "tracking_origin_country", "tracking_key", "tracking_courier_account", "order_id", "title",
            "logistics_channel", "label", "signed_by", "service_code", "weight", "product_type",
            "dimension", "previously", "destination_track_number", "exchange_number",
            "scheduled_delivery_date", "scheduled_address", "status_info", "note", "customer_sms",
        )
    )  # fmt: skip
    return empty | {
        "id": f"{draw.getrandbits(128):032x}",
        "tracking_number": f"TB{draw.randrange(10**12):012d}",
        "courier_code": courier,
        "order_number": f"SO-{draw.randrange(10**6)}",
        "created_at": f"{created:%Y-%m-%dT%H:%M:%S}+00:00",
        "update_at": f"{created + timedelta(seconds=draw.randrange(86400 * 20)):%Y-%m-%dT%H:%M:%S}+00:00",
        "delivery_status": last["checkpoint_delivery_status"],
        "archived": "tracking",
        "updating": True,
        "source": "API",
        "destination_country": "DE",
        "destination_state": None,
        "destination_city": "LEIPZIG",
        "origin_country": "CN",
        "origin_state": None,
        "origin_city": "SHENZHEN",
        "customer_name": "Mara Example",
        "customer_email": "mara@example.com",
        "recipient_postcode": "04103",
        "weight_kg": f"{draw.random() * 5:.2f}",
        "pieces": 1,
        "substatus": last["checkpoint_delivery_substatus"],
        "latest_event": f"{last['tracking_detail']}, {last['location']}, {last['checkpoint_date']}",
        "latest_checkpoint_time": last["checkpoint_date"],
        "transit_time": draw.randrange(20),
        "origin_info": side(courier, scans[split:]),
        "destination_info": side("dhl" if split else None, scans[:split]),
    }


def scan_history(draw: random.Random, created: datetime, count: int) -> list[dict[str, Any]]:
    """Return scans, newest first."""
    moment, scans = created, []
    for _ in range(count):
        moment += timedelta(minutes=draw.randrange(30, 2000))
        country, state, city, zip_code, location = draw.choice(PLACES)
        status, substatus, text = draw.choice(STEPS)
        scans.append(
            {
                "checkpoint_date": f"{moment:%Y-%m-%dT%H:%M:%S}",
                "checkpoint_delivery_status": status,
                "checkpoint_delivery_substatus": substatus,
                "tracking_detail": text.format(n=draw.randrange(10**5), city=city),
                "location": location,
                "country_iso2": country,
                "state": state,
                "city": city,
                "zip": zip_code,
                "raw_status": None,
            }
        )
    return scans[::-1]


def side(courier: str | None, scans: list[dict[str, Any]]) -> dict[str, Any]:
    """Return one leg."""
    return {
        "courier_code": courier,
        "courier_phone": "+1 000 000 0000" if courier else None,
        "weblink": "https://carrier.example/" if courier else None,
        "reference_number": None,
        "milestone_date": dict.fromkeys(f"{name}_date" for name in MILESTONES),
        "pickup_date": scans[-1]["checkpoint_date"] if scans else None,
        "departed_airport_date": None,
        "arrived_abroad_date": None,
        "customs_received_date": None,
        "trackinfo": scans,
    }
