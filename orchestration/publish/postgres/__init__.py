"""The second target: the current release as tables of a PostgreSQL schema, replaced in one transaction."""
