"""Job shops and flexible job shops: instances, rules, adapters, and learned dispatchers."""
