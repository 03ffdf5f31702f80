"""What `launcher.py drill` is made of: hands, faults by a seeded plan, looks, a report."""
