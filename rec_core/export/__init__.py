"""What leaves Corelens: a coreset's rows, and a summary as one file."""
