"""The places parcels pass through: made-up towns with a real country, state and time zone.

A scan knows the instant it happened; the service only ever tells the wall clock of the place. So a
place must know its zone, and a reader of the service must find it out from country and state.
"""

from __future__ import annotations

from dataclasses import dataclass
from zoneinfo import ZoneInfo

COUNTRY_NAMES = {
    "CN": "China",
    "DE": "Germany",
    "FR": "France",
    "GB": "United Kingdom",
    "US": "United States",
}
COUNTRY_CODES = {"CN": "CHN", "DE": "DEU", "FR": "FRA", "GB": "GBR", "US": "USA"}


@dataclass(frozen=True, slots=True)
class Place:
    """One town: where a scan happened, and which clock hung on the wall there."""

    country: str
    state: str | None
    city: str
    zip: str
    zone: ZoneInfo
    native_city: str | None = None

    @property
    def location(self) -> str:
        """Return the line of text a carrier prints for this place."""
        if self.country == "US":
            return f"{self.city},{self.state},{self.zip}"
        return f"{self.city} - {COUNTRY_NAMES[self.country].upper()}"


# Country, state, city, postcode, zone, name in the local script. Most states of the USA here lie in one
# zone; Texas and Tennessee lie in two, so a reader who knows only the state has to guess.
_TABLE: tuple[tuple[str, str | None, str, str, str, str | None], ...] = (
    ("US", "NJ", "MARLOW FALLS", "07000", "America/New_York", None),
    ("US", "NJ", "EAST QUARRY", "08000", "America/New_York", None),
    ("US", "NY", "OLD HARBOR", "10000", "America/New_York", None),
    ("US", "NY", "LAKE ORREN", "14000", "America/New_York", None),
    ("US", "GA", "PEACH HOLLOW", "30000", "America/New_York", None),
    ("US", "GA", "REDCLAY", "31000", "America/New_York", None),
    ("US", "IL", "PRAIRIE CROSS", "60000", "America/Chicago", None),
    ("US", "IL", "NORTH CANAL", "61000", "America/Chicago", None),
    ("US", "CA", "SUNDIAL BAY", "90000", "America/Los_Angeles", None),
    ("US", "CA", "ORANGE MESA", "93000", "America/Los_Angeles", None),
    ("US", "WA", "CEDAR SOUND", "98000", "America/Los_Angeles", None),
    ("US", "AZ", "COPPER WELLS", "85000", "America/Phoenix", None),
    ("US", "TX", "LONE MEADOW", "75000", "America/Chicago", None),
    ("US", "TX", "DESERT PASS", "79900", "America/Denver", None),
    ("US", "TN", "BLUE RIDGEWAY", "37900", "America/New_York", None),
    ("US", "TN", "RIVER BLUFF", "38000", "America/Chicago", None),
    ("DE", None, "MUSTERSTADT", "10000", "Europe/Berlin", None),
    ("DE", None, "HUBSTADT", "04000", "Europe/Berlin", None),
    ("DE", None, "BEISPIELHEIM", "60000", "Europe/Berlin", None),
    ("DE", None, "NEUDORF AM SEE", "88000", "Europe/Berlin", None),
    ("FR", None, "VILLE-EXEMPLE", "75000", "Europe/Paris", None),
    ("FR", None, "PONT-MODELE", "69000", "Europe/Paris", None),
    ("FR", None, "SAINT-TRI", "31000", "Europe/Paris", None),
    ("GB", None, "LITTLE SAMPLETON", "AB1 0AA", "Europe/London", None),
    ("GB", None, "MARKET EXAMPLE", "CD2 0AA", "Europe/London", None),
    ("GB", None, "GREAT SORTING", "EF3 0AA", "Europe/London", None),
    ("CN", None, "YANGSHAN", "510000", "Asia/Shanghai", "示例山市"),
    ("CN", None, "LIHE", "310000", "Asia/Shanghai", "示例河市"),
    ("CN", None, "DONGWAN", "518000", "Asia/Shanghai", "东湾示例市"),
    ("CN", None, "HAIKOU-NAN", "200000", "Asia/Shanghai", "海口示例区"),
)

PLACES = tuple(
    Place(country, state, city, code, ZoneInfo(zone), native)
    for country, state, city, code, zone, native in _TABLE
)

BY_COUNTRY: dict[str, tuple[Place, ...]] = {
    country: tuple(place for place in PLACES if place.country == country) for country in COUNTRY_NAMES
}
