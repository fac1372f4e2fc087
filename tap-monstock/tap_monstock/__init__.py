"""Singer tap for Monstock: customer orders with lines and payments, and customers."""
