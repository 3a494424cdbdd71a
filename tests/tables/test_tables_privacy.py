"""People and credentials stay out of the tables, wherever the service puts them."""

from __future__ import annotations

import json
import re

import hypothesis.strategies as st
import pytest
from hypothesis import given
from json_pairs import repeated
from table_examples import (
    LEGS,
    VERSIONS,
    decode,
    decode_all,
    decode_tolerantly,
    everything,
    extra_of,
    page_of,
    patiently,
    record,
    row,
    rows,
    with_scan,
    written,
)

from airflow_provider_trackingmore.tables.fields import FIELD_MAPS, Care
from airflow_provider_trackingmore.tables.privacy import is_personal, is_secret

every_version = pytest.mark.parametrize("version", VERSIONS)
PERSONAL = {
    "v2": ("customer_name", "customer_email", "customer_phone", "comment", "singed_by"),
    "v3": ("customer_name", "customer_email", "customer_phone", "note", "consignee", "Scheduled_Address"),
    "v4": ("customer_name", "customer_email", "customer_sms", "note", "signed_by", "scheduled_address"),
}
SECRETS = ("tracking_key", "tracking_account_number", "tracking_courier_account")
MARK, SECRET = "MARK-7f3a", "SECRET-9c1e"

# What other versions have, what sister services have, and what may come.
NEW_PERSONAL = {
    "customers": [{"role": "buyer", "name": MARK, "phone_number": MARK, "email": MARK, "language": MARK}],
    "recipient_name": MARK,
    "recipient": {"name": MARK, "deep": [{"deeper": MARK}]},
    "receiver": MARK,
    "consignee": MARK,
    "shipper_contact": MARK,
    "proof_of_delivery": {"signature": MARK, "image": MARK},
    "pod": MARK,
    "order_url": MARK,
    "order_id_path": MARK,
    "orderLink": MARK,
    "customerEmail": MARK,
    "EMAIL": MARK,
    "emails": [MARK],
    "subscribed_emails": [MARK],
    "smses": [MARK],
    "subscribed_smses": [MARK],
    "sms": MARK,
    "mobile_no": MARK,
    "telephone": MARK,
    "delivery_address": {"street_1": MARK, "line": MARK},
    "street": MARK,
    "firstName": MARK,
    "full_name": MARK,
    "signed_by": MARK,
    "singed_by": MARK,
    "signedBy": MARK,
    "received_by": MARK,
    "delivery_remark": MARK,
    "notes": MARK,
    "name": MARK,
    "surname": MARK,
    "given name": MARK,
    "Family-Name": MARK,
    "contactPerson": MARK,
    "signatory": MARK,
    "left_with": MARK,
    "handedOverTo": MARK,
    "neighbour": MARK,
    "photo": {"url": MARK},
    "gps": [MARK, MARK],
    "deliveryInstructions": MARK,
    "dateOfBirth": MARK,
    "passport_no": MARK,
    "taxId": MARK,
    "whatsapp": MARK,
    "tel": MARK,
    "gate_code": MARK,
}


def marked(version, where):
    """Return a record with marks in every personal and secret field, known and new."""
    one = record(version) | dict.fromkeys(PERSONAL[version], MARK) | dict.fromkeys(SECRETS, SECRET)
    if where == "record":
        one |= NEW_PERSONAL
    elif where == "nested":
        one["news"] = {"deep": [[NEW_PERSONAL | dict.fromkeys(SECRETS, SECRET)]]}
    elif where == "leg":
        one["origin_info"] |= NEW_PERSONAL | dict.fromkeys(SECRETS, SECRET)
    elif where == "scan":
        one["origin_info"]["trackinfo"][0] |= NEW_PERSONAL | dict.fromkeys(SECRETS, SECRET)
    return one


def odd(version, where):
    """Return records and scans that are set aside, with marks in them."""
    unnamed = marked(version, where) | {"id": None, "tracking_number": None}
    holder = record(version)
    holder["origin_info"]["trackinfo"] = {"0": NEW_PERSONAL, "1": dict.fromkeys(SECRETS, SECRET)}
    inside = record(version)
    inside["origin_info"]["trackinfo"] += [MARK, [MARK], json.dumps(NEW_PERSONAL)]
    return [unnamed, holder, inside, MARK, [MARK, NEW_PERSONAL], json.dumps({"customer_name": MARK})]


@every_version
@pytest.mark.parametrize("where", ["known", "record", "nested", "leg", "scan"])
def test_personal_data_is_nowhere_unless_asked_for(version, where):
    body = page_of(marked(version, where), record(version), version=version)
    assert MARK not in everything(decode(body, version))
    assert MARK in everything(decode(body, version, include_personal_data=True))


