"""The carriers of the sandbox and how each of them behaves on each of its lanes.

All figures are invented; they only have to differ enough for carriers and lanes to be told apart.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

HOUR = 3600
_ALPHABET = 10**12


@dataclass(frozen=True, slots=True)
class Carrier:
    """A carrier as the service lists it, and the form of its tracking numbers."""

    code: str
    name: str
    kind: str
    country: str | None
    phone: str | None
    homepage: str | None
    number_form: str
    number_pattern: str
    voice: str = "express"
    has_seconds: bool = False

    @property
    def refresh_seconds(self) -> int:
        """Return how often the vendor asks this carrier for news."""
        return 6 * HOUR if self.kind == "globalpost" else 3 * HOUR

    def number(self, serial: int) -> str:
        """Return the tracking number of a serial: scattered digits, and never the same twice."""
        digits = serial * 7_368_787_469 % _ALPHABET
        return self.number_form.format(f"{digits:012d}")

    def owns(self, tracking_number: str) -> bool:
        """Return whether a number looks like one of this carrier's."""
        return re.fullmatch(self.number_pattern, tracking_number) is not None


@dataclass(frozen=True, slots=True)
class Lane:
    """How one carrier does between two countries; shares are of all parcels of the lane."""

    carrier: str
    origin: str
    destination: str
    weight: float
    median_days: float
    spread: float
    failed_attempt: float
    delay: float
    customs_hold: float
    returned: float
    lost: float
    dark: float
    unscanned: float
    partner: str | None = None

    @property
    def is_cross_border(self) -> bool:
        """Return whether parcels pass customs."""
        return self.origin != self.destination


def _host(name: str) -> str:
    return f"https://{name}.example/"


CARRIERS: dict[str, Carrier] = {
    carrier.code: carrier
    for carrier in (
        Carrier("dhl", "DHL Express", "express", None, "+1 000 000 0000", _host("carrier-five"),
                "{}", r"\d{10}|\d{12}"),
        Carrier("usps", "USPS", "globalpost", "US", None, _host("carrier-two"),
                "9200000000{}", r"92\d{20}", "postal"),
        Carrier("ups", "UPS", "express", "US", "+1 000 000 0001", _host("carrier-eight"),
                "1ZEX00{}", r"1Z[0-9A-Z]{16}", has_seconds=True),
        Carrier("fedex", "FedEx", "express", "US", "+1 000 000 0002", _host("carrier-nine"),
                "{}", r"\d{12}"),
        Carrier("royal-mail", "Royal Mail", "globalpost", "GB", None, _host("carrier-ten"),
                "RM{}GB", r"RM\d{12}GB", "postal"),
        Carrier("china-post", "China Post", "globalpost", "CN", "+86 00000", _host("carrier-one"),
                "LZ{}CN", r"LZ\d{12}CN", "postal"),
        Carrier("4px", "4PX", "express", "CN", "", _host("carrier-four"),
                "4PX{}CN", r"4PX\d{12}CN", "postal", has_seconds=True),
        Carrier("yanwen", "Yanwen", "express", "CN", None, _host("carrier-three"),
                "YW{}", r"YW\d{12}", "postal", has_seconds=True),
        Carrier("gls", "GLS", "express", "DE", None, _host("carrier-eleven"),
                "00{}", r"00\d{12}"),
        Carrier("amazon", "Amazon Shipping", "express", None, None, _host("carrier-six"),
                "TBX{}", r"TBX\d{12}"),
        Carrier("postcode-courier", "Postcode Courier", "express", "DE", None, _host("carrier-seven"),
                "PC{}", r"PC\d{12}"),
    )
}  # fmt: skip

# Asks for a postcode when a number is registered; carries none of the generated parcels.
NEEDS_POSTCODE = "postcode-courier"

# What parcels are filed under whose carrier nobody knows: it is never asked, so it never says anything.
UNRECOGNISED = Carrier("unrecognized", "Unrecognized", "express", None, None, None, "{}", r"(?!)")

