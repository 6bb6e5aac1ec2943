from __future__ import annotations

import factory
from factory.django import DjangoModelFactory

from accounts.models import Membership, Role, User, Workspace


class UserFactory(DjangoModelFactory[User]):
    class Meta:
        model = User
        skip_postgeneration_save = True

    email = factory.Sequence(lambda n: f"user{n}@rapport.example")
    name = factory.Sequence(lambda n: f"User {n}")
    password = factory.django.Password("correct horse battery")


class WorkspaceFactory(DjangoModelFactory[Workspace]):
    class Meta:
        model = Workspace

    name = factory.Sequence(lambda n: f"Workspace {n}")
    slug = factory.Sequence(lambda n: f"workspace-{n}")
    zone = "Europe/Berlin"
    currency = "EUR"
    sender_name = factory.SelfAttribute("name")
    sender_email = factory.LazyAttribute(lambda workspace: f"hello@{workspace.slug}.example")


class MembershipFactory(DjangoModelFactory[Membership]):
    class Meta:
        model = Membership

    user = factory.SubFactory(UserFactory)
    workspace = factory.SubFactory(WorkspaceFactory)
    role = Role.OWNER
