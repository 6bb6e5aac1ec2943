"""Why something about messages can't be done, in sentences for the person who asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from customers.refusals import Refused

if TYPE_CHECKING:
    from messaging.models import Message, SubscriptionTopic


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


class NoSuchAddress(Refused):
    def __init__(self) -> None:
        super().__init__(_("Write an e-mail address like maria@bakery.example."), field="address")
