"""The command line: the composition root, one small file a command."""
