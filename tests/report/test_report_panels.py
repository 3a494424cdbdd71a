"""What the panels of carriers show of little and of uncertain data."""

from __future__ import annotations

import json
import re

import duckdb
import pytest

from airflow_provider_trackingmore.report.look import LIGHT


def marks(path, chart: str, kind: str) -> list[str]:
    """Return the marks of a kind in the picture of a chart."""
    picture = path.with_name(f"{chart}.svg").read_text()
    return re.findall(rf'<path[^>]*aria-roledescription="{kind}"[^>]*>', picture)


def test_a_carrier_that_delivered_nothing_says_so_in_its_panel_and_has_no_weeks(published, report_after):
    with duckdb.connect(published, read_only=True) as connection:
        ((carrier,),) = connection.execute("SELECT max(courier_code) FROM dim_courier").fetchall()
    path = report_after(
        "UPDATE mart_delivery_time_quantiles SET p50_days = NULL, p50_lower95 = NULL, p50_upper95 = NULL,"
        f" p90_days = NULL, naive_p50_days = NULL WHERE courier_code = '{carrier}'",
        f"UPDATE mart_delivery_survival SET share_delivered = 0 WHERE courier_code = '{carrier}'",
    )
    delivery, cohorts = (path.with_name(f"{chart}.svg").read_text() for chart in ("delivery", "cohorts"))
    assert f">{carrier}<" in delivery
    assert delivery.count(">none delivered so far<") == 1
    assert f">{carrier}<" not in cohorts


def test_a_band_without_an_upper_limit_is_open_to_the_top(report_after):
    path = report_after("UPDATE mart_delivery_time_quantiles SET p50_upper95 = NULL")
    bands = [band for band in marks(path, "cohorts", "area mark.*?") if " d=" in band]
    assert bands
    for band in bands:
        assert min(float(y) for y in re.findall(r",(-?[\d.]+)", band.split(' d="')[1])) == 0


def test_a_dot_without_an_upper_limit_is_hollow(report_after):
    path = report_after("UPDATE mart_delivery_time_quantiles SET p90_upper95 = NULL, p50_upper95 = 30")
    dots = [
        dot for dot in marks(path, "delivery", "point") if 'opacity="0"' not in dot and LIGHT.right in dot
    ]
    hollow = [dot for dot in dots if f'stroke="{LIGHT.right}"' in dot]
    assert len(hollow) > 3
    assert len(hollow) < len(dots)
    assert not [dot for dot in hollow if f'fill="{LIGHT.right}"' in dot]
    bounded = report_after("UPDATE mart_delivery_time_quantiles SET p90_upper95 = 30, p50_upper95 = 30")
    assert not [dot for dot in marks(bounded, "delivery", "point") if f'stroke="{LIGHT.right}"' in dot]


def test_the_running_week_has_no_median_and_the_one_before_it_has(report_after):
    def drawn(*changes: str) -> dict[str, list[float | None]]:
        page = report_after(*changes).read_text()
        rows = [json.loads(row) for row in re.findall(r'\{[^{}]*"pickup_week": ?"[^{}]*\}', page)]
        found: dict[str, list[float | None]] = {}
        for row in rows:
            found.setdefault(row["pickup_week"][:10], []).append(row["p50_days"])
        return found

    known = "UPDATE mart_delivery_time_quantiles SET p50_days = 2, p50_lower95 = 1, p50_upper95 = 3"
    found = drawn(known)
    # It is Saturday noon, 21 November.
    assert set(found.pop("2026-11-16")) == {None}
    assert all(medians == [2] * len(medians) for medians in found.values())
    assert set(
        drawn(known, "UPDATE mart_delivery_time_quantiles SET as_of_utc = '2026-11-23'")["2026-11-16"]
    ) == {2}


@pytest.mark.parametrize("is_small", [True, False])
def test_weeks_with_few_shipments_have_a_shape_of_their_own(report_after, is_small):
    path = report_after(f"UPDATE mart_delivery_time_quantiles SET is_small_sample = {is_small}")
    points = [
        point
        for point in marks(path, "cohorts", "point")
        if 'opacity="0"' not in point and LIGHT.naive not in point
    ]
    assert len(points) > 20
    # An arc is drawn for a circle, and none for a triangle.
    assert {"A" in point.split(' d="')[1] for point in points} == {not is_small}


def test_a_single_week_is_seen_with_its_band_and_its_naive_median(report_after):
    newest = "(SELECT max(pickup_week) FROM mart_delivery_time_quantiles)"
    path = report_after(
        f"DELETE FROM mart_delivery_time_quantiles WHERE pickup_week <> {newest}",
        "UPDATE mart_delivery_time_quantiles SET p50_days = NULL, p50_lower95 = 1, naive_p50_days = 2,"
        " as_of_utc = '2026-11-23'",
    )
    assert [point for point in marks(path, "cohorts", "point") if LIGHT.naive in point]
    assert re.findall(r'<line[^>]*stroke-opacity="0.22"', path.with_name("cohorts.svg").read_text())


def test_the_bands_of_young_weeks_are_grey_and_touch_the_others(report_after):
    bands = {"ours": LIGHT.right, "young": LIGHT.immature}
    changes = "UPDATE mart_delivery_time_quantiles SET is_mature = "
    newest = "pickup_week < (SELECT max(pickup_week) FROM mart_delivery_time_quantiles) - 9"
    drawn = {}
    for case, is_mature in {"all": "true", "none": "false", "some": newest}.items():
        areas = marks(report_after(changes + is_mature), "cohorts", "area mark.*?")
        drawn[case] = {
            name: [len(re.findall(r"-?[\d.]+,", area)) for area in areas if f'fill="{colour}"' in area]
            for name, colour in bands.items()
        }
    assert not drawn["all"]["young"]
    assert not drawn["none"]["ours"]
    # Both edges of the last mature week belong to both bands.
    weeks, both = sum(drawn["all"]["ours"]), sum(drawn["some"]["ours"]) + sum(drawn["some"]["young"])
    assert weeks == sum(drawn["none"]["young"])
    assert both == weeks + 2 * len(drawn["some"]["young"])


def first_day(path) -> float:
    """Return the day at which the curve of all carriers begins."""
    points = re.findall(r'\{[^{}]*"drawn_for": ?"all"[^{}]*\}', path.read_text())
    return min(json.loads(point)["days_since_pickup"] for point in points)


def test_a_curve_is_drawn_from_where_ten_parcels_are_followed(report_after):
    assert first_day(report_after()) < 5
    few = "UPDATE mart_delivery_survival SET n_at_risk = 9 WHERE days_since_pickup < 5"
    assert first_day(report_after(few)) >= 5


def weeks(path) -> set[str]:
    """Return the weeks of pick-up that the report draws."""
    return set(re.findall(r'"pickup_week": ?"(\d{4}-\d\d-\d\d)', path.read_text()))


def test_a_lone_week_of_long_ago_does_not_squeeze_the_others(report_after):
    oldest = min(weeks(report_after()))
    path = report_after(
        f"UPDATE mart_delivery_time_quantiles SET pickup_week = '2024-01-01' WHERE pickup_week = '{oldest}'"
    )
    assert len(weeks(path)) > 3
    assert "2024-01-01" not in weeks(path)
