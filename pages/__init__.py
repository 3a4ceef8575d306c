"""One short script per page: read the state, ask the cache, draw."""
