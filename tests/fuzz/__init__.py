"""Random and mutated bytes against everything that reads what a stranger may show.

    python -m tests.fuzz --seconds 60

One JSON line: for each target how many inputs, what became of them, the slowest and the hungriest.
Exit code 1 if any input raised something other than a named refusal, took too long or too much.
"""
