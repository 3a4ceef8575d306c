"""Training: the loop that turns starting parameters into trained ones."""
