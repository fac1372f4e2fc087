"""Stand-ins for Stripe and Monstock on loopback, with scenarios whose outcome is known."""
