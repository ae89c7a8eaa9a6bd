"""The desks around the sync: incidents and alerts, quota, audit, agreement, snapshots."""
