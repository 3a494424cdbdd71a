"""Every call of aftership-tracking-sdk's own introduction, of whatever version, printed as JSON.

Usage: ``python aftership_python.py KEY URL [AUTHENTICATION SECRET]``. What a version lacks is left out.
Without signatures, which not every version makes right for queries, every tracking is read as well.
"""

import json
import sys
from datetime import UTC, datetime, timedelta

import tracking

key, url, *signing = sys.argv[1:]
settings = {"authentication_type": signing[0], "api_secret": signing[1]} if signing else {}
sdk = tracking.Client(tracking.Configuration(api_key=key, domain=url, max_retry=0, **settings))
NUMBER = "9200000000000000000042"
answers = {}


def call(area, name, *args, **query):
    """Make one call, if this version has it, and keep its answer under the name it goes by."""
    method = getattr(getattr(sdk, area, None), name, None)
    if method is None:
        return None
    result = method(*args, **query)
    answers[f"{area}.{name}"] = json.loads(result.model_dump_json())
    return getattr(result, "data", result)


def body(*names, **values):
    """Return a body of the first model there is, filled as the introduction fills it."""
    model = next((getattr(tracking, name)() for name in names if hasattr(tracking, name)), None)
    for name, value in values.items() if model else ():
        setattr(model, name, value)
    return model


def prediction(model):
    """Return a delivery to be estimated."""
    place = {"country": "USA", "country_region": "USA", "state": "OH"}
    ends = {"origin_address": place, "destination_address": place}
    return model.from_dict({"slug": "usps", "pickup_time": "2026-11-23 15:00:00", **ends})


created = call(
    "tracking",
    "create_tracking",
    body("CreateTrackingRequest", "TrackingCreateTrackingRequest", tracking_number="HAND0001", slug="usps"),
)
identity = created.id
call("tracking", "get_trackings", keyword="hand")
call("tracking", "get_tracking_by_id", identity)
note = body("UpdateTrackingByIdRequest", "TrackingUpdateTrackingByIdRequest", note="test")
call("tracking", "update_tracking_by_id", identity, note)
call("last_checkpoint", "get_checkpoint_by_tracking_id", identity)
contacts = body("NotificationRequestV1", emails=["test@example.com"])
call("notification", "add_notification_by_tracking_id", identity, contacts)
call("notification", "get_notification_by_tracking_id", identity)
call("notification", "delete_notification_by_tracking_id", identity, contacts)
done = body("MarkTrackingCompletedByIdRequest", reason="DELIVERED")
call("tracking", "mark_tracking_completed_by_id", identity, done)
call("tracking", "retrack_tracking_by_id", identity)
call("tracking", "delete_tracking_by_id", identity)
call("courier", "get_user_couriers")
call("courier", "get_all_couriers")
call("courier", "get_couriers")
detect = body("DetectCourierRequest", "TrackingDetectCourierRequest", tracking_number=NUMBER)
call("courier", "detect_courier", detect)
credentials = {"client_id": "a", "client_secret": "b"}
connection = body("PostCourierConnectionsRequest", courier_slug="amazon", credentials=credentials)
made = call("courier_connection", "post_courier_connections", connection)
if made:
    changed = body("PutCourierConnectionsByIdRequest", credentials=credentials)
    call("courier_connection", "get_courier_connections")
    call("courier_connection", "get_courier_connections_by_id", made.id)
    call("courier_connection", "put_courier_connections_by_id", made.id, changed)
    call("courier_connection", "delete_courier_connections_by_id", made.id)
item = tracking.EstimatedDeliveryDateRequest
call("estimated_delivery_date", "predict", prediction(getattr(tracking, "PredictRequest", item)))
batch = body("PredictBatchRequest", estimated_delivery_dates=[prediction(item)])
call("estimated_delivery_date", "predict_batch", batch)


def everything():
    """Return every tracking, page by page."""
    found, step = [], {}
    begin = (datetime.now(UTC) - timedelta(days=120)).isoformat(timespec="seconds")
    while True:
        answer = sdk.tracking.get_trackings(created_at_min=begin, limit=100, **step)
        page = getattr(answer, "data", answer)
        found += [json.loads(item.model_dump_json()) for item in page.trackings]
        end = page.pagination
        if hasattr(end, "page"):
            more, step = end.page * end.limit < end.total, {"page": end.page + 1}
        else:
            more, step = end.has_next_page, {"cursor": end.next_cursor}
        if not more:
            return found


print(json.dumps({"answers": answers, "everything": [] if signing else everything()}))
