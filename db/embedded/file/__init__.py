"""What lies on the disk: the database file, its log, the archive of history."""
