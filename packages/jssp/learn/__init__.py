"""Learned dispatchers for job shops.  Nothing is imported here."""
