"""What the functions share: pure rules in `core`, one package per outside world, the use case."""
