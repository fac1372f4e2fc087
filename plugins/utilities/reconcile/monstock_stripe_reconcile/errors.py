"""What can go wrong, in words for whoever runs it."""

from monstock_stripe_core.errors import MonstockStripeError


class ReconcileError(MonstockStripeError):
    """Nothing was compared; the text says why and what to do."""


class SettingError(ReconcileError):
    """A setting that cannot be."""


class WarehouseError(ReconcileError):
    """The warehouse cannot be read, or lacks a table."""
