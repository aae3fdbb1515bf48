"""A vendor that needs no network: deterministic, priced like any other, with latency, errors and failures.

It stands in for a real vendor in the demo workspace and in tests. The same model, messages, seed and
settings give the same answer for ever. What it answers, and how often it errs, follows from rules that can
be read here, so that an evaluation of it shows what an evaluation of a real model would show.

**Task.** `brief.py` reads the messages: the last user message holds the input, everything before and
around it is the instructions. `skills/` has one file per task; the first skill that recognises the
instructions answers, `general` takes the rest. Skills look words up in `lexicon/<language>.yaml` (English,
French, German, Spanish, Japanese).

**Errors.** A skill does each step of its task right and then asks `competence.goes_wrong` whether this
step fails for this input. Every input has a fixed difficulty per step, so two prompts or models fail on
much the same cases, and a better prompt rescues the easier ones. The rate of a step is multiplied by

- the tier: a small model errs about twice as often as a large one, more so on long inputs, on
  Japanese and on negations ("not angry", "does not leak");
- examples in the prompt (assistant turns, or "Example" in the instructions): about half the errors;
- what the prompt says about the step: label definitions help triage, "JSON only" helps the form, "ISO" helps
  dates, "read to the end" and "negation" help the sentiment.

**Language.** "In the language of the ticket" (or question, message, input) keeps answers in the input's
language. Where no such sentence stands, some answers come in English. Where the prompt dictates English
words, as in `Begin with "The customer"`, Japanese inputs mostly get English answers and other languages
sometimes do; "plain words" adds to that. Few prompt authors notice, which is why evaluations count by
locale.

**Failures** on demand (`faults.py`): `[[simulate:timeout]]` in a message, or `429`, `500`, `400`, `html`,
`truncated`, `slow` instead of `timeout`; or a `failure_rate` in the settings.
"""

from aiops.providers.simulated.vendor import Simulated

__all__ = ["Simulated"]
