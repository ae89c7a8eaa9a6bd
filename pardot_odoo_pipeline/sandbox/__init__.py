"""Two servers that speak the real protocols on loopback, and their population."""
