"""One AI feature of a product."""

from django.db import models

from aiops.core import clock


class Feature(models.Model):
    slug = models.SlugField(max_length=60, unique=True)
    name = models.CharField(max_length=200)
    description = models.TextField(blank=True)
    created_at = models.DateTimeField(default=clock.now)

    class Meta:
        ordering = ("slug",)

    def __str__(self) -> str:
        return self.slug
