"""Pure folds of records: calendar, agenda, schedule check, and text for other programs."""
