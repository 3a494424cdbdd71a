"""AfterShip, eight versions of its tracking API, over the same world."""
