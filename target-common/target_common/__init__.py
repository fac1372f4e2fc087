"""What the connector's Singer targets share: messages, STATE, ledger, runs and exceptions."""
