"""What is said: encoding, header, envelope, kinds, drafts and merge. Pure ground floor."""
