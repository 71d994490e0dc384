"""What is true without AWS. Standard library alone: no clock but ``times.now``, no network, no environment."""
