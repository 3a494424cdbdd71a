"""Irregularities and faults: each switch changes what it says, each fault breaks what it names."""

from __future__ import annotations

import itertools
import json
import time

import pytest
import requests
from sandbox_caller import LISTS, VERSIONS, code_of, items_of, rows_of

from airflow_provider_trackingmore.sandbox.faults import KINDS

DAYS = {"v2": "Date", "v3": "checkpoint_date", "v4": "checkpoint_date"}


class TestSeenInRealPayloads:
    """On by default, and gone when switched off."""

    def test_v2_has_null_trackinfo_and_null_or_absent_sides(self, box, call):
        box.world.add()
        items = call.walk("v2")
        assert any(item["origin_info"] is None for item in items)
        assert any(item["origin_info"] and item["origin_info"]["trackinfo"] is None for item in items)
        assert any("destination_info" not in item for item in items)
        box.switches.update({"null_trackinfo": False, "absent_destination_info": False})
        for item in call.walk("v2"):
            assert isinstance(item["origin_info"]["trackinfo"], list)
            assert isinstance(item["destination_info"]["trackinfo"], list)

    def test_v2_has_three_ways_of_saying_not_set(self, box, call):
        names = {json.dumps(item["customer_name"]) for item in call.walk("v2")}
        assert {"null", '""', '"null"'} < names
        box.switches.mixed_unset = False
        assert "null" not in {item["customer_name"] for item in call.walk("v2")}

    def test_v2_emails_are_sometimes_lists(self, box, call):
        assert {type(item["customer_email"]) for item in call.walk("v2")} >= {list, str}
        box.switches.email_lists = False
        assert list not in {type(item["customer_email"]) for item in call.walk("v2")}

    @pytest.mark.parametrize("version", VERSIONS)
    def test_rows_share_times_unless_switched_off(self, box, call, version):
        box.switches.duplicate_rows = False

        def ties() -> int:
            sides = [
                [row[DAYS[version]] for row in (item.get(side) or {}).get("trackinfo") or []]
                for item in call.walk(version)
                for side in ("origin_info", "destination_info")
            ]
            return sum(a == b for times in sides for a, b in itertools.pairwise(times))

        before = ties()
        box.switches.equal_times = False
        assert before > 10 * (ties() or 0.1)

    @pytest.mark.parametrize("version", VERSIONS)
    def test_some_rows_come_twice(self, box, call, version):
        def twins() -> int:
            lists = [[json.dumps(row) for row in rows_of(item)] for item in call.walk(version)]
            return sum(len(rows) - len(set(rows)) for rows in lists)

        box.switches.both_legs = False
        assert twins() > 20
        box.switches.duplicate_rows = False
        assert twins() == 0

    def test_both_legs_repeat_some_scans(self, box, call):
        def shared() -> int:
            both = 0
            for item in call.walk("v4"):
                sides = [
                    {row["checkpoint_date"] for row in item[side]["trackinfo"]}
                    for side in ("origin_info", "destination_info")
                ]
                both += bool(sides[0] & sides[1])
            return both

        assert shared() > 10
        box.switches.both_legs = False
        assert shared() == 0

    def test_label_rows_disagree_with_themselves_on_v3(self, box, call):
        def labels() -> set[tuple[str, str]]:
            rows = [row for item in call.walk("v3") for row in rows_of(item)]
            pairs = {(r["checkpoint_delivery_status"], r["checkpoint_delivery_substatus"]) for r in rows}
            return {pair for pair in pairs if pair[1].startswith("notfound")}

        assert labels() == {("transit", "notfound001")}
        box.switches.disagreeing_labels = False
        assert labels() == {("inforeceived", "notfound001")}

    @pytest.mark.parametrize("version", VERSIONS)
    def test_texts_of_some_carriers_are_not_ascii(self, box, call, version):
        def texts() -> str:
            return json.dumps([rows_of(item) for item in call.walk(version)], ensure_ascii=False)

        assert not texts().isascii()
        box.switches.non_ascii = False
        assert texts().isascii()

    def test_keys_of_rows_come_in_different_orders(self, box, call):
        def orders() -> int:
            return len({tuple(row) for item in call.walk("v4") for row in rows_of(item)})

        assert orders() == 2
        box.switches.shuffled_keys = False
        assert orders() == 1

    def test_older_v4_records_lack_keys_that_came_later(self, box, call):
        items = call.walk("v4")
        lacking = [item["created_at"] for item in items if "label" not in item]
        assert lacking
        assert max(lacking) < "2026-09-23"
        box.switches.absent_optional_keys = False
        assert all("label" in item and "recipient_postcode" in item for item in call.walk("v4"))

    def test_pieces_are_whole_numbers_or_text(self, box, call):
        assert {type(item["pieces"]) for item in call.walk("v4")} == {int, type(None)}
        box.switches.pieces_as_int = False
        assert {type(item["pieces"]) for item in call.walk("v4")} == {str, type(None)}

    def test_numbers_with_leading_zeros_stay_text(self, call):
        numbers = [item["tracking_number"] for item in call.walk("v4", courier_code="gls")]
        assert numbers
        assert all(number.startswith("00") for number in numbers)


