"""Singer target for Stripe: makes customers and orders known there, and has orders collected."""
