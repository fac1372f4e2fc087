"""Results for the terminal, for spreadsheets and for programs, from a results database alone."""
