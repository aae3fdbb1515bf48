"""Whoever the spend is charged to: a customer or an internal team."""

from django.db import models

from aiops.core import clock


class Tenant(models.Model):
    slug = models.SlugField(max_length=60, unique=True)
    name = models.CharField(max_length=200)
    created_at = models.DateTimeField(default=clock.now)

    class Meta:
        ordering = ("slug",)

    def __str__(self) -> str:
        return self.slug
