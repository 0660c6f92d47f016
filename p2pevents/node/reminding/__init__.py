"""Reminders: what is due, how a person is told, and the task of a running node that tells."""
