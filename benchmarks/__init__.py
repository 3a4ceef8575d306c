"""Speed, as ratios against a plain reference and against targets."""
