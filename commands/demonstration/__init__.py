"""What `launcher.py demo` is made of: cast, scenery, trader, show, truth, console, summary."""
