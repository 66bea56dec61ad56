"""What the watchers of all orchestrators do alike. Each keeps its own tries, cursors, poller, manifests and links."""
