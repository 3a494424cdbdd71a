"""Every call of trackingmore-api-tool, printed as JSON."""

import json
import sys

from trackingmore import TrackingMore

client = TrackingMore(sys.argv[1])
number = "9200000000000000000042"
answers = {
    "carriers": client.get_carriers(),
    "detect": client.detect_carrier(number),
    "track": client.track_shipment(number),
    "track_with_carrier": client.track_shipment(number, "usps"),
}
print(json.dumps(answers))
