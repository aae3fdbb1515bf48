"""Which calls people are shown. `batches` draws; what it decides by is pure: `chance`, `strata`, `shares`."""
