"""Calendar files (iCalendar, RFC 5545) into drafts: also what a meetup platform exports."""
