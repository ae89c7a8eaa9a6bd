"""The whole in one process, driven by one seed: systems, network, time, crashes, people."""
