"""Why something about messages can't be done, in sentences for the person who asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from customers.refusals import Refused

if TYPE_CHECKING:
    from collections.abc import Sequence

    from messaging.models import Campaign, Message, SubscriptionTopic, Template
    from messaging.queries.templates import TemplateUse


class TopicNameTaken(Refused):
    def __init__(self, name: str) -> None:
        super().__init__(
            _("There already is a topic called %(name)s. Choose another name.") % {"name": name}, field="name"
        )


class TopicInUse(Refused):
    """An automation writes about it."""

    def __init__(self, topic: SubscriptionTopic) -> None:
        super().__init__(
            _("The birthday greeting is sent under %(topic)s. Switch it off, or choose another topic for it.")
            % {"topic": topic}
        )


class TopicIsArchived(Refused):
    def __init__(self, topic: SubscriptionTopic) -> None:
        super().__init__(
            _("The topic %(topic)s is archived. Restore it before anybody agrees to it.") % {"topic": topic},
            field="topic",
        )


class FlowNameTaken(Refused):
    def __init__(self, name: str) -> None:
        super().__init__(
            _("There already is a flow called %(name)s. Choose another name.") % {"name": name}, field="name"
        )


class FlowChangedMeanwhile(Refused):
    """Somebody else saved the flow since this editor was opened. `number` is their version."""

    def __init__(self, number: int) -> None:
        super().__init__(
            _(
                "Somebody else saved version %(number)s while you were writing. Nothing of yours is lost: it stands "
                "below. Look at their version, then save yours over it, or take over what is theirs."
            )
            % {"number": number}
        )
        self.number = number


class FlowNotReady(Refused):
    pass


class GreetedOtherwise(Refused):
    """The birthday greeting and a flow that begins on birthdays are not on together."""

    def __init__(self) -> None:
        super().__init__(
            _("The birthday greeting is on: customers would be greeted twice. Switch it off first, then this flow on.")
        )


class GreetedByFlow(Refused):
    def __init__(self, flow: object) -> None:
        super().__init__(_("The flow “%(flow)s” greets on birthdays already. Switch it off first.") % {"flow": flow})


class NoTopic(Refused):
    def __init__(self) -> None:
        super().__init__(_("Greetings are sent under a topic that customers can leave. Add one first."), field="topic")


class InTheFuture(Refused):
    def __init__(self) -> None:
        super().__init__(_("Consent can't have been given in the future. Check the date."), field="at")


class MessageNotInDoubt(Refused):
    """Only a message whose sending was interrupted can be decided about; somebody else may have been faster."""

    def __init__(self, message: Message) -> None:
        super().__init__(
            _("Nothing was changed: the state of this message is “%(state)s” by now.")
            % {"state": message.get_state_display()}
        )


class TemplateInUse(Refused):
    """Something that is on would have nothing to send."""

    def __init__(self, template: Template, uses: Sequence[TemplateUse]) -> None:
        names = ", ".join(str(use) for use in uses)
        super().__init__(
            _("%(template)s is sent by: %(names)s. Choose another text there first.")
            % {"template": template, "names": names}
        )


class NoSuchAddress(Refused):
    def __init__(self) -> None:
        super().__init__(_("Write an e-mail address like maria@bakery.example."), field="address")


class CampaignUnderWay(Refused):
    """What has been promised to people, or sent to them, can't be edited."""

    def __init__(self, campaign: Campaign) -> None:
        super().__init__(
            _("“%(campaign)s” can't be edited: its state is “%(state)s”. Copy it, and change the copy.")
            % {"campaign": campaign, "state": campaign.get_state_display()}
        )


class WrongMoment(Refused):
    """Somebody else may have been faster."""

    def __init__(self, campaign: Campaign) -> None:
        super().__init__(
            _("Nothing was changed: the state of “%(campaign)s” is “%(state)s” by now.")
            % {"campaign": campaign, "state": campaign.get_state_display()}
        )


class CampaignNotReady(Refused):
    """`problems` are sentences."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__(" ".join(problems))
        self.problems = problems


class NeedsAnotherPerson(Refused):
    def __init__(self) -> None:
        super().__init__(
            _("Whoever wrote or edited a campaign can't approve it here. Ask somebody else who may send messages.")
        )
