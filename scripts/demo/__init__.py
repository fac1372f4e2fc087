"""The demo (`make demo`): both directions and the proof, on stand-ins of Stripe and Monstock.

An afternoon of trade, a run; an evening of trade, a run; and a third run that finds nothing to do.
Then the way back: payments are told their orders, and orders without a payment are collected.
In the end both sides are compared: what no program can know is named in a report, a person mends a
part of it, and the next report is without that.

All that the demo keeps lies in a temporary folder, so it starts from nothing each time; only its
two reports stay.
"""
