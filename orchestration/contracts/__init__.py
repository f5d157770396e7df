"""Contracts: what each partner promises to send, read from YAML, checked, and typed for every later stage.

Belongs here: the record kinds, the typed contract, and the checks that name every mistake with its line and cure.
Does not belong here: finding and reading the files that partners send (`landing`, `ingest`).
"""
