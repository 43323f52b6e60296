"""Stores that the archive is written to: each creates files and does nothing else."""
