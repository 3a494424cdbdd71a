"""Country codes from names, and the time zone that a place is known to keep."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime, timedelta
from functools import cache, lru_cache
from importlib.resources import files
from zoneinfo import ZoneInfo

# Countries where CLDR names one zone for civil use although the zone database lists several
# (Unicode CLDR 48, supplemental data, primaryZones).
_PRIMARY = {
    "CL": "America/Santiago",
    "CN": "Asia/Shanghai",
    "DE": "Europe/Berlin",
    "EC": "America/Guayaquil",
    "ES": "Europe/Madrid",
    "MH": "Pacific/Majuro",
    "MY": "Asia/Kuala_Lumpur",
    "NZ": "Pacific/Auckland",
    "PT": "Europe/Lisbon",
    "UA": "Europe/Kyiv",
    "UZ": "Asia/Tashkent",
}


def zone_of(country: str | None, state: str | None) -> str | None:
    """Return the zone of a country that has one, or of a state of the USA; else None.

    Where a state keeps two zones it is its capital's, which most of its people keep; the rest is an hour off.
    """
    zones = _country_zones().get(country or "", ())
    if len(zones) == 1:
        return zones[0]
    if country in _PRIMARY:
        return _PRIMARY[country]
    if country == "US" and state:
        return _state_zones().get(state.strip().upper())
    return None


@lru_cache(maxsize=100_000)
def offset_on(zone: str, day: int) -> int | None:
    """Return the minutes that a zone is ahead of UTC all through a day, or None if its clocks change then.

    ``day`` counts from 1970; days are those of the zone.
    """
    midnight = datetime(1970, 1, 1) + timedelta(days=day)
    place = ZoneInfo(zone)
    first, last = (place.utcoffset(moment) for moment in (midnight, midnight + timedelta(days=1)))
    if first is None or first != last:
        return None
    minutes, rest = divmod(first, timedelta(minutes=1))
    return None if rest else minutes


def country_code(text: str | None) -> str | None:
    """Return the ISO 3166 alpha-2 code of a code (of three letters, too) or an English name.

    Other texts are returned as they came.

    A code in brackets after the name (``Hong Kong [CN]``) names the postal area, not the country.
    """
    if not text:
        return None
    name = text.strip()
    if name.endswith("]") and (bracket := name.find("[", name.rfind("]", 0, -1) + 1)) >= 0:
        name = name[:bracket].rstrip()
    if len(name) == 2 and name.isascii() and name.isalpha():
        return name.upper()
    return _country_names().get(name.casefold(), text)


@cache
def _country_zones() -> dict[str, tuple[str, ...]]:
    zones: dict[str, list[str]] = defaultdict(list)
    for line in _zone_database("zone.tab"):
        country, _, zone = line.split("\t")[:3]
        zones[country].append(zone)
    return {country: tuple(names) for country, names in zones.items()}


@cache
def _state_zones() -> dict[str, str]:
    import us

    # Old names of zones (Pacific/Samoa) are not installed everywhere.
    known = {zone for zones in _country_zones().values() for zone in zones}
    states = [*us.STATES_AND_TERRITORIES, us.states.DC]
    return {
        key: zone
        for state in states
        for zone in (state.time_zones[0] if len(state.time_zones) == 1 else state.capital_tz,)
        if zone in known
        for key in (state.abbr, state.name.upper())
    }


@cache
def _country_names() -> dict[str, str]:
    from babel import Locale
    from babel.core import get_global

    names = {line.split("\t")[1]: line.split("\t")[0] for line in _zone_database("iso3166.tab")}
    territories = Locale("en").territories
    names |= {name: code for code, name in territories.items() if len(code) == 2 and code.isalpha()}
    # Among the aliases are the codes of three letters; one of several countries is no alias.
    aliases = get_global("territory_aliases").items()
    names |= {old: new[0] for old, new in aliases if len(old) == 3 and old.isalpha() and len(new) == 1}
    return {name.casefold(): code for name, code in names.items()}


def _zone_database(name: str) -> list[str]:
    text = (files("tzdata") / "zoneinfo" / name).read_text(encoding="utf-8")
    return [line for line in text.splitlines() if line and not line.startswith("#")]
