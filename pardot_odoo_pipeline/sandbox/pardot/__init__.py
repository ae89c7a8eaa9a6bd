"""The pretended Account Engagement: API version 5 over SQLite."""
