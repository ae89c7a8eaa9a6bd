"""Random histories of two whole systems, told through the real engine."""
