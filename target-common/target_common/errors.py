"""What can go wrong in a target, for a person to act on."""

from monstock_stripe_core.errors import MonstockStripeError


class TargetError(MonstockStripeError):
    """Any failure of a target itself."""


class SettingError(TargetError):
    """A setting that cannot be used; the text names the setting."""


class LedgerError(TargetError):
    """The ledger cannot be opened, read or written."""


class LedgerLockedError(LedgerError):
    """Another process is writing to the same ledger."""


class InputError(TargetError):
    """What came in is not for this target."""


class RunIncompleteError(TargetError):
    """The run ended with something left to do; what was done is kept."""
