"""People and credentials stay out of the tables, wherever the service puts them."""

from __future__ import annotations

import json

import pytest
from table_examples import LEGS, VERSIONS, decode, decode_tolerantly, everything, page_of, record, row, rows

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
        "payload": json.dumps(inner),
        "list": json.dumps([inner]),
        "twice": json.dumps({"x": json.dumps(inner)}),
    }
    untouched = {"a": "{no json}", "b": '{"kept":   1}', "c": "[1, 2", "d": "[" * 2000}
    page = decode(page_of(record(**texts, **untouched)))
    assert MARK not in everything(page)
    assert SECRET not in everything(page)
    extra = json.loads(row(page.trackings)["extra"])
    assert json.loads(extra["payload"]) == {"kept": [1, "ü"]}
    assert {name: extra[name] for name in untouched} == untouched
    asked = everything(decode(page_of(record(**texts)), include_personal_data=True))
    assert MARK in asked
    assert SECRET not in asked


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
     "courier_phone", "phone", "customs_status", "delivery_type", "footnote_id", "received_date",
     "courier_name", "service_name", "signed", "delivered_at", "latest_status",
     "taxes", "telemetry", "longest_side"],
)  # fmt: skip
def test_new_fields_that_name_nobody_stay_in_extra(name):
    page = decode(page_of(record(**{name: "here"})))
    assert json.loads(row(page.trackings)["extra"]) == {name: "here"}


@pytest.mark.parametrize("fields", FIELD_MAPS.values(), ids=lambda fields: fields.version)
def test_the_names_of_the_field_maps_agree_with_the_rules_for_unknown_names(fields):
    for one in fields.record:
        assert is_secret(one.path[-1]) == (one.care is Care.SECRET)
        assert is_personal(one.path[-1]) == (one.care is Care.PERSONAL)
    for one in (*fields.leg, *fields.checkpoint):
        assert not is_secret(one.path[-1])
        assert is_personal(one.path[-1]) == (one.care is Care.PERSONAL)
    for name in (*LEGS, fields.checkpoints_name, "milestone_date"):
        assert not is_secret(name)
        assert not is_personal(name)
