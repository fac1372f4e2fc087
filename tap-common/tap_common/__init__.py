"""What the connector's Singer taps share: command line, files, output, webhooks."""
