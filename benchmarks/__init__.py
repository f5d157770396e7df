"""Measurements that take longer than a test may: each module is a command."""
