"""The Singer target: its settings and streams. What it does with records is `run`'s."""

from target_common.target import LedgerTarget

from target_stripe.ingest import CUSTOMERS, ORDERS
from target_stripe.run import Run
from target_stripe.settings import CONFIG_JSONSCHEMA, read_settings
from target_stripe.sink import SINKS


class TargetStripe(LedgerTarget):
    """Makes Monstock's customers and orders known at Stripe, and has orders collected."""

    name = "target-stripe"
    config_jsonschema = CONFIG_JSONSCHEMA
    sink_classes = SINKS
    documented_streams = (ORDERS, CUSTOMERS)

    def open_run(self) -> Run:
        """Open a run by the settings.

        Raises:
            MonstockStripeError: a setting or the ledger cannot be used.
        """
        return Run(read_settings(self.config), self.plugin_version, show=self.show_plan_line)