class TestDrift:
    """Off by default."""

    @pytest.mark.parametrize("version", VERSIONS)
    def test_unknown_keys_appear_at_every_level(self, box, call, version):
        box.switches.extra_keys = True
        document = call.page(version).json()
        item = call.items(version, size=1, **_delivered(version))[0]
        assert "new_key" in document
        assert "new_key" in item
        assert "new_key" in item["origin_info"]
        assert "new_key" in rows_of(item)[0]

    def test_unknown_and_oddly_written_statuses_appear(self, box, call):
        before = json.dumps(call.walk("v4"))
        box.switches.odd_statuses = True
        after = json.dumps(call.walk("v4"))
        for word in ("InfoReceived", "PickUp", "exception0011"):
            assert word not in before
            assert word in after
        assert "InfoReceived" in {item["delivery_status"] for item in call.walk("v4")}

    def test_numbers_become_text_and_text_becomes_numbers(self, box, call):
        box.switches.numbers_as_text = True
        assert {type(item["transit_time"]) for item in call.walk("v4")} == {str}
        box.switches.update({"numbers_as_text": False, "texts_as_numbers": True})
        assert type(call.page("v2").json()["data"]["total"]) is int
        assert all(type(item["tracking_number"]) is str for item in call.walk("v2"))

    def test_v4_items_can_hide_under_success(self, box, call):
        plain = call.items("v4")
        box.switches.success_rejected = True
        assert call.page("v4").json()["data"] == {"success": plain, "rejected": []}

    def test_unused_sides_can_be_lists(self, box, call):
        box.switches.list_for_empty_object = True
        assert any(item["destination_info"] == [] for item in call.items("v4"))

    def test_texts_can_hold_markup_commas_and_line_breaks(self, box, call):
        box.switches.messy_texts = True
        text = rows_of(call.items("v4", size=1, **_delivered("v4"))[0])[0]["tracking_detail"]
        assert "<b>" in text
        assert "\n" in text
        assert "," in text

    @pytest.mark.parametrize("version", VERSIONS)
    def test_pages_can_begin_with_the_last_record_of_the_page_before(self, box, call, version):
        box.switches.repeated_ids = True
        first, second, third = ([item["id"] for item in call.items(version, n, 10)] for n in (1, 2, 3))
        assert (second[0], third[0]) == (first[-1], second[-1])
        assert len({item["id"] for item in call.walk(version, 10)}) == 240

    def test_records_can_change_between_pages(self, box, call):
        box.switches.changing_between_pages = True
        ids = [item["id"] for item in call.walk("v4", 50)]
        assert len(ids) > len(set(ids))

    def test_record_times_of_v2_can_be_told_in_chinese_time(self, box, call):
        utc = call.items("v2", size=1)[0]["created_at"]
        box.switches.china_record_times = True
        shifted = call.items("v2", size=1)[0]["created_at"]
        assert (utc[-6:], shifted[-6:]) == ("+00:00", "+08:00")


