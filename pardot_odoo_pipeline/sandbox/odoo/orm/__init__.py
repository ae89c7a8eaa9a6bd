"""Records: searching, reading, creating, writing, removing, loading."""
