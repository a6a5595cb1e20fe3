"""The command line: one file a verb. Texts for people go to standard error, reports to standard output."""