class TestFaults:
    """Each breaks exactly the requests it was queued for."""

    @pytest.mark.parametrize("version", VERSIONS)
    @pytest.mark.parametrize(
        ("kind", "http_status"),
        [("http_429", 429), ("body_429", 200), ("http_500", 500), ("http_502", 502), ("http_503", 503)],
    )
    def test_json_errors_carry_the_versions_body(self, box, call, version, kind, http_status):
        box.faults.add(kind)
        answer = call.page(version)
        server = 500 if version == "v2" else 511
        assert (answer.status_code, code_of(answer)) == (http_status, 429 if "429" in kind else server)
        assert code_of(call.page(version)) == 200

    @pytest.mark.parametrize(
        ("kind", "http_status"), [("html_502", 502), ("html_503", 503), ("html_200", 200)]
    )
    def test_html_pages_are_not_json(self, box, call, kind, http_status):
        box.faults.add(kind)
        answer = call.page("v4")
        assert (answer.status_code, answer.headers["Content-Type"][:9]) == (http_status, "text/html")
        with pytest.raises(requests.JSONDecodeError):
            answer.json()

    def test_truncated_json_arrives_whole_but_cannot_be_read(self, box, call):
        box.faults.add("truncated")
        answer = call.page("v4")
        assert answer.status_code == 200
        with pytest.raises(requests.JSONDecodeError):
            answer.json()

    @pytest.mark.parametrize("encoding", ["identity", "gzip"])
    def test_a_short_body_ends_before_its_length(self, box, call, encoding):
        box.faults.add("short_body")
        headers = {"Tracking-Api-Key": box.key, "Accept-Encoding": encoding}
        with pytest.raises((requests.ConnectionError, requests.exceptions.ChunkedEncodingError)):
            call("GET", LISTS["v4"], headers=headers)

    def test_a_dropped_connection_gives_no_answer(self, box, call):
        box.faults.add("dropped")
        with pytest.raises(requests.ConnectionError):
            call.page("v4")
        assert code_of(call.page("v4")) == 200

    def test_a_slow_answer_is_right_but_late(self, box, call):
        box.faults.add("slow", seconds=0.2)
        started = time.monotonic()
        assert code_of(call.page("v4")) == 200
        assert time.monotonic() - started >= 0.2

    def test_an_empty_body_is_empty(self, box, call):
        box.faults.add("empty_body")
        answer = call.page("v4")
        assert (answer.status_code, answer.content) == (200, b"")

    def test_a_redirect_points_to_another_host(self, box, call):
        box.faults.add("redirect")
        answer = call.page("v4")
        assert (answer.status_code, answer.headers["Location"]) == (302, "https://elsewhere.example/")

    def test_faults_hit_their_route_after_good_answers_and_only_so_often(self, box, call):
        box.faults.add("http_500", route="list", version="v4", after=2, times=2)
        assert call("GET", "/v4/couriers/all").status_code == 200
        assert call.page("v3").status_code == 200
        assert [call.page("v4").status_code for _ in range(5)] == [200, 200, 500, 500, 200]

    def test_a_fault_without_number_lasts_until_cleared(self, box, call):
        box.faults.add("http_503", times=None)
        assert {call.page("v2").status_code for _ in range(5)} == {503}
        box.faults.clear()
        assert call.page("v2").status_code == 200

    def test_a_broken_write_changes_nothing(self, box, call):
        for kind in set(KINDS) - {"truncated", "short_body", "slow", "dropped"}:
            box.faults.add(kind)
            call("POST", "/v4/trackings/create", body={"tracking_number": "HAND1", "courier_code": "usps"})
        assert len(box.world.records()) == 240

    def test_the_log_names_the_fault(self, box, call):
        box.faults.add("http_500")
        call.page("v4")
        assert box.requests[0].fault == "http_500"


def _delivered(version: str) -> dict[str, str]:
    return {"status" if version == "v2" else "delivery_status": "delivered"}


class TestEditedAnswers:
    """A hook may replace the body of any answer, and of nothing else."""

    @pytest.mark.parametrize("version", VERSIONS)
    def test_what_the_hook_returns_goes_out(self, box, call, version):
        seen = []

        def edit(route, name, body):
            seen.append((route, name, len(items_of(json.loads(body)))))
            return b"<html>not the service</html>"

        box.edit_answer = edit
        reply = call.page(version, size=3)
        assert (reply.text, reply.status_code) == ("<html>not the service</html>", 200)
        assert seen == [("list", version, 3)]
        box.edit_answer = None
        assert call.walk(version)

    def test_gateway_pages_pass_through_it_and_faults_spoil_what_it_returns(self, box, call):
        box.edit_answer = lambda route, version, body: body.replace(b"Gateway", b"Edited")
        box.faults.add("html_502")
        assert "Edited trouble" in call.page("v4").text
        box.edit_answer = lambda route, version, body: b"0123456789"
        box.faults.add("truncated")
        assert call.page("v4").text == "01234"
