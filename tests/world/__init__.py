"""A world of random trade at Stripe and in Monstock, and the truth of it."""
