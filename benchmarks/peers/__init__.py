"""The tap measured beside other programs that read Stripe."""
