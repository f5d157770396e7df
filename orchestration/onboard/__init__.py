"""From a sample to a draft contract: guesses with their evidence, for a person to correct."""
