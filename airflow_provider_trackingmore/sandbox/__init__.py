"""A faithful local stand-in for two HTTP services over one world of parcels.

TrackingMore, versions 2, 3 and 4, and AfterShip, versions 2024-04 to 2026-07, share the port, the key, the
parcels, the clock, the switches and the faults; paths and headers tell them apart.

Public doors: :class:`Sandbox` in a process, ``python -m airflow_provider_trackingmore.sandbox`` beside one.
It needs the extra ``sandbox`` and nothing else of this package, so it can witness against all of it::

    with Sandbox(trackings=200, seed=7, frozen=True, rate_limit=False) as box:
        box.url, box.key                      # where to ask either service, and with which key
        box.clock.advance(days=1)             # the world goes on
        box.switches.page_cap = 30            # irregularities, see Switches
        box.faults.add("http_429", times=1)   # one answer that goes wrong, see faults.KINDS
        box.world.truth()                     # what really happens, whatever the service shows
        box.requests                          # what was asked
"""

from airflow_provider_trackingmore.sandbox.box import Sandbox
from airflow_provider_trackingmore.sandbox.switches import Switches

__all__ = ["Sandbox", "Switches"]
