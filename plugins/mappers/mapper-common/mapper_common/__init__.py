"""What the Singer mappers of the connector share."""
