"""Published suites of the domain."""
