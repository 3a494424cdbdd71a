"""How far an account has been read, and under which label."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from factories import record
from loading import ACCOUNT, load, rows

from airflow_provider_trackingmore.exceptions import ConfigurationError
from airflow_provider_trackingmore.store.state import LOOK_BACK, Account, read_state
from airflow_provider_trackingmore.store.warehouse import open_warehouse


def day(number: int) -> datetime:
    return datetime(2026, 11, number, tzinfo=UTC)


def watermark(warehouse: str) -> datetime | None:
    with open_warehouse(warehouse) as connection:
        return read_state(connection, ACCOUNT).watermark


def test_an_empty_warehouse_has_no_watermark(warehouse):
    assert watermark(warehouse) is None


def test_the_watermark_is_the_end_of_the_last_complete_window(warehouse):
    load(warehouse, [record("a")], last=day(1))
    load(warehouse, [record("a")], first=day(1) - LOOK_BACK, last=day(3))
    assert watermark(warehouse) == day(3)


def test_a_window_that_leaves_out_what_was_shown_late_moves_neither_the_watermark_nor_the_models(warehouse):
    from airflow_provider_trackingmore.store import run_models

    load(warehouse, [record("a")], last=day(1))
    load(warehouse, [record("a")], first=day(1) - LOOK_BACK + timedelta(seconds=1), last=day(3))
    assert watermark(warehouse) == day(1)
    run_models(warehouse)
    assert rows(warehouse, "SELECT as_of_utc FROM int_as_of") == [(day(1).replace(tzinfo=None),)]


def test_everything_read_again_starts_the_chain_anew_in_the_watermark_and_the_models(warehouse):
    from airflow_provider_trackingmore.store import run_models

    load(warehouse, [record("a")], last=day(1))
    load(warehouse, [record("a")], first=day(1) - LOOK_BACK, last=datetime(2099, 1, 1, tzinfo=UTC))
    load(warehouse, [record("a")], first=None, last=day(3))
    load(warehouse, [record("a")], first=day(3) - LOOK_BACK, last=day(4))
    assert watermark(warehouse) == day(4)
    run_models(warehouse)
    assert rows(warehouse, "SELECT as_of_utc FROM int_as_of") == [(day(4).replace(tzinfo=None),)]


def test_an_incomplete_window_does_not_move_the_watermark(warehouse):
    load(warehouse, [record("a")], last=day(1))
    load(warehouse, [record("b")], first=day(1), last=day(3), complete=False)
    assert watermark(warehouse) == day(1)
    assert rows(warehouse, "SELECT count(*) FROM trackings") == [(2,)]


def test_a_back_fill_never_moves_the_watermark_backwards(warehouse):
    load(warehouse, [record("a")], last=day(9))
    load(warehouse, [record("a")], first=day(1), last=day(3))
    assert watermark(warehouse) == day(9)


def test_a_window_beyond_a_gap_does_not_count_until_the_gap_is_filled(warehouse):
    load(warehouse, [record("a")], last=day(1))
    load(warehouse, [record("a")], first=day(5), last=day(7))
    assert watermark(warehouse) == day(1)
    load(warehouse, [record("a")], first=day(1) - LOOK_BACK, last=day(5) + LOOK_BACK)
    assert watermark(warehouse) == day(7)


def test_a_window_read_before_everything_else_starts_no_chain(warehouse):
    load(warehouse, [record("a")], first=day(1), last=day(3))
    assert watermark(warehouse) is None
    load(warehouse, [record("a")], first=None, last=day(5))
    assert watermark(warehouse) == day(5)


def test_the_models_end_where_the_unbroken_chain_of_windows_ends(warehouse):
    from airflow_provider_trackingmore.store import run_models

    for window in ({"last": day(3)}, {"first": day(2), "last": day(5)}, {"first": day(8), "last": day(9)}):
        load(warehouse, [record("a")], **window)
    run_models(warehouse)
    assert rows(warehouse, "SELECT as_of_utc FROM int_as_of") == [(day(5).replace(tzinfo=None),)]


def test_the_same_key_under_another_label_is_refused_with_the_label_to_use(warehouse):
    load(warehouse, [record("a")])
    other = Account("trackingmore", "second", "v4", ACCOUNT.key_fingerprint)
    with (
        open_warehouse(warehouse) as connection,
        pytest.raises(ConfigurationError, match="set account to 'default'"),
    ):
        read_state(connection, other)


def test_a_new_key_under_the_same_label_is_a_rotated_key(warehouse):
    load(warehouse, [record("a")], last=day(1))
    rotated = Account("trackingmore", "default", "v4", "another fingerprint")
    with open_warehouse(warehouse) as connection:
        assert read_state(connection, rotated).watermark == day(1)
