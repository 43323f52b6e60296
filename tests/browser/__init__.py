"""The pages in a real browser, with the real host, storage and clouds behind them."""