@every_version
@pytest.mark.parametrize("name", [*NEW_PERSONAL, "known"])
def test_each_personal_field_is_left_out_and_found_when_asked_for(version, name):
    fields = {name: NEW_PERSONAL[name]} if name in NEW_PERSONAL else dict.fromkeys(PERSONAL[version], MARK)
    clean = dict.fromkeys(PERSONAL[version])
    body = page_of(record(version) | clean | fields, version=version)
    assert MARK not in everything(decode(body, version))
    asked = row(decode(body, version, include_personal_data=True).trackings)
    assert json.loads(asked["extra"]) == fields


@every_version
def test_personal_data_asked_for_is_the_same_from_both_readers(monkeypatch, version):
    body = page_of(marked(version, "known") | dict.fromkeys(SECRETS, None), version=version)
    either = [
        decode(body, version, include_personal_data=True),
        decode_tolerantly(monkeypatch, body, version, include_personal_data=True),
    ]
    first, second = (json.loads(row(page.trackings)["extra"]) for page in either)
    assert first == second == dict.fromkeys(PERSONAL[version], MARK)


@every_version
@pytest.mark.parametrize("where", ["record", "nested", "leg", "scan"])
def test_personal_data_in_what_is_set_aside_is_nowhere_unless_asked_for(version, where):
    body = page_of(*odd(version, where), version=version)
    page = decode(body, version)
    assert page.rejected.num_rows == 8
    assert MARK not in everything(page)
    assert MARK in everything(decode(body, version, include_personal_data=True))
    assert all(one["raw_length"] > 0 and one["rejected_key"] and one["reason"] for one in rows(page.rejected))


@every_version
@pytest.mark.parametrize("include_personal_data", [False, True])
@pytest.mark.parametrize("where", ["known", "record", "nested", "leg", "scan"])
def test_the_credentials_that_the_service_echoes_are_nowhere(version, include_personal_data, where):
    body = page_of(marked(version, where), *odd(version, where), version=version)
    page = decode(body, version, include_personal_data=include_personal_data)
    assert SECRET not in everything(page)


@pytest.mark.parametrize("include_personal_data", [False, True])
def test_a_credential_of_the_wrong_type_or_inside_a_personal_field_is_nowhere(include_personal_data):
    nested = {"name": MARK, "tracking_key": SECRET}
    for fields in (
        {"tracking_key": [SECRET]},
        {"tracking_courier_account": {"number": SECRET}},
        {"customer_name": nested},
        {"customer_email": [nested]},
        {"title": nested},
        {"Tracking_Account_Number": SECRET},
        {"trackingKey": SECRET},
    ):
        page = decode(page_of(record(**fields)), include_personal_data=include_personal_data)
        assert SECRET not in everything(page)


@pytest.mark.parametrize(
    "name",
    ["trackingKey", "API-Key", "accessToken", "Authorization", "client secret", "passwd", "pwd", "cookie"],
)
def test_a_new_credential_is_nowhere_however_it_is_written(name):
    page = decode(page_of(record(**{name: SECRET, "deep": [{name: SECRET}]})), include_personal_data=True)
    assert SECRET not in everything(page)


def test_json_inside_a_text_is_cleaned_like_what_surrounds_it():
    inner = {"customer_name": MARK, "tracking_key": SECRET, "kept": [1, "ü"]}
    texts = {
        "title": json.dumps(inner),
        "order_id": json.dumps([inner]),
        "label": json.dumps({"x": json.dumps(inner)}),
        "weight": f'{{"twice": {json.dumps(inner)}, "twice": 1}}',
    }
    untouched = {"dimension": "{no json}", "order_number": '{"kept":   1}', "service_code": "[1, 2"}
    nameless = record(**texts, **untouched, id=None, payload=json.dumps(inner))
    raw = json.loads(row(decode(page_of(nameless)).rejected)["raw_json"])
    assert MARK not in json.dumps(raw)
    assert SECRET not in json.dumps(raw)
    assert json.loads(raw["title"]) == {"kept": [1, "ü"]}
    assert {name: raw[name] for name in untouched} == untouched
    asked = everything(decode_all(page_of(nameless)))
    assert MARK in asked
    assert SECRET not in asked


def test_a_text_that_is_nested_too_deeply_to_look_into_is_withheld():
    deep = "[" * 2000 + json.dumps({"tracking_key": SECRET}) + "]" * 2000
    body = page_of(record(news=deep))
    for page in (decode(body), decode_all(body)):
        assert extra_of(row(page.trackings))["news"] == f"withheld: text of {len(deep)} characters"


