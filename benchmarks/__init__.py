"""Measurements that anyone can repeat: each module prints what it measured and on what."""
