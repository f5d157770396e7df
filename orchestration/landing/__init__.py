"""Find deliveries in the landing zone, fingerprint them, keep their bytes, keep the ledger."""
