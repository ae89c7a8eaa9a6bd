"""pandera models of the frames, one file per frame."""
