"""What every test shares, and what is no test."""

collect_ignore = ["simulation", "matrix"]
# Campaigns take longer than tests may: `make simulate`, `make mutants` and `make matrix` run them.
