"""The page: a home's calendar in a browser, and a chapter's own events for everybody."""
