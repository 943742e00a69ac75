"""Quality-of-service scheduling of quantum networks."""
