"""Singer tap for Stripe: one pass over the event log, snapshots of whole payments."""
