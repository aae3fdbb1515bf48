"""What watching the live calls remembers: drift's readings and states."""
