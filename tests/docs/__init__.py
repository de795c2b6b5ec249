"""The documentation as a reader meets it: its blocks run, its links lead somewhere."""
