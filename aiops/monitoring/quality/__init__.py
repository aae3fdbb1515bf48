"""How good live answers are, by people's grades and the judge's verdicts: ADR 100.

`evidence` reads `samples`, `estimating` reckons (pure, and slow to import: workers only), `measuring` keeps
what was found, `showing` is what pages make of it.
"""
