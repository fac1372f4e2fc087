"""Singer mapper: Monstock orders to what Stripe is to know of them."""
