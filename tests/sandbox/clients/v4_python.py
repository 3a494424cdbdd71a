"""Every call of trackingmore-sdk-python, printed as JSON."""

import json
import sys

import trackingmore

trackingmore.api_key = sys.argv[1]
tracking = trackingmore.tracking
created = tracking.create_tracking({"tracking_number": "HAND0001", "courier_code": "usps"})
identity = created["data"]["id"]
expired = tracking.get_tracking_results({"delivery_status": "expired", "items_amount": 1})["data"][0]["id"]
answers = {
    "couriers": trackingmore.courier.get_all_couriers(),
    "detect": trackingmore.courier.detect({"tracking_number": "9200000000000000000042"}),
    "create": created,
    "batch": tracking.batch_create_trackings([{"tracking_number": "HAND0002", "courier_code": "usps"}]),
    # This client does not encode its query, so the offset's plus arrives as a space.
    "list": tracking.get_tracking_results(
        {"created_date_min": "2026-11-01T00:00:00+00:00", "items_amount": 5, "pages_amount": 2}
    ),
    "update": tracking.update_tracking_by_id(identity, {"note": "handle with care"}),
    "retrack": tracking.retrack_tracking_by_id(expired),
    "delete": tracking.delete_tracking_by_id(identity),
    "awb": trackingmore.air_waybill.create_an_air_waybill({"awb_number": "235-69030430"}),
}
print(json.dumps(answers))
