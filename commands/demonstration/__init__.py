"""What `launcher.py demo` is made of: cast, trader, show, console, summary."""
