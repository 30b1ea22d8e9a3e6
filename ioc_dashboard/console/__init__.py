"""The dispatchers' console: a queue that stands still, what is behind each alert, and what is done.

Reads the same tables as the wall and listens to the same notifications; writes only by
`storage.handling`, `storage.incidents` and `storage.crews`, each with the version that its actor
saw. Who may come in is decided before, by `ioc_dashboard.admission`; what somebody may do to which
alert, in `acting`. A change here touches what people on shift see first and what they can do.
"""

from ioc_dashboard.console.console import Console
from ioc_dashboard.console.ports import Advisor

__all__ = ["Advisor", "Console"]
