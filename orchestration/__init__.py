"""The Dagster code location of selltrace, one package a stage of the flow from feed to release."""
