"""Reconciliation of Stripe and Monstock: comparison, results, history."""
