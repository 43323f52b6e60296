"""./dev run --demo: the whole journey without a person, checked against the clouds' own truth."""
