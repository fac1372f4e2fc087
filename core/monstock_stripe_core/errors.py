"""The one exception tree of the core: catch `MonstockStripeError` to catch them all."""


class MonstockStripeError(Exception):
    """Something that a user can act on; its text says what, where and what to do."""


class MoneyError(MonstockStripeError):
    """An amount or a currency that cannot be money."""


class RecordError(MonstockStripeError):
    """A record that breaks its schema or contradicts itself."""


class PaymentError(RecordError):
    """Such a record of a payment."""
