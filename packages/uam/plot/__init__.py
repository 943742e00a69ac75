"""Pictures of a day: profit, chargers and places, passengers, a row per aircraft, and an animated map."""
