"""Explain: which lines of which files a published figure counts, which it does not and why, live from the release."""
