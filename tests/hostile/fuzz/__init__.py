"""Every decoder of the project under bytes that nobody meant: `python -m tests.hostile.fuzz`."""
