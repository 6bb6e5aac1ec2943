"""A believable neighbourhood bakery, made through the public actions. Nobody in it exists; mail ends in `.example`."""
