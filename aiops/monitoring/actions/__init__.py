"""What may be asked for: offered calls as cases, changes of what is watched."""
