"""Judge the evidence: run the suites, record the verdicts, hold the slices that failed, carry what they published."""
