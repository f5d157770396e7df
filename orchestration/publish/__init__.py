"""Verdicts become a release: written aside, named whole, rolled back by one rename, explained to the line."""
