"""What becomes an incident by itself, and what the collector does about incidents."""
