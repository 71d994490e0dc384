"""The lines of the scoreboard. Each module has ``check(amount, seed)`` and what is planted to see it catch."""
