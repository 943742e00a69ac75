"""Planning of an air-taxi fleet's day (CapTAIN)."""
