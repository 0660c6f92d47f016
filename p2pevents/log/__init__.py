"""What this node holds, in order of arrival: one Protocol, in memory and in SQLite."""
