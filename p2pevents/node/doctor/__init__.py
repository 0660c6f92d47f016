"""The doctor: what may be wrong with a home, each check in a file of its own."""