LANES: tuple[Lane, ...] = (
    #    carrier       from  to    weight days spread fail  delay customs ret.  lost  dark  unscanned partner
    Lane("dhl",        "DE", "DE", 0.080, 1.6, 0.35, 0.09, 0.03, 0.00, 0.020, 0.004, 0.006, 0.015),
    Lane("dhl",        "DE", "FR", 0.045, 3.0, 0.35, 0.10, 0.04, 0.00, 0.025, 0.006, 0.008, 0.015),
    Lane("dhl",        "US", "DE", 0.045, 4.5, 0.40, 0.08, 0.04, 0.16, 0.030, 0.008, 0.010, 0.020),
    Lane("usps",       "US", "US", 0.130, 4.0, 0.45, 0.06, 0.05, 0.00, 0.018, 0.006, 0.012, 0.040),
    Lane("usps",       "US", "GB", 0.025, 9.5, 0.40, 0.06, 0.05, 0.12, 0.030, 0.015, 0.020, 0.030),
    Lane("ups",        "US", "US", 0.110, 3.0, 0.40, 0.05, 0.06, 0.00, 0.012, 0.003, 0.004, 0.030),
    Lane("ups",        "US", "DE", 0.030, 5.0, 0.40, 0.05, 0.06, 0.18, 0.025, 0.006, 0.006, 0.020),
    Lane("fedex",      "US", "US", 0.085, 2.6, 0.45, 0.12, 0.07, 0.00, 0.015, 0.004, 0.005, 0.025),
    Lane("fedex",      "US", "GB", 0.020, 4.2, 0.40, 0.12, 0.06, 0.15, 0.025, 0.006, 0.006, 0.020),
    Lane("royal-mail", "GB", "GB", 0.070, 2.2, 0.45, 0.17, 0.03, 0.00, 0.020, 0.008, 0.012, 0.030),
    Lane("royal-mail", "GB", "US", 0.020, 8.0, 0.45, 0.17, 0.04, 0.10, 0.025, 0.012, 0.018, 0.030, "usps"),
    Lane("china-post", "CN", "US", 0.080, 17.0, 0.38, 0.06, 0.05, 0.09, 0.025, 0.025, 0.045, 0.050, "usps"),
    Lane("china-post", "CN", "DE", 0.045, 20.0, 0.40, 0.08, 0.05, 0.14, 0.035, 0.030, 0.050, 0.050, "dhl"),
    Lane("china-post", "CN", "GB", 0.025, 18.0, 0.40, 0.07, 0.05, 0.10, 0.030, 0.025, 0.050, 0.050,
         "royal-mail"),
    Lane("4px",        "CN", "US", 0.050, 11.0, 0.35, 0.06, 0.04, 0.07, 0.020, 0.015, 0.020, 0.040, "usps"),
    Lane("4px",        "CN", "DE", 0.030, 12.5, 0.35, 0.08, 0.04, 0.10, 0.030, 0.015, 0.020, 0.040, "gls"),
    Lane("yanwen",     "CN", "US", 0.035, 14.0, 0.42, 0.06, 0.05, 0.08, 0.020, 0.022, 0.030, 0.045, "usps"),
    Lane("yanwen",     "CN", "GB", 0.020, 13.0, 0.42, 0.07, 0.05, 0.09, 0.025, 0.022, 0.030, 0.045,
         "royal-mail"),
    Lane("gls",        "DE", "DE", 0.045, 1.5, 0.40, 0.20, 0.03, 0.00, 0.030, 0.005, 0.006, 0.020),
    Lane("gls",        "DE", "FR", 0.025, 3.2, 0.40, 0.20, 0.04, 0.00, 0.035, 0.008, 0.008, 0.020),
    Lane("amazon",     "US", "US", 0.050, 1.4, 0.50, 0.03, 0.03, 0.00, 0.010, 0.004, 0.004, 0.020),
    Lane("amazon",     "GB", "GB", 0.020, 1.3, 0.50, 0.02, 0.03, 0.00, 0.010, 0.004, 0.004, 0.020),
)  # fmt: skip


def detect(tracking_number: str) -> list[Carrier]:
    """Return the carriers whose numbers look like this one, the likeliest first."""
    return [carrier for carrier in CARRIERS.values() if carrier.owns(tracking_number)]


def carrier_named(courier_code: str) -> Carrier:
    """Return the carrier a parcel is filed under."""
    return CARRIERS.get(courier_code, UNRECOGNISED)


def lane_for(courier_code: str) -> Lane | None:
    """Return the lane on which a parcel registered by hand travels; nothing for an unknown carrier."""
    if courier_code == UNRECOGNISED.code:
        # More than all of its parcels are never scanned, so that chance has no say.
        return replace(LANES[0], carrier=courier_code, unscanned=3.0)
    if courier_code not in CARRIERS:
        return None
    lanes = [lane for lane in LANES if lane.carrier == courier_code]
    if not lanes:
        return replace(LANES[0], carrier=courier_code)
    return max(lanes, key=lambda lane: lane.weight)
