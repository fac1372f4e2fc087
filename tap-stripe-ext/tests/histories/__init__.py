"""What `test_histories.py` plays: random histories of an account and of its readers."""
