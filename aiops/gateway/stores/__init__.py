"""The ports on the real world: Postgres, Redis, vendors. One file each."""
