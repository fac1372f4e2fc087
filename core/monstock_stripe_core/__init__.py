"""The rules that tie Stripe payments to Monstock orders, and the API clients they share."""
