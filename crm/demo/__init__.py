"""A believable neighbourhood bakery, made through the public actions. Nobody in it exists; all mail ends in `.example`."""
