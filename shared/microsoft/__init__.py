"""Microsoft: `protocol` knows Graph without calling it; `graph` and `tokens` call."""
