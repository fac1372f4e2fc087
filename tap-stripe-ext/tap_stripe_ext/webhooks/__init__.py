"""Stripe's webhooks: what a call must be to ring, and how calls are asked for at Stripe."""
