"""What an account may do: its latch and holds, its day, its login, its broker's clock and kind."""
