"""A small app of the usual make, and a tour of what a client gets from it."""
