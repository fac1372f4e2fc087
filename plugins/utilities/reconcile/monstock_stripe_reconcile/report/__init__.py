"""The report for people: one self-contained HTML page made from a results database."""
