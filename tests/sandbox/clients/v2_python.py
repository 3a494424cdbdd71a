"""Every call of the trackingmore package, printed as JSON."""

import json
import sys

from trackingmore import trackingmore as client

client.set_api_key(sys.argv[1])
one = client.create_tracking_data("usps", "HAND0001", customer_email="mara.example@example.com")
two = client.create_tracking_data("usps", "HAND0002")
answers = {"create": client.create_tracking_item(one)}
try:
    client.create_tracking_item(one)
except client.TrackingMoreAPIException as refusal:
    answers["again"] = refusal.err_code
answers |= {
    "batch": client.create_tracking_items_batch([one, two]),
    "list": client.get_all_trackings(),
    "get": client.get_tracking_item("usps", "HAND0001"),
    "update": client.update_tracking_item(dict(one, title="new")),
    "realtime": client.realtime_tracking(two),
    "detect": client.detect_carrier_from_code("9200000000000000000042"),
    "delete": client.delete_tracking_item("usps", "HAND0001"),
}
print(json.dumps(answers))
