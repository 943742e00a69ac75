"""Learned policies: CapTAIN, its variants, and their training.  Import the modules where they are used."""
