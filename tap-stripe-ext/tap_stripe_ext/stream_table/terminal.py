"""Terminal: card readers, and where and how they work."""

from __future__ import annotations

from tap_stripe_ext.stream_table import permissions
from tap_stripe_ext.stream_table.row import Announcement, StreamRow

TERMINAL: tuple[StreamRow, ...] = (
    StreamRow(
        name="terminal_configurations",
        path="/v1/terminal/configurations",
        object_name="terminal.configuration",
        model="stripe.terminal.Configuration",
        permission=permissions.TERMINAL_CONFIGURATIONS,
        created_filter=False,
        listed_whole=True,
    ),
    StreamRow(
        name="terminal_locations",
        path="/v1/terminal/locations",
        object_name="terminal.location",
        model="stripe.terminal.Location",
        permission=permissions.TERMINAL_LOCATIONS,
        created_filter=False,
        listed_whole=True,
    ),
    StreamRow(
        name="terminal_readers",
        path="/v1/terminal/readers",
        object_name="terminal.reader",
        model="stripe.terminal.Reader",
        permission=permissions.TERMINAL_READERS,
        created_filter=False,
        announced_by=(Announcement("terminal.reader.*", "terminal.reader"),),
        listed_whole=True,  # the events tell of what a reader does, not of the reader
    ),
)
