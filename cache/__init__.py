"""What is remembered and what is running."""
