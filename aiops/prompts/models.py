"""A named template; an immutable numbered version of it; a movable name for one."""

from django.db import models

from aiops.accounts.models import User
from aiops.core import clock
from aiops.features.models import Feature
from aiops.prompts.fields import OrderedJSONField


class Prompt(models.Model):
    name = models.SlugField(max_length=100, unique=True)
    description = models.TextField(blank=True)
    feature = models.ForeignKey(Feature, null=True, on_delete=models.PROTECT, related_name="prompts")
    created_at = models.DateTimeField(default=clock.now)

    class Meta:
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name


class Version(models.Model):
    """Immutable by trigger. `source` holds the very bytes of its `.prompt` file."""

    prompt = models.ForeignKey(Prompt, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    source = models.BinaryField()
    sha256 = models.CharField(max_length=64)
    messages = models.JSONField()  # [{"role": "system"|"user"|"assistant", "template": "…"}]
    variables = OrderedJSONField(default=dict)  # {name: {"type", "default", "max_length", …}}
    parameters = OrderedJSONField(default=dict)  # {"temperature": 0.2, "max_tokens": 300}
    output_schema = OrderedJSONField(null=True)
    model = models.CharField(max_length=100, blank=True)  # the catalog name that the author suggests
    note = models.TextField(blank=True)
    author = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=clock.now)

    class Meta:
        ordering = ("prompt", "-number")
        constraints = (models.UniqueConstraint(fields=("prompt", "number"), name="prompts_version_number"),)

    def __str__(self) -> str:
        return f"{self.prompt.name} v{self.number}"


class Label(models.Model):
    prompt = models.ForeignKey(Prompt, on_delete=models.PROTECT, related_name="labels")
    name = models.SlugField(max_length=60)
    version = models.ForeignKey(Version, on_delete=models.PROTECT, related_name="labels")

    class Meta:
        ordering = ("name",)
        constraints = (models.UniqueConstraint(fields=("prompt", "name"), name="prompts_label_name"),)

    def __str__(self) -> str:
        return self.name
