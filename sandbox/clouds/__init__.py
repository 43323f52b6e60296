"""The sandbox clouds over loopback HTTP, with a world to play in: `python -m sandbox.clouds`."""
