"""The planner of this project: prices for flights, kept in balance with the fleet as the day goes on."""
