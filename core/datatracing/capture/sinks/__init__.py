"""Where the shipper sends, by URL. Nothing heavier than the database driver is imported, and that only to send."""
