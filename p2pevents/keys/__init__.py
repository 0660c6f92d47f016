"""Keys on this machine and on paper: key files, passphrases, the charter sheet, words and QR."""
