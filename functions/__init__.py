"""One folder per way in, with the same file names in each: blueprint.py and handler.py."""
