"""Everything a person reads: numbers, names of things, and sentences, one module per question."""
