"""Other people's files into drafts: text in, drafts and findings out. Pure."""
