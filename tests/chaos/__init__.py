"""Payments live while processes die, both systems fail and webhooks go astray, by a seed."""
