"""What the connector costs, measured on the sandbox."""
