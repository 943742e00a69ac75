"""How good can a day be at best: upper bounds on the profit of every planner, clairvoyant ones too."""