@every_version
def test_a_personal_field_of_the_wrong_type_is_nowhere_unless_asked_for(version):
    for value in ([MARK], {"a": MARK}, [[{"b": MARK}]]):
        fields = dict.fromkeys(PERSONAL[version], value)
        body = page_of(record(version, **fields), version=version)
        assert MARK not in everything(decode(body, version))
        assert MARK in everything(decode(body, version, include_personal_data=True))


def test_postcodes_carrier_texts_and_the_phones_of_couriers_stay():
    one = record(recipient_postcode="PC-1", tracking_postal_code="PC-2", status_info="TEXT-1", title="TEXT-2")
    one["origin_info"] |= {"courier_phone": "PHONE-1", "reference_number": "REF-1"}
    one["origin_info"]["trackinfo"][0] |= {
        "zip": "PC-3",
        "tracking_detail": "TEXT-3 signed by M EXAMPLE",
        "location": "TEXT-4",
    }
    kept = everything(decode(page_of(one)))
    for text in (
        "PC-1",
        "PC-2",
        "PC-3",
        "TEXT-1",
        "TEXT-2",
        "TEXT-3 signed by M EXAMPLE",
        "TEXT-4",
        "PHONE-1",
        "REF-1",
    ):
        assert text in kept  # fmt: skip
    v2 = record("v2")
    v2["origin_info"]["phone"] = "PHONE-2"
    assert "PHONE-2" in everything(decode(page_of(v2, version="v2"), "v2"))


@pytest.mark.parametrize(
    "name",
    ["postcode", "recipient_postal_code", "customer_postcode", "destination_zip", "recipient_country",
     "courier_phone", "customs_status", "delivery_type", "footnote_id", "received_date",
     "courier_name", "service_name", "signed", "delivered_at", "latest_status",
     "taxes", "telemetry", "longest_side"],
)  # fmt: skip
def test_new_fields_that_name_nobody_stay_in_extra(name):
    page = decode(page_of(record(**{name: 7})))
    assert extra_of(row(page.trackings)) == {name: 7}


@pytest.mark.parametrize("fields", FIELD_MAPS.values(), ids=lambda fields: fields.version)
def test_the_names_of_the_field_maps_agree_with_the_rules_for_unknown_names(fields):
    for one in fields.record:
        assert is_secret(one.path[-1]) == (one.care is Care.SECRET)
        assert is_personal(one.path[-1]) == (one.care is Care.PERSONAL)
    for one in (*fields.leg, *fields.checkpoint):
        assert not is_secret(one.path[-1])
        # The couriers' own, where its place says so.
        if one.column != "courier_phone":
            assert is_personal(one.path[-1]) == (one.care is Care.PERSONAL)
    for name in (*LEGS, fields.checkpoints_name, "milestone_date"):
        assert not is_secret(name)
        assert not is_personal(name)


# What says by no name that it is a person's.
UNNAMED = {
    "delivery_name": "Zwetla Doe",
    "shipping_name": "Zwetla",
    "line1": "5 Zwetla St",
    "attention": "zwetla77",
    "accepted_by": "ZWETLA",
    "mail": "zwetla@example.org",
    "custom_9": "doe.zwetla@example.org",
    "tags": ["Zwetla", "call +1 555 0100"],
    "tracking_link": "https://example.org/Zwetla-Doe?to=Zwetla",
    "iban": "DE89370400440532013000",
    "payload": '{"kept": "Zwetla"}',
    "custom_fields": {"gift_for": ["Zwetla"], "deeper": [{"and": {"deeper": "Zwetla"}}]},
    "caller": 4915112345678,
    "x": 52.5200081,
    "born": "1984-03-07",
}
PERSONS = re.compile("zwetla|555 0100|de8937|4915112345678|52.520|1984-03-07", re.IGNORECASE)


def places(version, fields):
    """Yield records in which these unknown fields stand, each at another place."""
    odd_leg = record(version)
    odd_leg["origin_info"] |= fields
    unnamed = record(version) | fields | {"id": None, "tracking_number": None, "ship_to": fields}
    yield record(version) | fields
    yield record(version) | {"ship_to": fields, "billing": [[fields]], "_repeated": fields}
    yield odd_leg
    yield with_scan(version, **fields)
    yield with_scan(version, news=fields) | {"id": None, "tracking_number": None}
    yield unnamed
    for name, value in fields.items():
        yield record(version) | {"origin_info": value, "destination_info": [{"trackinfo": [value]}]}
        yield record(version) | {"title": [value], "weight": {name: value}, "pieces": {"0": value}}
        yield repeated(record(version), "news", value, {name: value})


