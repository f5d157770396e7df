"""The Dagster code location of selltrace, one package a stage of the flow from feed to release."""

import gc

# what imports, contracts and deliveries leave is no garbage, and by default all of it is gone through again and again:
# a tenth of the time in which definitions load
gc.set_threshold(500_000)
