"""Errors."""


class CaptureProblem(Exception):
    """A capture that is missing, damaged or cut short; the message names it."""
