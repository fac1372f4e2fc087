"""Singer mapper: Stripe payment snapshots to payments of orders."""
