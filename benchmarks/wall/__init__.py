"""What the wall promises, measured: many screens, lost parts, and months."""
