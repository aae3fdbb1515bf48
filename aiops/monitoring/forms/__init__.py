"""What people are asked for."""
