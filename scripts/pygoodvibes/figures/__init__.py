"""The figures people review: one module per figure, each a function from tables to a Figure."""
