"""Files: the YAML model language and JSON exchange, each in modules of its own."""
