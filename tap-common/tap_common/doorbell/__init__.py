"""The webhook doorbell: signed calls from outside tell a tap that there is something to read.

A call only rings. What is read, and what is remembered as read, is decided by the tap alone, so
a lost, repeated or forged call changes nothing but the latency.

The HTTP server is a process of its own, started and ended by the tap: however many bad calls come,
they do not hold up the tap's reading, and a failure of the server does not end the tap.
"""

from tap_common.doorbell.config import DoorbellConfig, MessageShape
from tap_common.doorbell.doorbell import Doorbell, DoorbellError
from tap_common.doorbell.ring import Ring, RingQueue
from tap_common.doorbell.signatures import BodyHmac, TimestampedHmac

__all__ = [
    "BodyHmac",
    "Doorbell",
    "DoorbellConfig",
    "DoorbellError",
    "MessageShape",
    "Ring",
    "RingQueue",
    "TimestampedHmac",
]