@every_version
@pytest.mark.parametrize("name", UNNAMED)
def test_a_person_in_an_unknown_field_is_nowhere_unless_asked_for(version, name):
    for one in places(version, {name: UNNAMED[name]}):
        body = written(one, version=version)
        assert not PERSONS.search(everything(decode(body, version)))
        assert PERSONS.search(everything(decode_all(body, version)))


wild_values = st.recursive(
    st.text() | st.integers(min_value=10**6) | st.emails(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)


def shapes(value):
    """Return what may be left of an unknown value: lists and objects of marks, dates and blanks."""
    if isinstance(value, dict):
        return all(shapes(inner) for inner in value.values())
    if isinstance(value, list):
        return all(map(shapes, value))
    return value.startswith("withheld: ") or not value.strip() or value[:2] == "20"


@patiently
@given(wild_values)
def test_of_an_unknown_value_only_its_shape_is_left(value):
    page = decode(page_of(record(news=value), with_scan(news=value), record(news=value, id=None)))
    extras = [json.loads(text) for text in page.trackings["extra"].drop_null().to_pylist()]
    extras += [json.loads(text) for text in page.checkpoints["extra"].drop_null().to_pylist()]
    assert shapes([one["news"] for one in extras])
    assert shapes(json.loads(row(page.rejected)["raw_json"])["news"])


@pytest.mark.parametrize(
    "value",
    [
        None,
        True,
        0,
        -999999,
        12.5,
        "",
        " ",
        "2026-11-22",
        "2026-11-22T08:15:00+01:00",
        "2026-11-22 08:15:00.5Z",
    ],
)
def test_what_cannot_be_a_persons_stays_in_an_unknown_field(value):
    tracking = row(decode(page_of(record(news={"deep": [value]}))).trackings)
    assert extra_of(tracking) == {"news": {"deep": [value]}}


@pytest.mark.parametrize(
    ("value", "mark"),
    [
        ("Jane Doe", "withheld: text of 8 characters"),
        ("0151-23-45", "withheld: text of 10 characters"),
        (5550100, "withheld: number of 7 digits"),
        (48.13743, "withheld: number of 7 digits"),
    ],
)
def test_what_is_withheld_says_so(value, mark):
    assert extra_of(row(decode(page_of(record(news=value))).trackings)) == {"news": mark}


@pytest.mark.parametrize(
    "name", ["jane@example.org", "Jane Doe", "+1 555 0100", "4915112345678", "王小明", "x" * 61]
)
def test_a_name_that_is_none_of_a_field_is_withheld_and_its_value_counted(name):
    person = {name: 1, name[::-1] + "!": 2}
    for one in (record(**person), record(news=person), with_scan(news=[person]), record(**person, id=None)):
        kept = everything(decode(page_of(one)))
        assert name not in kept
        assert name[::-1] not in kept
        assert name in everything(decode_all(page_of(one)))
    extra = extra_of(row(decode(page_of(record(news=person))).trackings))["news"]
    assert sorted(extra.values()) == [1, 2]


def test_what_the_field_map_knows_stays_in_a_rejected_record_and_in_an_odd_leg():
    one = record(id=None, title="Blue mug")
    known = json.loads(row(decode(page_of(one)).rejected)["raw_json"])
    names = set(PERSONAL["v4"]) | set(SECRETS)
    assert known == {name: value for name, value in one.items() if name not in names}
    leg = {"courier_phone": "1800111", "weblink": "https://example.org", "news": "Jane Doe"}
    extra = extra_of(row(decode(page_of(record(origin_info=[leg]))).trackings))
    assert extra == {"origin_info": [leg | {"news": "withheld: text of 8 characters"}]}


def test_an_earlier_value_is_kept_where_it_fits_its_field_and_withheld_where_not():
    one = repeated(record(title="Blue mug"), "title", "Red mug", ["Jane Doe"])
    assert extra_of(row(decode(written(one)).trackings)) == {
        "_repeated": {"title": ["Red mug", ["withheld: text of 8 characters"]]}
    }


def test_the_phone_of_a_courier_stays_in_its_leg_and_any_other_is_left_out():
    one = record("v2") | {"phone": MARK, "ship_to": {"phone": MARK}}
    one["origin_info"]["phone"] = "1800-COURIER"
    kept = everything(decode(page_of(one, one | {"id": None}, version="v2"), "v2"))
    assert kept.count("1800-COURIER") == 2
    assert MARK not in kept
