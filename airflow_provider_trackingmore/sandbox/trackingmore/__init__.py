"""TrackingMore, versions 2, 3 and 4, over the sandbox's world."""
