"""The demo's help centre: documents in five languages, and the features that search them."""

from aiops.accounts.models import User
from aiops.core.actors import SystemActor
from aiops.demo import building, content, deciding
from aiops.features import actions as features
from aiops.features.models import Feature
from aiops.knowledge import actions as knowledge
from aiops.knowledge.folders import files_in
from aiops.releases import actions as releases

FOLDER = content.FOLDER / "documents"
SOURCE = "Help centre"


def help_centre(*, by: User, engineer: User) -> None:
    """The feature with its prompt in production, its policy, and what it and others search; each once."""
    wanted = deciding.wanted().help
    feature = Feature.objects.filter(slug=wanted.feature).first() or features.create_feature(
        by=by, slug=wanted.feature, name=wanted.name, description=wanted.description
    )
    building.with_versions(wanted.feature, {1: wanted.note}, feature, by=engineer)
    prompt = feature.prompts.get()
    if not prompt.labels.filter(name="production").exists():
        reason = "what the demo begins with"
        releases.adopt(by=SystemActor("demo"), version=prompt.versions.get(), reason=reason)
    deciding.policy(feature, by=engineer)
    files, _ = files_in(FOLDER)
    for one in Feature.objects.filter(slug__in=(wanted.feature, *wanted.also), sources=None):
        knowledge.load_documents(by=engineer, feature=one, name=SOURCE, files=files)
