"""What a sceptic would ask for: two-step look-ahead, a tuned rule, a genetic algorithm, rolling flow programs."""
