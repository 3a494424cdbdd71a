"""The world: seeded, the same however it is reached, and true to what the service finally shows."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta

import pytest
from sandbox_caller import NOW

from airflow_provider_trackingmore.sandbox.clock import Clock
from airflow_provider_trackingmore.sandbox.places import BY_COUNTRY, PLACES
from airflow_provider_trackingmore.sandbox.truth import incidence_quantile
from airflow_provider_trackingmore.sandbox.world import World


def world(trackings: int = 400, seed: int = 7) -> World:
    return World(Clock(NOW, frozen=True), trackings=trackings, seed=seed)


def picture(of: World) -> list[object]:
    return [
        (r.shipment.id, r.shipment.details, r.shipment.journey, r.updated_at, r.status) for r in of.records()
    ]


@pytest.fixture(scope="module")
def big() -> World:
    return world(5000)


def test_equal_seeds_make_equal_worlds():
    assert picture(world()) == picture(world())


def test_other_seeds_make_other_worlds():
    assert picture(world()) != picture(world(seed=8))


def test_one_step_or_many_make_no_difference():
    strider, walker = world(), world()
    strider.clock.advance(days=20)
    for _ in range(40):
        walker.clock.advance(hours=12)
        walker.records()
    assert picture(strider) == picture(walker)


def test_going_back_shows_what_was_known_then():
    there_and_back, stayed = world(), world()
    before = picture(stayed)
    there_and_back.clock.advance(days=30)
    there_and_back.records()
    there_and_back.clock.set(NOW)
    assert picture(there_and_back) == before


def test_exactly_as_many_trackings_as_asked_for_exist_at_the_beginning():
    for trackings in (0, 1, 77, 400, 1000):
        assert len(world(trackings).records()) == trackings


def test_as_many_again_are_registered_within_120_days():
    growing = world(1200)
    growing.clock.advance(days=120)
    assert len(growing.records()) == pytest.approx(2400, rel=0.02)


def test_creation_is_spread_over_120_days():
    born = [record.shipment.created_at for record in world(1200).records()]
    assert min(born) >= NOW.timestamp() - 120 * 86400
    assert max(born) < NOW.timestamp()
    assert 500 < sum(moment > NOW.timestamp() - 60 * 86400 for moment in born) < 700


def test_ids_and_numbers_are_unique():
    everything = world(1500)
    everything.clock.advance(days=120)
    shipments = [record.shipment for record in everything.records()]
    assert len({s.id for s in shipments}) == len(shipments)
    assert len({s.tracking_number for s in shipments}) == len(shipments)


def test_the_default_world_has_about_twelve_checkpoints_a_tracking(big):
    seen = sum(record.visible for record in big.records())
    # Rows that come twice bring what the service shows to about 60,000.
    assert 54_000 < seen < 59_500


def test_every_outcome_and_every_header_status_occurs(big):
    records = big.records()
    assert {r.shipment.journey.outcome for r in records} == {
        "delivered",
        "returned",
        "lost",
        "expired",
        "never_scanned",
    }
    seen = {r.status[0] for r in records}
    for _ in range(4):
        big.clock.advance(hours=3)
        seen |= {record.status[0] for record in big.records()}
    big.clock.set(NOW)
    assert seen == {
        *("pending", "notfound", "inforeceived", "transit", "pickup"),
        *("delivered", "undelivered", "exception", "expired"),
    }


def test_scans_are_in_order_and_none_comes_30_days_after_the_one_before():
    for record in world(1000).records():
        times = [scan.at for scan in record.shipment.journey.scans]
        assert times == sorted(times)
        assert all(later - earlier < 30 * 86400 for earlier, later in itertools.pairwise(times))


def test_a_scan_is_shown_at_the_first_refresh_after_it_happened():
    watched = world()
    record = next(r for r in watched.records() if r.status[0] == "transit" and r.changes[-1] > r.changes[0])
    period = 21_600 if record.shipment.courier_code in ("usps", "royal-mail", "china-post") else 10_800
    for number, scan in enumerate(record.shipment.journey.scans, start=1):
        shown_at = next(at for at, seen in zip(record.changes, record.seen, strict=True) if seen >= number)
        known_from = max(scan.at, record.shipment.created_at)
        assert known_from <= shown_at < known_from + period
        assert (shown_at - record.shipment.phase) % period == 0


def test_a_record_changes_only_when_something_was_learned():
    watched = world()
    for _ in range(24):
        before = {r.shipment.id: (r.updated_at, r.status, r.visible) for r in watched.records()}
        watched.clock.advance(hours=3)
        for record in watched.records():
            was = before.get(record.shipment.id)
            if was and was[0] == record.updated_at:
                assert was == (record.updated_at, record.status, record.visible)


def test_a_new_record_is_pending_until_the_first_refresh():
    growing = world()
    record = growing.add("HAND0001", "china-post")
    assert (record.status, record.updated_at) == (("pending", None), None)
    growing.clock.advance(hours=6)
    growing.records()
    assert record.status[0] != "pending"
    assert record.updated_at is not None


def test_what_the_service_finally_shows_agrees_with_the_truth():
    finished = world(1500)
    stories = {story["id"]: story for story in finished.shipments()}
    finished.clock.advance(days=400)
    shown = {record.shipment.id: record for record in finished.records()}
    header = {
        "delivered": {("delivered",)},
        "returned": {("exception", "exception010"), ("delivered", "delivered001")},
        "lost": {("exception", "exception007")},
        "expired": {("expired", "expired001")},
        "never_scanned": {("expired", "expired001")},
    }
    for identity, story in stories.items():
        record = shown[identity]
        assert record.visible == story["n_scans"]
        status = record.status[:1] if story["outcome"] == "delivered" else record.status
        assert status in header[story["outcome"]], story["outcome"]


def test_exits_are_the_last_physical_scans_or_30_days_after_for_the_expired():
    for record in world(1500).records():
        journey = record.shipment.journey
        physical = [scan.at for scan in journey.scans if scan.kind.physical]
        if journey.picked_up_at is None:
            assert (physical, journey.exit_at) == ([], None)
            continue
        assert journey.picked_up_at == physical[0]
        silence = 30 * 86400 if journey.outcome == "expired" else 0
        assert journey.exit_at == physical[-1] + silence


def test_truth_counts_are_those_of_its_shipments():
    somewhere = world(1500)
    truth, stories = somewhere.truth(), somewhere.shipments()
    now = NOW.isoformat()
    picked_up = [s for s in stories if s["picked_up_at_utc"] and s["picked_up_at_utc"] <= now]
    assert truth["all"]["n_registered"] == len(stories) == 1500
    assert truth["all"]["n_picked_up"] == len(picked_up)
    for outcome in ("delivered", "returned", "lost", "expired"):
        assert truth["all"][f"n_{outcome}"] == sum(s["outcome"] == outcome for s in picked_up)
    for name in ("n_registered", "n_picked_up", "n_lost"):
        assert sum(row[name] for row in truth["carriers"]) == truth["all"][name]
        assert sum(row[name] for row in truth["lanes"]) == truth["all"][name]
    troubled = sum(bool(s["exception_times"]) for s in picked_up)
    assert truth["all"]["exception_share"] == troubled / len(picked_up)
    by_now = sum(any(at <= now for at in s["exception_times"]) for s in picked_up)
    assert truth["all"]["exception_share_by_now"] == by_now / len(picked_up)


def test_truth_quantiles_count_all_picked_up_not_only_the_delivered():
    somewhere = world(1500)
    now = NOW.isoformat()
    stories = [s for s in somewhere.shipments() if s["picked_up_at_utc"] and s["picked_up_at_utc"] <= now]

    def days(story: dict[str, str]) -> float:
        start, end = (datetime.fromisoformat(story[key]) for key in ("picked_up_at_utc", "exit_at_utc"))
        return (end - start) / timedelta(days=1)

    delivered = [days(s) for s in stories if s["outcome"] == "delivered"]
    p50 = somewhere.truth()["all"]["p50"]
    assert sum(d <= p50 for d in delivered) / len(stories) >= 0.5
    assert sum(d < p50 for d in delivered) / len(stories) < 0.5


def test_a_quantile_that_too_few_reach_is_null():
    assert incidence_quantile([1.0, 2.0, 3.0], 4, 75) == 3.0
    assert incidence_quantile([1.0, 2.0, 3.0], 4, 76) is None
    assert incidence_quantile([], 0, 50) is None


def test_carriers_and_lanes_differ_in_speed_and_trouble(big):
    truth = big.truth()
    p50 = {row["courier_code"]: row["p50"] for row in truth["carriers"]}
    trouble = {row["courier_code"]: row["exception_share"] for row in truth["carriers"]}
    assert p50["china-post"] > 3 * p50["ups"]
    assert trouble["gls"] > 2 * trouble["amazon"]


def test_states_of_the_usa_are_mostly_of_one_zone_and_two_are_not():
    zones: dict[str | None, set[str]] = {}
    for place in BY_COUNTRY["US"]:
        zones.setdefault(place.state, set()).add(place.zone.key)
    assert {state for state, found in zones.items() if len(found) > 1} == {"TX", "TN"}
    assert all(place.country in BY_COUNTRY for place in PLACES)


def test_the_clock_runs_on_unless_frozen(monkeypatch):
    ticks = iter([100.0, 107.9, 107.9])
    monkeypatch.setattr("time.monotonic", lambda: next(ticks))
    running = Clock(NOW)
    assert running.now() == NOW + timedelta(seconds=7)


def test_the_clock_refuses_a_moment_without_zone():
    with pytest.raises(ValueError, match="zone"):
        Clock(NOW).set(datetime(2026, 1, 1))
    assert Clock(NOW, frozen=True).advance(days=-1, hours=2) == datetime(2026, 11, 20, 14, tzinfo=UTC)


def test_a_number_registered_again_is_another_record():
    growing = world(10)
    first = growing.add("HAND0001", "usps").shipment.id
    growing.delete(first)
    growing.clock.advance(seconds=1)
    assert growing.add("HAND0001", "usps").shipment.id != first
    assert growing.add().shipment.tracking_number != growing.add().shipment.tracking_number


def test_scans_by_hand_show_at_once_and_can_be_taken_back():
    somewhere = world(0)
    record = somewhere.add()
    somewhere.clock.advance(seconds=5)
    before = record.visible
    for number in (1, 2):
        somewhere.scan(record.shipment.id)
        assert record.visible == before + number
        assert record.updated_at == record.newest_at == somewhere.clock.epoch()
    somewhere.unscan(record.shipment.id)
    assert record.visible == before + 1
    for _ in range(3):
        somewhere.unscan(record.shipment.id)
    assert record.visible == 0
    assert [scan.at for scan in record.shipment.journey.scans] == sorted(
        scan.at for scan in record.shipment.journey.scans
    )


@pytest.mark.parametrize("change", ["scan", "unscan"])
def test_scans_of_a_record_that_does_not_exist_are_refused(change):
    with pytest.raises(KeyError, match="no record"):
        getattr(world(0), change)("nobody")
