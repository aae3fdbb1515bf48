"""Whether inputs or outputs have changed: statistics, signals, windows, and what is made of them (ADR 103).

`statistics`, `permuting`, `deciding`, `facts`, `windows`, `measuring` and `movers` are pure; `collecting`
reads calls, `checking` writes what was found, `paging` tells a person.
"""
