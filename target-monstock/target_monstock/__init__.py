"""Singer target for Monstock: puts payments on customer orders and derives their payment status."""
